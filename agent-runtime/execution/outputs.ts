// Reads a file that a run left. Whoever wrote it may have planted a link or a pipe in its place: only a plain file at just this path is read.
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { join } from 'node:path';

const maxBytes = 16 * 1024 ** 2;

/** Text of the file `path` below the first of `folders` that has it; undefined when none has it as a plain file of at most 16 MiB. */
export async function readOutput(folders: readonly string[], path: string): Promise<string | undefined> {
  for (const folder of folders) {
    const bytes = await readPlainFile(folder, path);
    if (bytes !== undefined) return Buffer.from(bytes).toString('utf8');
  }
  return undefined;
}

/** Bytes of the plain file at `path` below `folder`; undefined when there is none, or more than 16 MiB. */
export async function readPlainFile(folder: string, path: string): Promise<Uint8Array | undefined> {
  try {
    const wanted = join(await realpath(folder), join('/', path));
    return (await realpath(wanted)) === wanted ? await readAt(wanted) : undefined;
  } catch {
    return undefined;
  }
}

async function readAt(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > maxBytes) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(stat.size), 0, stat.size, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
