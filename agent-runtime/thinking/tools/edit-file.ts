// edit_file: exactly this text there, that text instead. What stands twice or not at all is not guessed at.
import { z } from 'zod';
import { createText, maxFileBytes, overwriteText, placeOf, readText } from '#agent-runtime/thinking/files.ts';
import { type Tool, tool, type ToolAnswer, toolError } from '#agent-runtime/thinking/tool.ts';
import type { Workbench } from '#agent-runtime/thinking/workbench.ts';

const text = z.string().max(maxFileBytes);
const input = z.strictObject({
  path: z.string().min(1).max(1000).describe('File to change or to make.'),
  old_text: text.describe('Text as it stands in the file, found exactly once; more lines make it unique. Empty: the file is made.'),
  new_text: text.describe('Text to put in its place, or the whole new file.'),
});
type Edit = z.infer<typeof input>;

/** Changes one place of a file, or makes a file. */
export function editFileTool(bench: Workbench): Tool {
  return tool({ name: 'edit_file', sideEffect: 'workspace', description: 'Replaces a text that occurs exactly once in a file, or makes a new file.', input, hidden: ['old_text', 'new_text'] }, async (edit) => {
    const place = placeOf(edit.path);
    if (place.kind === 'refused') return toolError(place.reason);
    if (place.path === '') return toolError('path: names no file');
    const known = { ...edit, path: place.path };
    return edit.old_text === '' ? make(bench, known) : change(bench, known);
  });
}

async function make(bench: Workbench, { path, new_text: content }: Edit): Promise<ToolAnswer> {
  const root = bench.surroundings.currentFolder();
  const file = await readText(root, path);
  const isEmpty = file.kind === 'text' && file.text === '';
  if (file.kind !== 'missing' && !isEmpty) return toolError('old_text: is empty, but the file is there; give the text to replace');
  const isDone = isEmpty ? await overwriteText(root, path, content) : await createText(root, path, content);
  return isDone ? done(bench, path, content, 'the file was made') : toolError('path: no file can be made there: a part of the path is no folder');
}

async function change(bench: Workbench, { path, old_text: before, new_text: after }: Edit): Promise<ToolAnswer> {
  const root = bench.surroundings.currentFolder();
  const file = await readText(root, path);
  if (file.kind !== 'text') return toolError(file.reason);
  const found = file.text.split(before).length - 1;
  if (found !== 1) return toolError(`old_text: was found ${found} times, must be found once; ${found === 0 ? 'read the file again' : 'add lines before or after it'}`);
  const content = file.text.replace(before, () => after);
  if (Buffer.byteLength(content) > maxFileBytes) return toolError(`new_text: the file would have more than ${maxFileBytes} bytes`);
  return (await overwriteText(root, path, content)) ? done(bench, path, content, 'the file was changed') : toolError('path: is no plain file of its own');
}

function done(bench: Workbench, path: string, content: string, note: string): ToolAnswer {
  bench.wrote(path, content);
  bench.surroundings.log(`wrote ${path}\n`);
  return { note };
}
