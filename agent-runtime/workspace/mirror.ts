// One repository kept for reuse. Its caller holds its lock: nobody else touches it meanwhile.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError } from '#platform/errors.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import type { Git, GitOptions } from './git.ts';

/** Written last: a mirror without it was cut off while it was made. */
const completeMarker = 'coditect-complete';
const commitPattern = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

export interface MirrorRequest {
  readonly url: string;
  readonly ref: string;
  /** Commit to use; the remote is asked only if the mirror does not have it. */
  readonly commit?: string | undefined;
  /** Mounted Secret with the credentials. */
  readonly secret?: string | undefined;
}

/** Makes the mirror in `folder` when needed, and returns the commit that `request` means. */
export async function resolveInMirror(request: MirrorRequest, git: Git, options: GitOptions): Promise<string> {
  const { folder } = options;
  const run = (args: readonly string[]) => git(args, options);
  if (existsSync(join(folder, completeMarker))) await removeLocks(folder);
  else {
    await removeTree(folder);
    await mkdir(folder, { recursive: true });
    await run(['init', '--quiet', '--bare', '--template=', '.']);
    await writeFile(join(folder, completeMarker), '');
  }
  return resolveCommit(request, run);
}

/** A fetch that was killed leaves locks that would fail every later one. */
async function removeLocks(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  await Promise.all(names.filter((name) => name.endsWith('.lock')).map((name) => rm(join(folder, name), { force: true })));
}

type Run = (args: readonly string[]) => Promise<string>;

async function resolveCommit({ url, ref, commit }: MirrorRequest, run: Run): Promise<string> {
  const wanted = commit ?? (commitPattern.test(ref) ? ref : undefined);
  if (wanted === undefined) return fetchRef(url, ref, run);
  if (!commitPattern.test(wanted)) throw new PlatformError('git', `resolve ${wanted}: it is not the number of a commit`);
  const known = await run(['rev-parse', '--quiet', '--verify', `${wanted}^{commit}`]).catch(() => undefined);
  if (known !== undefined) return known;
  try {
    return await fetchRef(url, wanted, run);
  } catch {
    // Some servers refuse commits by number; what their branches and tags reach can still be had.
    await fetch(url, ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'], run);
    return run(['rev-parse', '--verify', `${wanted}^{commit}`]);
  }
}

async function fetchRef(url: string, ref: string, run: Run): Promise<string> {
  const kept = `refs/coditect/${createHash('sha256').update(ref).digest('hex').slice(0, 16)}`;
  await fetch(url, [`+${ref}:${kept}`], run);
  return run(['rev-parse', '--verify', `${kept}^{commit}`]);
}

function fetch(url: string, refspecs: readonly string[], run: Run): Promise<string> {
  return run(['fetch', '--quiet', '--no-tags', '--force', '--no-write-fetch-head', '--no-recurse-submodules', '--', url, ...refspecs]);
}
