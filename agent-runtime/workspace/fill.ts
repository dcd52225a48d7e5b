// Fills the worktree of a task: from a commit, from the output of an earlier task, or from plain files.
import { mkdir, realpath, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { messageOf, PlatformError } from '#platform/errors.ts';
import type { Access } from './credentials.ts';
import type { Repository } from './repository.ts';
import { createTools } from './tools.ts';
import type { Source, Workspace, WorkspaceRequest } from './workspace.ts';

/** Kinds of the errors that are the fault of what was asked for. */
export const fillFaults = { lost: 'workspaceLost', wrong: 'workspaceWrong' } as const;

export interface Place {
  /** The worktree. */
  readonly files: string;
  /** Commit of the source; undefined for files without a history. */
  readonly sourceCommit: string | undefined;
  readonly access: Access;
}

/** Checks the files out, measures them, and hands out what may be done with them. */
export async function fill(repository: Repository, { source, bundle }: WorkspaceRequest, { files, sourceCommit, access }: Place): Promise<Omit<Workspace, 'borrowed' | 'dispose'>> {
  const { scratch } = repository;
  if (sourceCommit !== undefined) await repository.markSource(sourceCommit);
  const start = bundle === undefined ? sourceCommit : await takeBundle(repository, bundle, join(scratch, 'input.bundle'));
  if (start !== undefined) await repository.checkOut(start);
  else if (source.kind === 'files') await writeFiles(files, source.files);
  const parent = start ?? (await repository.commitFiles());
  const subPath = source.kind === 'git' ? await checkedSubPath(files, source.subPath) : '.';
  const treeBefore = await repository.treeOf(files);
  const base = bundle === undefined ? async () => treeBefore : () => baseTree(repository, source, sourceCommit);
  const origin = source.kind === 'git' && start !== undefined ? { url: source.url, secret: source.secret, commit: start, access } : undefined;
  return {
    root: files,
    scratch,
    subPath,
    commit: start,
    treeBefore,
    tools: createTools({ repository: async () => repository, root: files, subPath, treeBefore, base, origin }),
    treeOf: (folder) => repository.treeOf(folder),
    output: async (tree) => {
      const commit = await repository.commitTree(tree, parent);
      return { commit, file: await repository.bundle(commit, sourceCommit) };
    },
    takeOutput: (file) => takeOutput(repository, file),
  };
}

/** What the files were before any task changed them. */
async function baseTree(repository: Repository, source: Source, sourceCommit: string | undefined): Promise<string> {
  if (sourceCommit !== undefined) return repository.run(['rev-parse', `${sourceCommit}^{tree}`]);
  const folder = join(repository.scratch, 'base');
  await mkdir(folder, { recursive: true });
  if (source.kind === 'files') await writeFiles(folder, source.files);
  return repository.treeOf(folder);
}

/** A bundle says itself which commit it holds; another one than announced would be somebody else's output. */
async function takeBundle(repository: Repository, bundle: NonNullable<WorkspaceRequest['bundle']>, file: string): Promise<string> {
  const answer = await bundle.fetch(file).catch((error: unknown) => {
    throw new PlatformError(fillFaults.wrong, `get the output of the dependency to start from: ${messageOf(error)}`);
  });
  if (answer === 'missing') throw new PlatformError(fillFaults.lost, 'get the output of the dependency to start from: the blob service does not have it any more; run the mission again');
  const held = await repository.takeBundle(file);
  if (bundle.commit !== '' && bundle.commit !== held) throw new PlatformError(fillFaults.wrong, `start from the output of a dependency: its bundle holds commit ${held}, not ${bundle.commit}`);
  return held;
}

/** A commit of files and the tree that it holds. */
export async function takeOutput(repository: Repository, file: string): Promise<{ readonly commit: string; readonly tree: string }> {
  const commit = await repository.takeBundle(file);
  return { commit, tree: await repository.run(['rev-parse', `${commit}^{tree}`]) };
}

async function writeFiles(folder: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    if (!/^[-._A-Za-z0-9]{1,253}$/.test(name) || /^(\.{1,2}|\.git)$/i.test(name)) throw new PlatformError(fillFaults.wrong, `write the file ${JSON.stringify(name)}: it is not a plain file name; rename the key`);
    await writeFile(join(folder, name), bytes);
  }
}

async function checkedSubPath(root: string, subPath: string | undefined): Promise<string> {
  if (subPath === undefined || subPath === '') return '.';
  const fault = new PlatformError(fillFaults.wrong, `use subPath ${subPath}: the workspace has no such folder; correct subPath`);
  const [top, path] = await Promise.all([realpath(root), realpath(join(root, subPath))]).catch(() => {
    throw fault;
  });
  const inside = relative(top, path);
  if (inside.startsWith('..') || inside.split('/')[0] === '.git' || !(await stat(path)).isDirectory()) throw fault;
  return inside === '' ? '.' : inside;
}
