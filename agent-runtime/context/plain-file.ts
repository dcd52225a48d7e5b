// Reads a file of a workspace that may be hostile: a link in its place is not followed, a pipe is not waited for.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Text of a plain file of at most `maxBytes`; undefined for anything else. */
export async function readPlainFile(path: string, maxBytes: number): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = await file.stat();
      if (!stat.isFile() || stat.size > maxBytes) return undefined;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(stat.size), 0, stat.size, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
