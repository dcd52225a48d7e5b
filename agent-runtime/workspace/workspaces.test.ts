import { execFileSync } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '#platform/telemetry/log.ts';
import type { Source, Workspace, WorkspaceRequest, Workspaces } from './workspace.ts';
import { openWorkspaces } from './workspaces.ts';

const path = process.env['PATH'] ?? '';
const identity = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b', GIT_CONFIG_GLOBAL: '/dev/null' };
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const never = new AbortController().signal;

let scratch: string;
let remote: string;
let workspaces: Workspaces;

const git = (folder: string, ...args: string[]) => execFileSync('git', args, { cwd: folder, env: { ...process.env, ...identity } }).toString().trim();
const head = (spec = 'HEAD') => git(remote, 'rev-parse', spec);
const open = (mirrorBytes = 2 ** 30) => openWorkspaces({ workFolder: join(scratch, 'work'), mirrorBytes, path, log: silentLog, gitSecretsFolder: join(scratch, 'secrets'), protocols: ['file'] });
const worktrees = () => readdir(join(scratch, 'work', 'tasks'));
const mirrors = () => readdir(join(scratch, 'work', 'mirrors'));

async function commit(name: string, text: string): Promise<string> {
  await writeFile(join(remote, name), text);
  git(remote, 'add', '-A');
  git(remote, 'commit', '--quiet', '-m', name);
  return head();
}

const source = (more: Partial<Extract<Source, { kind: 'git' }>> = {}): Source => ({ kind: 'git', url: `file://${remote}`, ref: 'HEAD', ...more });

async function ready(request: WorkspaceRequest, from = workspaces): Promise<Workspace> {
  const answer = await from.prepare(request, never);
  if (answer.kind === 'failed') throw new Error(answer.message);
  return answer.workspace;
}

async function changed(workspace: Workspace, name: string, text: string, keepAs: string) {
  await writeFile(join(workspace.root, name), text);
  const tree = await workspace.treeOf(workspace.root);
  const { commit: made, file } = await workspace.output(tree);
  await copyFile(file, join(scratch, keepAs));
  return { tree, bundle: { commit: made, fetch: async (to: string) => (await copyFile(join(scratch, keepAs), to), 'found' as const) } };
}

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'workspace-'));
  remote = join(scratch, 'remote');
  await mkdir(join(remote, 'sub'), { recursive: true });
  git(remote, 'init', '--quiet', '--initial-branch=main');
  git(remote, 'config', 'uploadpack.allowAnySHA1InWant', 'false');
  await writeFile(join(remote, 'sub', 'inner.txt'), 'inner');
  await writeFile(join(remote, 'run.sh'), '#!/bin/sh\n');
  await chmod(join(remote, 'run.sh'), 0o755);
  await writeFile(join(remote, '.gitignore'), 'ignored\n');
  await commit('a.txt', 'a');
  workspaces = await open();
});

afterEach(() => rm(scratch, { recursive: true, force: true }));

describe('trees', () => {
  test('of a clean worktree and of a copy of it are the tree of the commit', async () => {
    const workspace = await ready({ source: source() });
    expect(workspace.commit).toBe(head());
    expect(workspace.treeBefore).toBe(head('HEAD^{tree}'));
    await cp(workspace.root, join(scratch, 'copy'), { recursive: true });
    expect(await workspace.treeOf(join(scratch, 'copy'))).toBe(workspace.treeBefore);
  });

  test('stay those of the commit when attributes would convert line ends', async () => {
    await commit('crlf.txt', 'one\r\ntwo\r\n');
    await writeFile(join(remote, '.gitattributes'), '* text\n');
    git(remote, 'add', '.gitattributes');
    git(remote, 'commit', '--quiet', '-m', 'attributes');
    const workspace = await ready({ source: source() });
    await cp(workspace.root, join(scratch, 'copy'), { recursive: true });
    expect(await workspace.treeOf(join(scratch, 'copy'))).toBe(head('HEAD^{tree}'));
  });

  const changes: Record<string, { change: (folder: string) => Promise<unknown>; differs: boolean }> = {
    'a new file counts': { change: (folder) => writeFile(join(folder, 'new'), ''), differs: true },
    'an ignored file does not count': { change: (folder) => writeFile(join(folder, 'ignored'), 'x'), differs: false },
    'a removed file counts': { change: (folder) => rm(join(folder, 'run.sh')), differs: true },
    'a lost executable bit counts': { change: (folder) => chmod(join(folder, 'run.sh'), 0o644), differs: true },
    'a later time of the same bytes does not count': { change: (folder) => utimes(join(folder, 'run.sh'), 1, 1), differs: false },
  };
  test.each(Object.entries(changes))('%s', async (_, { change, differs }) => {
    const workspace = await ready({ source: source() });
    await change(workspace.root);
    expect((await workspace.treeOf(workspace.root)) !== workspace.treeBefore).toBe(differs);
  });

  test('files and empty workspaces have trees too, the same everywhere', async () => {
    const files = { 'a.txt': Buffer.from('a'), 'b.txt': Buffer.from('b') };
    const [one, two, empty] = [await ready({ source: { kind: 'files', files } }), await ready({ source: { kind: 'files', files } }), await ready({ source: { kind: 'empty' } })];
    expect(one.treeBefore).toBe(two.treeBefore);
    expect(await readFile(join(one.root, 'b.txt'), 'utf8')).toBe('b');
    expect(empty.treeBefore).toBe(emptyTree);
    expect([one.commit, empty.commit]).toEqual([undefined, undefined]);
  });
});

