// Puts protected files back as the base revision has them: changed, deleted and added ones alike. Works on trees; no folder is touched.
import { join } from 'node:path';
import type { Repository } from './repository.ts';
import { differences } from './trees.ts';
import type { Restored } from './workspace.ts';

/** Of `paths` (relative to the root, any text) those that are files of `tree`, in the order of the tree. */
export async function filesIn({ run }: Repository, tree: string, paths: readonly string[]): Promise<string[]> {
  const plain = new Set(paths.filter(isPlain));
  if (plain.size === 0) return [];
  const entries = await run(['ls-tree', '-z', '--full-tree', tree, '--', ...plain]);
  const files = entries.split('\0').flatMap((entry) => /^\d+ blob [0-9a-f]+\t(.+)$/s.exec(entry)?.[1] ?? []);
  // A folder that is named beside one of its files is listed with all that it holds.
  return files.filter((file) => plain.has(file));
}

/** Nothing outside of the tree, and nothing that git takes for an option. */
function isPlain(path: string): boolean {
  return path !== '' && path !== '.' && !path.startsWith('/') && !path.startsWith('-') && !path.endsWith('/') && !path.includes('\0') && path.split('/')[0] !== '..';
}

export interface RestoreRequest {
  readonly start: string;
  readonly base: string;
  /** Files and folders relative to the root; those that neither tree has are passed over. */
  readonly paths: readonly string[];
}

/** The tree `start` with `paths` as `base` has them. */
export async function restoreIn(repository: Repository, { start, base, paths }: RestoreRequest): Promise<Restored> {
  const { run, scratch } = repository;
  if (paths.includes('.')) return restoredOf(repository, start, base);
  const known = await entriesOf(repository, [start, base], paths.filter(isPlain));
  if (known.length === 0) return { tree: start, paths: [] };
  const options = { env: { GIT_INDEX_FILE: join(scratch, 'index.restored'), GIT_LITERAL_PATHSPECS: '1' } };
  await run(['read-tree', start], options);
  await run(['restore', '--staged', `--source=${base}`, '--', ...known], options);
  return restoredOf(repository, start, await run(['write-tree'], options));
}

async function restoredOf(repository: Repository, start: string, tree: string): Promise<Restored> {
  const differing = await differences(repository, start, tree);
  return { tree, paths: differing.map(({ path }) => path).toSorted() };
}

/** Of `paths` those that one of the trees has, as file or folder. */
async function entriesOf({ run }: Repository, trees: readonly string[], paths: readonly string[]): Promise<string[]> {
  if (paths.length === 0) return [];
  const found = new Set<string>();
  for (const tree of trees) {
    const names = await run(['ls-tree', '-z', '--full-tree', '--name-only', tree, '--', ...paths]);
    for (const name of names.split('\0')) if (name !== '') found.add(name);
  }
  return [...found];
}
