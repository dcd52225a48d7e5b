// Reads the files of a workspace without being led out of it: links are not followed, `.git` is not looked into.
import { constants } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Larger files are counted but not read: they are data, not source. */
const maxReadBytes = 2 * 1024 * 1024;
const sniffBytes = 8192;

export interface SourceFile {
  /** Path relative to the workspace, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** Undefined for binary and very large files. */
  readonly text: string | undefined;
}

/** Paths of all regular files below `area` (a folder relative to `root`), sorted; undefined when there is no such folder inside `root`. */
export async function listFiles(root: string, area: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const top = await folderInside(root, area);
  if (top === undefined) return undefined;
  const files: string[] = [];
  const folders = [top];
  for (let folder = folders.pop(); folder !== undefined && !signal.aborted; folder = folders.pop()) {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isFile()) files.push(path);
      else if (entry.isDirectory() && entry.name !== '.git') folders.push(path);
    }
  }
  return files.toSorted((a, b) => (a < b ? -1 : 1));
}

/** Reads the files one after the other; stops early when `signal` aborts. */
export async function* readFiles(root: string, paths: readonly string[], signal: AbortSignal): AsyncGenerator<SourceFile> {
  for (const path of paths) {
    if (signal.aborted) return;
    yield await readSource(root, path);
  }
}

/** Reads one file. */
export async function readSource(root: string, path: string): Promise<SourceFile> {
  const file = await open(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = await file.stat();
    const content = size > maxReadBytes ? undefined : await file.readFile();
    return { path, bytes: size, text: content === undefined || content.subarray(0, sniffBytes).includes(0) ? undefined : content.toString('utf8') };
  } finally {
    await file.close();
  }
}

async function folderInside(root: string, area: string): Promise<string | undefined> {
  try {
    const [top, path] = await Promise.all([realpath(root), realpath(join(root, area))]);
    const inside = relative(top, path);
    if (inside.startsWith('..') || !(await stat(path)).isDirectory()) return undefined;
    return inside;
  } catch {
    return undefined;
  }
}
