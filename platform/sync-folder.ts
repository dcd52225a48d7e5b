// A file that was renamed is there for good only when its folder was written, too.
import { open } from 'node:fs/promises';

/** Writes the entries of a folder to the disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
