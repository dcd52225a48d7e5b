import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TaskStatus } from '#api/v1alpha1/task.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { fakeCluster, fakeSession } from '../access/fake.ts';
import { errorLine } from '../failure.ts';
import { fakeTerminal } from '../terminal/fake.ts';
import { aMission, aTask, ended, FakeFeed, succeeded } from '../world/fixture.ts';
import { applyOutput } from './apply-output.ts';

let scratch: string;
let origin: string;
let checkout: string;
let base: string;
let commit: string;

const env = { PATH: process.env['PATH'], HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.org', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.org' };
const git = (folder: string, ...args: readonly string[]) => execFileSync('git', ['-C', folder, ...args], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'apply-'));
  [origin, checkout] = [join(scratch, 'origin'), join(scratch, 'checkout')];
  git(scratch, 'init', '--quiet', 'origin');
  await writeFile(join(origin, 'sum.js'), 'export const sum = (a, b) => a - b;\n');
  git(origin, 'add', '.');
  git(origin, 'commit', '--quiet', '-m', 'first');
  base = git(origin, 'rev-parse', 'HEAD');
  git(scratch, 'clone', '--quiet', origin, 'checkout');
  await writeFile(join(origin, 'sum.js'), 'export const sum = (a, b) => a + b;\n');
  await writeFile(join(origin, 'notes.md'), 'fixed\n');
  git(origin, 'add', '.');
  git(origin, 'commit', '--quiet', '-m', 'output');
  commit = git(origin, 'rev-parse', 'HEAD');
  git(origin, 'update-ref', 'refs/coditect/output', commit);
  git(origin, 'bundle', 'create', '--quiet', join(scratch, 'output.bundle'), 'refs/coditect/output', `^${base}`);
});

afterEach(() => rm(scratch, { recursive: true, force: true }));

const artifact = { name: 'output.bundle', uri: 'blob:n/m/d', sha256: 'd'.repeat(64), sizeBytes: 1, mediaType: 'application/x-git-bundle' };
const changed = (): TaskStatus => ({ ...ended('Succeeded'), artifacts: [artifact], workspace: { treeBefore: 'b', treeAfter: 'a', outputCommit: commit } });

/** Applies in `folder` the output of a mission with these tasks; the exit code or the error line, and what was said. */
async function applied({ tasks = { fix: changed() }, folder = checkout, task, started = base }: { tasks?: Record<string, TaskStatus>; folder?: string; task?: string; started?: string } = {}) {
  const terminal = fakeTerminal();
  const mission = aMission(Object.fromEntries(Object.keys(tasks).map((name) => [name, []])), { conditions: [succeeded('True', 'GoalsMet')], runNumber: 1, workspace: { commit: started, tree: 't' } });
  const feed = new FakeFeed({ mission, tasks: Object.entries(tasks).map(([name, status]) => aTask(name, [], status)) });
  const blobs = { read: () => readFile(join(scratch, 'output.bundle')), close: () => Promise.resolve() };
  const session = { ...fakeSession({ terminal, clock: new ManualClock(), cluster: fakeCluster(feed) }), openBlobs: () => Promise.resolve(blobs) };
  const end = await applyOutput(session, 'examine', { folder, ...(task === undefined ? {} : { task }) }).catch(errorLine);
  return { end, said: terminal.notes.join('\n') };
}

test('brings the changed files into the checkout, uncommitted, and names them', async () => {
  expect(await applied()).toEqual({ end: 0, said: expect.stringMatching(/applied 2 changed files of task fix[^]*notes\.md[^]*sum\.js/) as string });
  expect(await readFile(join(checkout, 'sum.js'), 'utf8')).toContain('a + b');
  expect(git(checkout, 'rev-parse', 'HEAD')).toBe(base);
  expect(git(checkout, 'for-each-ref', 'refs/coditect')).toBe('');
});

test('leaves changes of other files alone', async () => {
  await writeFile(join(checkout, 'mine.txt'), 'mine');
  expect((await applied()).end).toBe(0);
  expect(await readFile(join(checkout, 'mine.txt'), 'utf8')).toBe('mine');
});

test('works from a folder inside the checkout', async () => {
  git(checkout, 'checkout', '--quiet', '-b', 'work');
  execFileSync('mkdir', [join(checkout, 'deep')]);
  expect((await applied({ folder: join(checkout, 'deep') })).end).toBe(0);
  expect(await readFile(join(checkout, 'notes.md'), 'utf8')).toBe('fixed\n');
});

describe('refuses, and changes nothing', () => {
  test('when the same file was changed here', async () => {
    await writeFile(join(checkout, 'sum.js'), 'mine\n');
    expect((await applied()).end).toMatch(/apply the mission's changes .*sum\.js.* next: commit or stash/);
    expect(await readFile(join(checkout, 'sum.js'), 'utf8')).toBe('mine\n');
  });

  const cases: Record<string, { options: () => Parameters<typeof applied>[0]; says: RegExp }> = {
    'outside a checkout': { options: () => ({ folder: scratch }), says: /it is no git checkout/ },
    'in a checkout that does not have the commit': { options: () => ({ started: 'f'.repeat(40) }), says: /does not have commit f+, .* next: git fetch/ },
    'when nothing was changed': { options: () => ({ tasks: { look: ended('Succeeded') } }), says: /no task has changed files/ },
    'when two tasks have changed files and none is named': { options: () => ({ tasks: { one: changed(), two: changed() } }), says: /tasks one, two have each changed files .* get examine one --apply/ },
    'for a task that changed nothing': { options: () => ({ task: 'other' }), says: /task other has changed files/ },
  };
  test.each(Object.entries(cases))('%s', async (_, { options, says }) => {
    expect((await applied(options())).end).toMatch(says);
    expect(git(checkout, 'status', '--porcelain')).toBe('');
  });

  test('of two that changed files the named one is taken', async () => expect((await applied({ tasks: { one: changed(), two: changed() }, task: 'two' })).end).toBe(0));
});
