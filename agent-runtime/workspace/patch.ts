// Applies a diff to a worktree. It is applied to an index first and judged there: only a good result is written to the folder.
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isKind, messageOf } from '#platform/errors.ts';
import { staysInside } from '#sandbox/copy-tree.ts';
import type { Indexed, Repository } from './repository.ts';
import { type Difference, differences } from './trees.ts';
import type { PatchAnswer } from './workspace.ts';

/** Caps on what one diff may make: paths, and bytes of all files it touches together. */
const patchLimits = { paths: 1000, bytes: 64 * 1024 * 1024 } as const;

/** Git gives up before it holds more than this at once: a few bytes of a binary diff can stand for gigabytes. */
const allocationLimit = '128m';

const modes = { gone: '000000', link: '120000', module: '160000' } as const;

export interface PatchRequest {
  readonly patch: Uint8Array;
  /** The worktree. */
  readonly folder: string;
  /** Folder that the names in the diff are relative to; `.` for the worktree. */
  readonly below: string;
}

/** Applies the diff, all of it or nothing; the answer names paths relative to the worktree. */
export async function patchFiles(repository: Repository, { patch, folder, below }: PatchRequest): Promise<PatchAnswer> {
  const { run, scratch } = repository;
  const file = join(scratch, 'patch');
  await writeFile(file, patch);
  const now = await repository.indexed(folder);
  const patched = { ...now, env: { ...now.env, GIT_INDEX_FILE: join(scratch, 'index.patched'), GIT_ALLOC_LIMIT: allocationLimit } };
  await copyFile(now.env.GIT_INDEX_FILE, patched.env.GIT_INDEX_FILE);
  const fault = await applyTo(repository, patched, ['--whitespace=nowarn', ...(below === '.' ? [] : [`--directory=${below}`]), '--', file]);
  if (fault !== undefined) return { kind: 'refused', message: fault };
  const [before, after] = [await run(['write-tree'], now), await run(['write-tree'], patched)];
  const changes = await differences(repository, before, after);
  const objection = (await refusedChange(repository, changes)) ?? (await tooLarge(repository, after, changes));
  if (objection !== undefined) return { kind: 'refused', message: objection };
  await run(['read-tree', '-m', '-u', before, after], now);
  return { kind: 'applied', paths: changes.map(({ path }) => path) };
}

/** What git has against the diff, in words. */
async function applyTo({ run }: Repository, index: Indexed, args: readonly string[]): Promise<string | undefined> {
  try {
    await run(['apply', '--cached', ...args], index);
    return undefined;
  } catch (error) {
    if (!isKind(error, 'git')) throw error;
    const said = messageOf(error).replace(/^git apply: (?:error|fatal): /, '');
    const [, path, line] = /^patch failed: (.+):(\d+)$/.exec(said) ?? [];
    return path === undefined ? said : `the hunk at line ${line} of ${path} does not fit the file`;
  }
}

/** A link that leads out would be followed by whoever works on the files next. */
async function refusedChange({ run }: Repository, changes: readonly Difference[]): Promise<string | undefined> {
  if (changes.length > patchLimits.paths) return `it touches ${changes.length} files, the limit is ${patchLimits.paths}`;
  for (const { path, mode, object } of changes) {
    if (mode === modes.module) return `${path} would be a repository of its own`;
    if (mode === modes.link && !staysInside(path, await run(['cat-file', 'blob', object]))) return `${path} would be a link out of the files`;
  }
  return undefined;
}

async function tooLarge({ run }: Repository, tree: string, changes: readonly Difference[]): Promise<string | undefined> {
  const paths = changes.filter(({ mode }) => mode !== modes.gone).map(({ path }) => path);
  if (paths.length === 0) return undefined;
  const entries = await run(['ls-tree', '-z', '-r', '--long', '--full-tree', tree, '--', ...paths]);
  const bytes = entries.split('\0').reduce((sum, entry) => sum + Number(/^\d+ blob [0-9a-f]+ +(\d+)\t/.exec(entry)?.[1] ?? 0), 0);
  return bytes > patchLimits.bytes ? `the files it touches would have ${bytes} bytes together, the limit is ${patchLimits.bytes}` : undefined;
}
