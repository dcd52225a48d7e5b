// Workspaces of tasks: a worktree each, from git, from files or empty, always as a git repository so that its trees can be compared.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isKind, messageOf, PlatformError } from '#platform/errors.ts';
import { newUuid } from '#platform/ids.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import { type Access, accessBySecrets } from './credentials.ts';
import { emptyWorkspace } from './empty.ts';
import { fill, fillFaults } from './fill.ts';
import { createGit, type Git, remoteProtocols } from './git.ts';
import { type Borrowed, createMirrors, type Mirrors } from './mirrors.ts';
import { createRepository } from './repository.ts';
import type { Source, Workspace, WorkspaceRequest, Workspaces } from './workspace.ts';

export interface WorkspacesOptions {
  readonly workFolder: string;
  /** Most bytes that repositories kept for reuse may take. */
  readonly mirrorBytes: number;
  /** PATH on which git is found. */
  readonly path: string;
  readonly log: Log;
  /** Folder of the mounted Secrets with credentials for git servers, one sub folder each. */
  readonly gitSecretsFolder: string;
  /** Transports that git URLs may name; the remote ones unless told. */
  readonly protocols?: readonly string[];
}

/** Opens the work folder and removes what an earlier process left in it, except repositories kept for reuse. */
export async function openWorkspaces({ workFolder, mirrorBytes, path, log, gitSecretsFolder, protocols = remoteProtocols }: WorkspacesOptions): Promise<Workspaces> {
  const [mirrorFolder, taskFolder, home] = [join(workFolder, 'mirrors'), join(workFolder, 'tasks'), join(workFolder, 'home')];
  await Promise.all([removeTree(taskFolder), removeTree(home)]);
  await Promise.all([mirrorFolder, taskFolder, home].map((folder) => mkdir(folder, { recursive: true })));
  const git = createGit({ path, home, protocols });
  const access = accessBySecrets(gitSecretsFolder);
  const mirrors = createMirrors({ folder: mirrorFolder, maxBytes: mirrorBytes, git, access, log });
  return {
    prepare: async (request, signal) => {
      try {
        return { kind: 'ready', workspace: await prepareIn({ taskFolder, git, mirrors, access, log }, request, signal) };
      } catch (error) {
        if (isKind(error, fillFaults.lost)) return { kind: 'failed', reason: 'ArtifactLost', message: messageOf(error) };
        if (isKind(error, 'git') || isKind(error, fillFaults.wrong)) return { kind: 'failed', reason: 'WorkspaceFailed', message: messageOf(error) };
        throw error;
      }
    },
  };
}

interface Means {
  readonly taskFolder: string;
  readonly git: Git;
  readonly mirrors: Mirrors;
  readonly access: Access;
  readonly log: Log;
}

async function prepareIn({ taskFolder, git, mirrors, access, log }: Means, request: WorkspaceRequest, signal: AbortSignal): Promise<Workspace> {
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
      return { ...emptyWorkspace(files, open), borrowed: [], scratch, dispose };
    }
    return { ...(await fill(await open(), request, { files, sourceCommit: borrowed?.commit, access })), borrowed: borrowed === undefined ? [] : [borrowed.objects], dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function borrow(mirrors: Mirrors, source: Source, signal: AbortSignal): Promise<Borrowed | undefined> {
  if (source.kind !== 'git') return undefined;
  try {
    return await mirrors.borrow(source, signal);
  } catch (error) {
    const { url, secret, commit = source.ref } = source;
    const credentials = secret === undefined ? '' : `, that Secret ${secret} holds its user and password`;
    throw new PlatformError('git', `get ${commit} of ${url}: ${messageOf(error)}; check url and ref of the workspace${credentials}, and that the agent can reach it`);
  }
}
