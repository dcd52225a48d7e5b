// Removes a folder that code of others has written to: it may have taken our right to look into its folders.
import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

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
    for (const entry of entries) if (entry.isDirectory()) folders.push(join(folder, entry.name));
  }
}
