// The parts of the demo that need no cluster: which repository, what is applied, how steps are told.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ManualClock } from '#testing/manual-clock.ts';
import { fakeTerminal } from '../terminal/fake.ts';
import { parseManifests } from '../world/manifest.ts';
import { findCheckout } from './checkout.ts';
import { runChild } from './child.ts';
import { makeLaunchers } from './launcher.ts';
import { inNamespace, repositoryOf, withGitUrl } from './repository.ts';
import { createSteps } from './steps.ts';

const checkout = findCheckout();
let folder = '';
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'cli-demo-'))));
afterAll(() => rm(folder, { recursive: true }));

describe('REPO', () => {
  test('unset is this checkout', () => expect(repositoryOf(undefined, '/checkout', '/')).toEqual({ kind: 'folder', folder: '/checkout' }));
  test('empty is this checkout', () => expect(repositoryOf('', '/checkout', '/')).toEqual({ kind: 'folder', folder: '/checkout' }));
  test('may be a URL', () => expect(repositoryOf('https://example.com/a.git', '/checkout', '/')).toEqual({ kind: 'url', url: 'https://example.com/a.git' }));
  test('may be a path from where the user is', () => expect(repositoryOf('.', '/checkout', folder)).toEqual({ kind: 'folder', folder }));
  test('that is nothing is refused', () => expect(() => repositoryOf('no/such/place', '/checkout', folder)).toThrow(/neither a folder nor/));
});

test('the mission of the samples stays valid with the URL of the git door', async () => {
  const text = withGitUrl(await readFile(checkout.sample('demo-mission.yaml'), 'utf8'), 'http://127.0.0.1:4321/secret/repository.git');
  expect(parseManifests(text).kind).toBe('manifests');
  expect(parse(text)).toMatchObject({ spec: { workspace: { git: { url: 'http://127.0.0.1:4321/secret/repository.git' } } } });
});

test('manifests move to another namespace with the subjects of their bindings', () => {
  const binding = { kind: 'RoleBinding', metadata: { name: 'b', namespace: 'default' }, subjects: [{ kind: 'ServiceAccount', name: 's', namespace: 'default' }] };
  expect(inNamespace(binding, 'demo')).toEqual({ kind: 'RoleBinding', metadata: { name: 'b', namespace: 'demo' }, subjects: [{ kind: 'ServiceAccount', name: 's', namespace: 'demo' }] });
  expect(inNamespace({ kind: 'ServiceAccount', metadata: { name: 's' } }, 'demo')).toEqual({ kind: 'ServiceAccount', metadata: { name: 's', namespace: 'demo' } });
});

describe('steps', () => {
  const setUp = (interactive: boolean) => {
    const terminal = fakeTerminal({ interactive });
    const clock = new ManualClock();
    const interrupt = new AbortController();
    return { terminal, clock, interrupt, steps: createSteps({ terminal, clock, signal: interrupt.signal }, 2) };
  };

  test('are numbered and timed', async () => {
    const { steps, terminal, clock } = setUp(false);
    await steps.step('first', () => clock.advance(3200));
    await steps.step('second', () => clock.advance(12_000));
    expect(terminal.out()).toBe('[1/2] first ... 3.2s\n[2/2] second ... 12s\n');
  });

  test('show their progress on one line of a terminal', async () => {
    const { steps, terminal } = setUp(true);
    await steps.step('first', async (report) => report('half\u001B[31m way'));
    expect(terminal.out()).toContain('\r\u001B[K[1/2] first ... half way');
    expect(terminal.out().split('\n')).toHaveLength(2);
  });

  test('that fail say so, and the error goes on', async () => {
    const { steps, terminal } = setUp(false);
    await expect(steps.step('first', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(terminal.out()).toMatch(/^\[1\/2\] first \.\.\. failed after /);
  });

  test('do not start after an interrupt', async () => {
    const { steps, interrupt } = setUp(false);
    interrupt.abort();
    let ran = false;
    await expect(steps.step('first', async () => (ran = true))).rejects.toThrow(/abort/i);
    expect(ran).toBe(false);
  });
});

describe('a child process', () => {
  const env = { PATH: process.env['PATH'] };
  test('gets its input and gives its output', async () => expect(await runChild('cat', [], { env, input: 'through' })).toBe('through'));
  test('that fails is told with its last words', async () => {
    await expect(runChild('sh', ['-c', 'echo sorry >&2; exit 3'], { env })).rejects.toThrow('run sh -c echo sorry >&2; exit 3: exit code 3: sorry');
  });
  test('that does not exist is an error', async () => expect(runChild(join(folder, 'nothing'), [], { env })).rejects.toThrow(/ENOENT/));
});

test('the launcher runs the plugin as kubectl would, from a folder with a blank in its name', async () => {
  const dist = join(folder, 'a dist');
  await promisify(execFile)('mkdir', [dist]);
  await writeFile(join(dist, 'kubectl-mission.js'), 'console.log(JSON.stringify(process.argv.slice(2)))');
  const bin = await makeLaunchers(folder, '/bin/true', { ...checkout, dist });
  const { stdout } = await promisify(execFile)(join(bin, 'kubectl-mission'), ['tree', 'a b']);
  expect(JSON.parse(stdout)).toEqual(['tree', 'a b']);
});

test('no checkout above is refused', () => expect(() => findCheckout('/')).toThrow(/there is no config\/samples/));
