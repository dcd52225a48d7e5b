// Differences between two trees of a repository, as names and as a diff.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from './repository.ts';

/** One path that differs, as the second tree has it. */
export interface Difference {
  /** Relative to the root of the worktree. */
  readonly path: string;
  /** Git's mode, `000000` when it is gone. */
  readonly mode: string;
  /** Object behind it. */
  readonly object: string;
}

/** All paths that differ from tree `from` to tree `to`. */
export async function differences({ run }: Repository, from: string, to: string): Promise<Difference[]> {
  const records = (await run(['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', from, to])).split('\0');
  const found: Difference[] = [];
  for (let at = 0; at + 1 < records.length; at += 2) {
    const [, mode = '', , object = ''] = (records[at] ?? '').split(' ');
    found.push({ path: records[at + 1] ?? '', mode, object });
  }
  return found;
}

export interface DiffRequest {
  readonly from: string;
  readonly to: string;
  /** Folder whose files alone are compared, and to which the names are relative; `.` for all. */
  readonly below: string;
  /** Set: bytes of binary files are left out, and the diff cannot be applied. */
  readonly isToBeRead?: true;
}

/** The difference as git writes it, with binary files unless it is only to be read. */
export async function diffText({ run, scratch }: Repository, { from, to, below, isToBeRead }: DiffRequest): Promise<string> {
  const file = join(scratch, 'diff');
  const relative = below === '.' ? [] : [`--relative=${below}`];
  // Written to a file: the bytes of a diff are those of the files, whatever their encoding.
  await run(['diff-tree', '-r', '-p', ...(isToBeRead === true ? [] : ['--binary', '--full-index']), '--no-renames', `--output=${file}`, ...relative, from, to]);
  return readFile(file, 'utf8');
}
