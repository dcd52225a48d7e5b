// Credentials of git servers, and pushes to them: a real git on both sides.
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GitServer, serveGit } from './fake-git-server.ts';
import { WorkspacesUnderTest } from './testing.ts';
import type { Source } from './workspace.ts';

const password = 'correct horse "battery" $staple';
const t = WorkspacesUnderTest.inEachTest({ 'a.txt': 'a\n' });
const { git, ready, startedFrom } = t;

let server: GitServer;

type GitSource = Extract<Source, { kind: 'git' }>;

const open = (): GitSource => ({ kind: 'git', url: `${server.url}/remote`, ref: 'HEAD' });
const source = (more: Partial<GitSource> = {}): GitSource => ({ ...open(), secret: 'deploy', ...more });
const tip = (branch: string) => git('for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`);
const output = () => startedFrom({ 'b.txt': 'b\n' }, source());

async function mount(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  const folder = join(t.scratch, 'secrets', name);
  await mkdir(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
}

beforeEach(async () => {
  git('config', 'http.receivepack', 'true');
  await mount('deploy', { username: 'robot', password });
  server = await serveGit(t.scratch, { username: 'robot', password });
});

afterEach(() => server.close());

describe('credentials', () => {
  test('of a mounted Secret open the repository', async () => {
    expect((await ready({ source: source() })).commit).toBe(git('rev-parse', 'HEAD'));
    expect(server.requests.length).toBeGreaterThan(0);
  });

  test('may end with a newline, as files do', async () => {
    await mount('edited', { username: 'robot\n', password: `${password}\n` });
    expect((await ready({ source: source({ secret: 'edited' }) })).commit).toBe(git('rev-parse', 'HEAD'));
  });

  const faults: Record<string, { asked: () => Source; message: RegExp }> = {
    'without a Secret nobody is let in': { asked: open, message: /could not read Username.*check url and ref of the workspace, and that/ },
    'a wrong password is said, with the name of the Secret': { asked: () => source({ secret: 'wrong' }), message: /^get HEAD of http:\/\/127.*Authentication failed.*check url and ref of the workspace, that Secret wrong holds its user and password/ },
    'a Secret that is not mounted is said': { asked: () => source({ secret: 'nowhere' }), message: /use Secret nowhere: the agent does not have it.*list it in gitSecrets of the pool/ },
    'a name that leads elsewhere is no Secret': { asked: () => source({ secret: '../secrets/deploy' }), message: /use Secret \.\.\/secrets\/deploy: the agent does not have it/ },
    'a Secret without a password is not used': { asked: () => source({ secret: 'half' }), message: /with files username and password/ },
    'a password is not for ssh': { asked: () => source({ url: 'ssh://127.0.0.1:1/x' }), message: /user and password are for https and http URLs/ },
  };
  test.each(Object.entries(faults))('%s', async (_, { asked, message }) => {
    await mount('wrong', { username: 'robot', password: 'not the pass word' });
    await mount('half', { username: 'robot' });
    const answer = await t.prepare({ source: asked() });
    expect(answer).toMatchObject({ kind: 'failed', reason: 'WorkspaceFailed' });
    const text = answer.kind === 'failed' ? answer.message : '';
    expect(text).toMatch(message);
    expect(text).not.toMatch(/pass word|staple/);
  });

  test('are not kept: neither in the repository nor in the mirror', async () => {
    const { root } = await ready({ source: source() });
    const found = execFileSync('sh', ['-c', 'grep -rl -e staple -e robot . || true'], { cwd: join(t.scratch, 'work') }).toString();
    expect([found, (await readFile(join(root, '.git', 'config'), 'utf8')).includes('credential')]).toEqual(['', false]);
  });

  test('of one Secret open no mirror for tasks without it', async () => {
    const commit = (await ready({ source: source() })).commit ?? '';
    expect(await t.prepare({ source: { ...open(), commit } })).toMatchObject({ kind: 'failed' });
    expect(await readdir(join(t.scratch, 'work', 'mirrors'))).toHaveLength(2);
  });
});

describe('a push', () => {
  test('makes the branch with the very commit of the output', async () => {
    const workspace = await output();
    expect(await workspace.tools.push('fix/one')).toEqual({ kind: 'pushed', commit: workspace.commit });
    expect(tip('fix/one')).toBe(workspace.commit);
    expect(git('show', 'fix/one:b.txt')).toBe('b');
  });

  test('a second time finds the commit there', async () => {
    const [first, second] = [await output(), await output()];
    await first.tools.push('fix');
    expect(await second.tools.push('fix')).toEqual({ kind: 'present', commit: first.commit });
    expect(server.requests.filter((request) => request === 'POST /remote/git-receive-pack')).toHaveLength(1);
  });

  test('finds it also below what others have pushed since', async () => {
    const [first, second] = [await output(), await output()];
    await first.tools.push('fix');
    git('checkout', '--quiet', 'fix');
    git('commit', '--quiet', '--allow-empty', '-m', 'more');
    const more = tip('fix');
    expect(await second.tools.push('fix')).toEqual({ kind: 'present', commit: first.commit });
    expect(tip('fix')).toBe(more);
  });

  test('goes on from a branch that the commit builds on', async () => {
    git('branch', 'stable');
    const workspace = await output();
    expect(await workspace.tools.push('stable')).toMatchObject({ kind: 'pushed' });
    expect(tip('stable')).toBe(workspace.commit);
  });

  test('never overwrites a branch that went elsewhere, and says what to do', async () => {
    const workspace = await output();
    git('checkout', '--quiet', '-b', 'theirs');
    git('commit', '--quiet', '--allow-empty', '-m', 'theirs');
    const theirs = tip('theirs');
    expect(await workspace.tools.push('theirs')).toMatchObject({ kind: 'failed', message: expect.stringMatching(new RegExp(`^push ${workspace.commit} to theirs of http.*the branch is at ${theirs}, which the commit does not build on; push to another branch, or run the mission again`)) });
    expect(tip('theirs')).toBe(theirs);
  });

  test('of the source itself makes a branch of it', async () => {
    const workspace = await ready({ source: source() });
    expect(await workspace.tools.push('copy')).toEqual({ kind: 'pushed', commit: git('rev-parse', 'HEAD') });
  });

  const faults: Record<string, { hinder: () => Promise<unknown>; message: RegExp }> = {
    'that the server refuses tells its words': { hinder: () => hook('echo no >&2; exit 1'), message: /\[remote rejected\] \(pre-receive hook declined\); check that the user of Secret deploy may push to it/ },
    'with a password that was changed is said without it': { hinder: () => mount('deploy', { username: 'robot', password: 'not the pass word' }), message: /Authentication failed/ },
    'with a Secret that is gone is said': { hinder: () => rm(join(t.scratch, 'secrets', 'deploy', 'password')), message: /use Secret deploy: the agent does not have it/ },
    'to a server that is gone is said': { hinder: () => server.close(), message: /Failed to connect|unable to access/ },
  };
  test.each(Object.entries(faults))('%s', async (_, { hinder, message }) => {
    const workspace = await output();
    await hinder();
    const answer = await workspace.tools.push('fix');
    expect(answer).toMatchObject({ kind: 'failed', message: expect.stringMatching(message) });
    expect(JSON.stringify(answer)).not.toMatch(/pass word|staple/);
  });
});

async function hook(script: string): Promise<void> {
  const folder = join(t.remote, '.git', 'hooks');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'pre-receive'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
