// Reads a file that others wrote. A link or a pipe may be planted in its place: only a plain file at just this path is read.
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** Most bytes of a file unless told: what is larger is not read whole. */
const usualBytes = 16 * 1024 ** 2;

/** Bytes of the plain file at `path` below `folder`; undefined when there is none, when a link leads there, and above `maxBytes`, 16 MiB unless told. */
export async function readPlainFile(folder: string, path: string, maxBytes = usualBytes): Promise<Uint8Array | undefined> {
  try {
    const wanted = join(await realpath(folder), join('/', path));
    return (await realpath(wanted)) === wanted ? await readAt(wanted, maxBytes) : undefined;
  } catch {
    return undefined;
  }
}

/** The same as text. */
export async function readPlainText(folder: string, path: string, maxBytes = usualBytes): Promise<string | undefined> {
  const bytes = await readPlainFile(folder, path, maxBytes);
  return bytes && Buffer.from(bytes).toString('utf8');
}

async function readAt(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
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
