// read_file: a text by lines, as it stands in the file, so that parts of it can be found again.
import { z } from 'zod';
import { placeOf, readText } from '#agent-runtime/thinking/files.ts';
import { shown, shownLines } from '#agent-runtime/thinking/lines.ts';
import { type Tool, tool, toolError } from '#agent-runtime/thinking/tool.ts';
import type { Workbench } from '#agent-runtime/thinking/workbench.ts';

/** Reads a file, or some lines of it. */
export function readFileTool({ surroundings }: Workbench): Tool {
  const line = z.int().min(1).max(1_000_000).optional();
  const input = z.strictObject({
    path: z.string().min(1).max(1000).describe('File to read.'),
    from_line: line.describe('First line to show, counted from 1. Unset: the first.'),
    to_line: line.describe(`Last line to show. Unset: at most ${shown.lines} lines.`),
  });
  return tool({ name: 'read_file', sideEffect: 'none', description: 'Reads a text file, whole or by lines.', input }, async ({ path, from_line: from, to_line: to }) => {
    const place = placeOf(path);
    if (place.kind === 'refused') return toolError(place.reason);
    const file = await readText(surroundings.currentFolder(), place.path);
    return file.kind === 'text' ? shownLines(file.text, { from, to }) : toolError(file.reason);
  });
}
