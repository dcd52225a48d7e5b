// Workspaces under test: a repository to clone, and workspaces that start from what others left.
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { newUuid } from '#platform/ids.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import type { Source, Workspace, WorkspaceRequest, Workspaces } from './workspace.ts';
import { openWorkspaces } from './workspaces.ts';

const identity = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b', GIT_CONFIG_GLOBAL: '/dev/null' };

/** Files by path; undefined removes one. */
export type Files = Readonly<Record<string, string | undefined>>;

/** What a test has at hand; made anew for each test. */
export class WorkspacesUnderTest {
  scratch = '';
  /** The repository that workspaces are cloned from. */
  remote = '';
  #workspaces: Workspaces | undefined;

  /** Each test of the file begins with a repository whose one commit has `files`. */
  static inEachTest(files: Files): WorkspacesUnderTest {
    const t = new WorkspacesUnderTest();
    beforeEach(async () => {
      t.scratch = await mkdtemp(join(tmpdir(), 'workspace-'));
      t.remote = join(t.scratch, 'remote');
      await mkdir(t.remote);
      t.git('init', '--quiet', '--initial-branch=main');
      await writeFiles(t.remote, files);
      t.git('add', '-A');
      t.git('commit', '--quiet', '-m', 'first');
      t.#workspaces = await openWorkspaces({ workFolder: join(t.scratch, 'work'), mirrorBytes: 2 ** 30, path: process.env['PATH'] ?? '', log: silentLog, gitSecretsFolder: join(t.scratch, 'secrets'), protocols: ['file', 'http'] });
    });
    afterEach(() => rm(t.scratch, { recursive: true, force: true }));
    return t;
  }

  readonly git = (...args: string[]): string => execFileSync('git', args, { cwd: this.remote, env: { ...process.env, ...identity } }).toString().trim();
  readonly source = (more: Partial<Extract<Source, { kind: 'git' }>> = {}): Source => ({ kind: 'git', url: `file://${this.remote}`, ref: 'HEAD', ...more });

  readonly prepare = (request: WorkspaceRequest, signal = new AbortController().signal) => this.#workspaces?.prepare(request, signal) ?? Promise.reject(new Error('the test has not begun'));

  readonly ready = async (request: WorkspaceRequest): Promise<Workspace> => {
    const answer = await this.prepare(request);
    if (answer.kind === 'failed') throw new Error(answer.message);
    return answer.workspace;
  };

  /** A fresh workspace that starts from `source` with `changes` made by an earlier task. */
  readonly startedFrom = async (changes: Files | ((folder: string) => Promise<unknown>), source = this.source()): Promise<Workspace> => {
    const earlier = await this.ready({ source });
    await (typeof changes === 'function' ? changes(earlier.root) : writeFiles(earlier.root, changes));
    const { commit, file } = await earlier.output(await earlier.treeOf(earlier.root));
    const kept = join(this.scratch, newUuid());
    await copyFile(file, kept);
    await earlier.dispose();
    return this.ready({ source, bundle: { commit, fetch: async (to) => (await copyFile(kept, to), 'found') } });
  };
}

/** Writes files below `folder`, and removes those that are undefined. */
export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await rm(join(folder, name), { recursive: true, force: true });
    if (text === undefined) continue;
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}
