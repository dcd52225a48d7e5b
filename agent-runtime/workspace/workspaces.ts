// Workspaces of tasks: a worktree each, from git, from files or empty, always as a git repository so that its trees can be compared.
import { mkdir, realpath, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isKind, messageOf, PlatformError } from '#platform/errors.ts';
import { newUuid } from '#platform/ids.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import { emptyWorkspace } from './empty.ts';
import { createGit, type Git, remoteProtocols } from './git.ts';
import { type Borrowed, createMirrors, type Mirrors } from './mirrors.ts';
import { createRepository, type Repository } from './repository.ts';
import type { Source, Workspace, WorkspaceRequest, Workspaces } from './workspace.ts';

export interface WorkspacesOptions {
  readonly workFolder: string;
  /** Most bytes that repositories kept for reuse may take. */
  readonly mirrorBytes: number;
  /** PATH on which git is found. */
  readonly path: string;
  readonly log: Log;
  /** Transports that git URLs may name; the remote ones unless told. */
  readonly protocols?: readonly string[];
}

/** Opens the work folder and removes what an earlier process left in it, except repositories kept for reuse. */
export async function openWorkspaces({ workFolder, mirrorBytes, path, log, protocols = remoteProtocols }: WorkspacesOptions): Promise<Workspaces> {
  const [mirrorFolder, taskFolder, home] = [join(workFolder, 'mirrors'), join(workFolder, 'tasks'), join(workFolder, 'home')];
  await Promise.all([removeTree(taskFolder), removeTree(home)]);
  await Promise.all([mirrorFolder, taskFolder, home].map((folder) => mkdir(folder, { recursive: true })));
  const git = createGit({ path, home, protocols });
  const mirrors = createMirrors({ folder: mirrorFolder, maxBytes: mirrorBytes, git, log });
  return {
    prepare: async (request, signal) => {
      try {
        return { kind: 'ready', workspace: await prepareIn({ taskFolder, git, mirrors, log }, request, signal) };
      } catch (error) {
        if (isKind(error, lost)) return { kind: 'failed', reason: 'ArtifactLost', message: messageOf(error) };
        if (isKind(error, 'git') || isKind(error, wrong)) return { kind: 'failed', reason: 'WorkspaceFailed', message: messageOf(error) };
        throw error;
      }
    },
  };
}

interface Means {
  readonly taskFolder: string;
  readonly git: Git;
  readonly mirrors: Mirrors;
  readonly log: Log;
}

async function prepareIn({ taskFolder, git, mirrors, log }: Means, request: WorkspaceRequest, signal: AbortSignal): Promise<Workspace> {
  const scratch = join(taskFolder, newUuid());
  await mkdir(scratch);
  const undo = [() => removeTree(scratch)];
  const dispose = async () => {
    for (const step of undo.splice(0).toReversed()) await step().catch((error: unknown) => log.warn('a worktree was left behind; it is removed at the next start', { folder: scratch, error: messageOf(error) }));
  };
  try {
    const borrowed = await borrow(mirrors, request.source, signal);
    if (borrowed !== undefined) undo.push(async () => borrowed.release());
    const files = join(scratch, 'files');
    const open = () => createRepository({ git, files, scratch, signal }, borrowed?.objects);
    if (request.source.kind === 'empty' && request.bundle === undefined) {
      await mkdir(files);
      return { ...emptyWorkspace(open), root: files, dispose };
    }
    return { ...(await fill(await open(), request, { files, scratch, sourceCommit: borrowed?.commit })), root: files, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

const lost = 'workspaceLost';
const wrong = 'workspaceWrong';

async function borrow(mirrors: Mirrors, source: Source, signal: AbortSignal): Promise<Borrowed | undefined> {
  if (source.kind !== 'git') return undefined;
  try {
    return await mirrors.borrow(source, signal);
  } catch (error) {
    throw new PlatformError('git', `get ${source.commit ?? source.ref} of ${source.url}: ${messageOf(error)}; check url and ref of the workspace, and that the agent can reach it`);
  }
}

interface Place {
  readonly files: string;
  readonly scratch: string;
  readonly sourceCommit: string | undefined;
}

async function fill(repository: Repository, { source, bundle }: WorkspaceRequest, { files, scratch, sourceCommit }: Place): Promise<Omit<Workspace, 'root' | 'dispose'>> {
  if (sourceCommit !== undefined) await repository.markSource(sourceCommit);
  const start = bundle === undefined ? sourceCommit : await takeBundle(repository, bundle, join(scratch, 'input.bundle'));
  if (start !== undefined) await repository.checkOut(start);
  else if (source.kind === 'files') await writeFiles(files, source.files);
  const base = start ?? (await repository.commitFiles());
  return {
    subPath: source.kind === 'git' ? await checkedSubPath(files, source.subPath) : '.',
    commit: start,
    treeBefore: await repository.treeOf(files),
    treeOf: (folder) => repository.treeOf(folder),
    output: async (tree) => {
      const commit = await repository.commitTree(tree, base);
      return { commit, file: await repository.bundle(commit, sourceCommit) };
    },
  };
}

/** A bundle says itself which commit it holds; another one than announced would be somebody else's output. */
async function takeBundle(repository: Repository, bundle: NonNullable<WorkspaceRequest['bundle']>, file: string): Promise<string> {
  const answer = await bundle.fetch(file).catch((error: unknown) => {
    throw new PlatformError(wrong, `get the output of the dependency to start from: ${messageOf(error)}`);
  });
  if (answer === 'missing') throw new PlatformError(lost, 'get the output of the dependency to start from: the blob service does not have it any more; run the mission again');
  const held = await repository.takeBundle(file);
  if (bundle.commit !== '' && bundle.commit !== held) throw new PlatformError(wrong, `start from the output of a dependency: its bundle holds commit ${held}, not ${bundle.commit}`);
  return held;
}

async function writeFiles(folder: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    if (!/^[-._A-Za-z0-9]{1,253}$/.test(name) || /^(\.{1,2}|\.git)$/i.test(name)) throw new PlatformError(wrong, `write the file ${JSON.stringify(name)}: it is not a plain file name; rename the key`);
    await writeFile(join(folder, name), bytes);
  }
}

async function checkedSubPath(root: string, subPath: string | undefined): Promise<string> {
  if (subPath === undefined || subPath === '') return '.';
  const fault = new PlatformError(wrong, `use subPath ${subPath}: the workspace has no such folder; correct subPath`);
  const [top, path] = await Promise.all([realpath(root), realpath(join(root, subPath))]).catch(() => {
    throw fault;
  });
  const inside = relative(top, path);
  if (inside.startsWith('..') || inside.split('/')[0] === '.git' || !(await stat(path)).isDirectory()) throw fault;
  return inside === '' ? '.' : inside;
}
