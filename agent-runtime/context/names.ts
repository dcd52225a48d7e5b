// The names of a workspace's files. No file is opened, no link is followed, and a workspace of millions of files is looked at in part.
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';

const limits = { entries: 20_000, depth: 12 } as const;

/** Folders whose content was installed or made: it says nothing of how the workspace is written. */
const skipped: ReadonlySet<string> = new Set(['.git', 'node_modules', 'vendor', 'target', 'dist', 'build', 'coverage', '.venv', 'venv', '__pycache__', '.tox', '.next']);

/** Paths of files below `folder`, relative to it, nearest first: at most 20 000, at most 12 folders deep. */
export async function fileNames(folder: string, signal: AbortSignal): Promise<readonly string[]> {
  const files: string[] = [];
  let budget: number = limits.entries;
  let level = [''];
  for (let depth = 0; depth < limits.depth && level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const path of level) {
      const entries = await entriesOf(join(folder, path), budget, signal);
      budget -= entries.length;
      files.push(...entries.filter(({ kind }) => kind === 'file').map(({ name }) => inside(path, name)));
      next.push(...entries.filter(({ kind, name }) => kind === 'folder' && !skipped.has(name)).map(({ name }) => inside(path, name)));
    }
    level = next;
  }
  return files;
}

interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'other';
}

/** At most `most` entries of one folder, sorted by name; none when it cannot be read. */
export async function entriesOf(folder: string, most: number, signal: AbortSignal): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  if (most <= 0 || signal.aborted) return entries;
  const opened = await opendir(folder).catch(() => undefined);
  if (opened === undefined) return entries;
  for await (const entry of opened) {
    entries.push({ name: entry.name, kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other' });
    if (entries.length >= most || signal.aborted) break;
  }
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function inside(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
