// search: a literal text in all files. No patterns: one that is made to never end would hold the agent.
import { z } from 'zod';
import { placeOf, readText } from '#agent-runtime/thinking/files.ts';
import { type Tool, tool, toolError } from '#agent-runtime/thinking/tool.ts';
import type { Workbench } from '#agent-runtime/thinking/workbench.ts';
import { filesBelow } from './list-files.ts';

const limits = { matches: 100, line: 240, bytes: 64 * 1024 * 1024 } as const;

/** Finds lines that hold a text. */
export function searchTool({ surroundings }: Workbench): Tool {
  const input = z.strictObject({
    query: z.string().min(1).max(500).describe('Literal text on one line; no pattern characters.'),
    folder: z.string().max(1000).optional().describe('Folder to search. Unset: the whole workspace.'),
    ignore_case: z.boolean().optional().describe('Set: upper and lower case are the same.'),
  });
  return tool({ name: 'search', sideEffect: 'none', description: `Finds the lines that hold a literal text, at most ${limits.matches}, as path:line: text.`, input }, async ({ query, folder = '.', ignore_case: ignoresCase = false }) => {
    const place = placeOf(folder);
    if (place.kind === 'refused') return toolError(place.reason.replace(/^path/, 'folder'));
    const root = surroundings.currentFolder();
    const paths = await filesBelow(root, place.path, surroundings.signal);
    if (paths === undefined) return toolError('folder: there is no such folder');
    const plain = (text: string) => (ignoresCase ? text.toLowerCase() : text);
    const { found, isCut } = await matchesIn(root, paths, (line) => plain(line).includes(plain(query)), surroundings.signal);
    return { note: `${found.length} lines${isCut ? ', and there may be more: search a folder, or for a longer text' : ''}`, data: found.join('\n') };
  });
}

interface Matches {
  readonly found: readonly string[];
  readonly isCut: boolean;
}

async function matchesIn(root: string, paths: readonly string[], isMatch: (line: string) => boolean, signal: AbortSignal): Promise<Matches> {
  const found: string[] = [];
  let left: number = limits.bytes;
  for (const path of paths) {
    if (signal.aborted || left <= 0) return { found, isCut: true };
    const file = await readText(root, path);
    if (file.kind !== 'text') continue;
    left -= file.text.length;
    for (const [index, line] of file.text.split('\n').entries()) {
      if (!isMatch(line)) continue;
      if (found.length >= limits.matches) return { found, isCut: true };
      found.push(`${path}:${index + 1}: ${line.trim().slice(0, limits.line)}`);
    }
  }
  return { found, isCut: false };
}
