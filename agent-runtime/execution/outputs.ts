// Reads a file that a run left.
import { readPlainText } from '#agent-runtime/context/plain-file.ts';

/** Text of the file `path` below the first of `folders` that has it; undefined when none has it as a plain file of at most 16 MiB. */
export async function readOutput(folders: readonly string[], path: string): Promise<string | undefined> {
  for (const folder of folders) {
    const text = await readPlainText(folder, path);
    if (text !== undefined) return text;
  }
  return undefined;
}