describe('sources', () => {
  test('a branch, a tag, an annotated tag and a commit are found by their names', async () => {
    const first = head();
    git(remote, 'tag', 'light');
    git(remote, 'tag', '-a', 'heavy', '-m', 'x');
    git(remote, 'checkout', '--quiet', '-b', 'side');
    const second = await commit('side.txt', 'x');
    for (const [ref, want] of Object.entries({ light: first, heavy: first, main: first, side: second, [first]: first })) expect((await ready({ source: source({ ref }) })).commit).toBe(want);
  });

  test('a pinned commit wins over a branch that has moved, and is not asked for again', async () => {
    const pinned = head();
    await ready({ source: source({ ref: 'main' }) });
    await commit('later.txt', 'x');
    expect((await ready({ source: source({ ref: 'main' }) })).commit).toBe(head());
    await rm(remote, { recursive: true });
    expect((await ready({ source: source({ ref: 'main', commit: pinned }) })).commit).toBe(pinned);
  });

  test('subPath is where actions work', async () => {
    expect((await ready({ source: source({ subPath: 'sub' }) })).subPath).toBe('sub');
  });

  test('a copy needs the borrowed objects to know its own history, and no more than them', async () => {
    const { root, borrowed } = await ready({ source: source() });
    const copy = join(scratch, 'copy');
    await cp(root, copy, { recursive: true });
    git(copy, 'diff', '--quiet', 'HEAD');
    const [objects = ''] = borrowed;
    expect(borrowed).toEqual([expect.stringMatching(new RegExp(`^${join(scratch, 'work', 'mirrors')}/\\w+/objects$`))]);
    await rm(objects, { recursive: true });
    expect(() => git(copy, 'diff', '--quiet', 'HEAD')).toThrow('git diff');
    expect((await ready({ source: { kind: 'empty' } })).borrowed).toEqual([]);
  });

  test('two tasks that start at once share one mirror', async () => {
    const both = await Promise.all([ready({ source: source() }), ready({ source: source() })]);
    expect(both.map(({ treeBefore }) => treeBefore)).toEqual([head('HEAD^{tree}'), head('HEAD^{tree}')]);
    expect(await mirrors()).toHaveLength(1);
  });

  const faults: Record<string, { request: () => WorkspaceRequest; reason: string; message: RegExp }> = {
    'a ref that does not exist': { request: () => ({ source: source({ ref: 'nowhere' }) }), reason: 'WorkspaceFailed', message: /get nowhere of file:.*couldn't find remote ref nowhere; check url and ref/ },
    'a repository that does not exist': { request: () => ({ source: source({ url: `file://${scratch}/none` }) }), reason: 'WorkspaceFailed', message: /does not (exist|appear)/ },
    'a transport that is not allowed': { request: () => ({ source: source({ url: 'ext::sh -c true' }) }), reason: 'WorkspaceFailed', message: /transport 'ext' not allowed/ },
    'a commit that nobody has': { request: () => ({ source: source({ commit: '1'.repeat(40) }) }), reason: 'WorkspaceFailed', message: /get 1{40} of/ },
    'a sub path that does not exist': { request: () => ({ source: source({ subPath: 'none' }) }), reason: 'WorkspaceFailed', message: /subPath none: the workspace has no such folder/ },
    'a sub path that is a file': { request: () => ({ source: source({ subPath: 'run.sh' }) }), reason: 'WorkspaceFailed', message: /no such folder/ },
    'a sub path into the repository itself': { request: () => ({ source: source({ subPath: '.git/info' }) }), reason: 'WorkspaceFailed', message: /no such folder/ },
    'a file name with a folder': { request: () => ({ source: { kind: 'files', files: { '../x': Buffer.from('') } } }), reason: 'WorkspaceFailed', message: /not a plain file name/ },
    'a bundle that is gone': { request: () => ({ source: source(), bundle: { commit: '', fetch: async () => 'missing' } }), reason: 'ArtifactLost', message: /does not have it any more/ },
    'a bundle that is none': { request: () => ({ source: source(), bundle: { commit: '', fetch: async (file) => (await writeFile(file, 'x'), 'found') } }), reason: 'WorkspaceFailed', message: /bundle/ },
  };
  test.each(Object.entries(faults))('%s is said, and no worktree is left', async (_, { request, reason, message }) => {
    const answer = await workspaces.prepare(request(), never);
    expect(answer).toMatchObject({ kind: 'failed', reason });
    expect(answer.kind === 'failed' && answer.message).toMatch(message);
    expect(await worktrees()).toEqual([]);
  });

  test('a stopped task does not wait for the remote', async () => {
    expect(await workspaces.prepare({ source: source() }, AbortSignal.abort())).toMatchObject({ kind: 'failed', message: expect.stringContaining('stopped') });
  });
});

describe('outputs', () => {
  test('a change travels as a bundle to a fresh workspace, through two tasks, elsewhere', async () => {
    const first = await changed(await ready({ source: source() }), 'one.txt', '1', 'first.bundle');
    const second = await changed(await ready({ source: source({ commit: head() }), bundle: first.bundle }), 'two.txt', '2', 'second.bundle');
    const elsewhere = await openWorkspaces({ workFolder: join(scratch, 'other'), mirrorBytes: 2 ** 30, path, log: silentLog, gitSecretsFolder: join(scratch, 'secrets'), protocols: ['file'] });
    const third = await ready({ source: source({ commit: head() }), bundle: second.bundle }, elsewhere);
    expect(third.treeBefore).toBe(second.tree);
    expect(third.commit).toBe(second.bundle.commit);
    expect(await readFile(join(third.root, 'one.txt'), 'utf8')).toBe('1');
  });

  test('a bundle of files stands alone, and files that were removed stay removed', async () => {
    const files: Source = { kind: 'files', files: { 'a.txt': Buffer.from('a'), 'b.txt': Buffer.from('b') } };
    const workspace = await ready({ source: files });
    await rm(join(workspace.root, 'a.txt'));
    const { bundle, tree } = await changed(workspace, 'c.txt', 'c', 'files.bundle');
    const next = await ready({ source: files, bundle });
    expect(next.treeBefore).toBe(tree);
    expect((await readdir(next.root)).toSorted()).toEqual(['.git', 'b.txt', 'c.txt']);
  });

  test('the same change makes the same commit, with the time of its base', async () => {
    const [one, two] = [await changed(await ready({ source: source() }), 'x', '1', 'a'), await changed(await ready({ source: source() }), 'x', '1', 'b')];
    expect(one.bundle.commit).toBe(two.bundle.commit);
    expect(await readFile(join(scratch, 'a'))).toEqual(await readFile(join(scratch, 'b')));
  });

  test('a bundle with another commit than announced is refused', async () => {
    const { bundle } = await changed(await ready({ source: source() }), 'x', '1', 'a');
    expect(await workspaces.prepare({ source: source(), bundle: { ...bundle, commit: head() } }, never)).toMatchObject({ kind: 'failed', reason: 'WorkspaceFailed' });
  });
});

describe('disk', () => {
  test('worktrees go with dispose, mirrors stay', async () => {
    const workspace = await ready({ source: source() });
    await workspace.dispose();
    expect([await worktrees(), (await mirrors()).length]).toEqual([[], 1]);
  });

  test('a start removes worktrees of an earlier process and cuts no mirror', async () => {
    await ready({ source: source() });
    workspaces = await open();
    expect(await worktrees()).toEqual([]);
    expect(await mirrors()).toHaveLength(1);
  });

  test('above the cap the mirror used longest ago goes, but none that is in use', async () => {
    workspaces = await open(1);
    const inUse = await ready({ source: source() });
    await cp(remote, join(scratch, 'second'), { recursive: true });
    const other = await ready({ source: source({ url: `file://${scratch}/second` }) });
    expect(await mirrors()).toHaveLength(2);
    await inUse.dispose();
    await other.dispose();
    await ready({ source: source() });
    expect(await mirrors()).toHaveLength(1);
  });

  test('a lock that a killed fetch left behind stops nobody', async () => {
    await ready({ source: source() });
    const [mirror = ''] = await mirrors();
    for (const name of ['packed-refs.lock', 'config.lock', 'shallow.lock']) await writeFile(join(scratch, 'work', 'mirrors', mirror, name), '');
    const refs = join(scratch, 'work', 'mirrors', mirror, 'refs', 'coditect');
    for (const name of await readdir(refs)) await writeFile(join(refs, `${name}.lock`), '');
    await commit('more.txt', 'x');
    expect((await ready({ source: source() })).commit).toBe(head());
  });

  test('a mirror that was cut off while it was made is made anew', async () => {
    await ready({ source: source() });
    const [mirror = ''] = await mirrors();
    await rm(join(scratch, 'work', 'mirrors', mirror, 'coditect-complete'));
    await rm(join(scratch, 'work', 'mirrors', mirror, 'objects'), { recursive: true });
    workspaces = await open();
    expect((await ready({ source: source() })).commit).toBe(head());
    expect((await stat(join(scratch, 'work', 'mirrors', mirror, 'objects'))).isDirectory()).toBe(true);
  });
});
