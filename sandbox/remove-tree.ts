// Removes a folder that code of others has written to: it may have taken our right to look into its folders, or nested them deeper than a path can say.
import { chmod, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newUuid } from '#platform/ids.ts';

/** Folders below this length of their path can still be named with one more entry, whose name has up to 255 bytes. */
const longestPath = 3000;

/** Removes `folder` with all it holds; a folder that does not exist is fine. */
export async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch {
    await unlock(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function unlock(top: string): Promise<void> {
  const folders = [top];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    await chmod(folder, 0o700);
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries) if (entry.isDirectory()) folders.push(await shortened(top, join(folder, entry.name)));
  }
}

/** The same folder under a path that leaves room for what it holds. */
async function shortened(top: string, folder: string): Promise<string> {
  if (Buffer.byteLength(folder) < longestPath) return folder;
  const short = join(top, newUuid());
  // A folder without rights cannot be moved: its entry for the folder above changes.
  await chmod(folder, 0o700);
  await rename(folder, short);
  return short;
}
