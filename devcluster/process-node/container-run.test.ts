import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openLedger } from '../ledger.ts';
import { startTimeOf } from '../processes.ts';
import { openContainerLog } from './container-log.ts';
import { type ContainerParts, ContainerRun } from './container-run.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coditect-run-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function aRun(script: string, more: Partial<ContainerParts> = {}) {
  const states: string[] = [];
  const run: ContainerRun = new ContainerRun({
    container: { name: 'c', image: 'i' }, policy: 'Never', restarts: 0, hasRun: false, graceMs: 10_000, user: undefined, folder,
    log: openContainerLog(join(folder, 'log'), Date.now), ledger: openLedger(join(folder, 'ledger.json')), now: Date.now,
    invocation: () => Promise.resolve({ kind: 'ready', argv: ['sh', '-c', script], env: { PATH: '/usr/bin:/bin' } }),
    check: () => Promise.resolve(true),
    changed: () => {
      const { state } = run.status();
      states.push(state.waiting?.reason ?? state.terminated?.reason ?? 'running');
    },
    ...more,
  });
  return { run, states };
}

test('a program that ends well is Completed, and forgotten by the ledger', async () => {
  const { run } = aRun('echo hi');
  expect(await run.run()).toBe(0);
  expect(run.status()).toMatchObject({ state: { terminated: { exitCode: 0, reason: 'Completed' } }, lastState: {}, restartCount: 0, ready: false });
  expect(run.status().containerID).toMatch(/^process:\/\/\d+-\d+$/);
  expect(JSON.parse(readFileSync(join(folder, 'ledger.json'), 'utf8'))).toEqual([]);
});

test('a failing program starts again after a pause, with its last end kept', async () => {
  const { run, states } = aRun('', { policy: 'OnFailure', invocation: () => Promise.resolve({ kind: 'ready', argv: ['sh', '-c', 'test -e flag && exit 0; touch flag; exit 3'], env: { PATH: '/usr/bin:/bin' } }) });
  expect(await run.run()).toBe(0);
  expect(states).toEqual(expect.arrayContaining(['running', 'Error', 'CrashLoopBackOff', 'Completed']));
  expect(run.status()).toMatchObject({ restartCount: 1, state: { terminated: { exitCode: 0 } }, lastState: { terminated: { exitCode: 3 } } });
});

test('SIGTERM ends a program that listens, with its own exit code', async () => {
  const { run } = aRun('trap "exit 7" TERM; echo up; while :; do sleep 0.05; done');
  const ended = run.run();
  await vi.waitFor(() => expect(run.isRunning).toBe(true));
  await vi.waitFor(() => expect(readFileSync(join(folder, 'log', 'current.log'), 'utf8')).toContain('up'));
  run.stop(10_000);
  expect(await ended).toBe(7);
  expect(run.isFinished).toBe(true);
});

test('one that does not listen is killed with all it started', async () => {
  const { run } = aRun('trap "" TERM; sleep 1000 & echo $!; wait; while :; do sleep 1000; done');
  const ended = run.run();
  await vi.waitFor(() => expect(readFileSync(join(folder, 'log', 'current.log'), 'utf8')).toMatch(/F \d+/));
  const child = Number(/F (\d+)/.exec(readFileSync(join(folder, 'log', 'current.log'), 'utf8'))?.[1]);
  run.stop(50);
  expect(await ended).toBe(137);
  await vi.waitFor(() => expect(startTimeOf(child)).toBeUndefined());
});

test('a stop during the back-off ends it at once', async () => {
  const { run, states } = aRun('exit 1', { policy: 'Always' });
  const ended = run.run();
  await vi.waitFor(() => expect(states).toContain('CrashLoopBackOff'));
  run.stop(0);
  expect(await ended).toBe(1);
  expect(run.status().restartCount).toBe(0);
});

test('a missing object is waited for', async () => {
  let asked = 0;
  const { run, states } = aRun('', {
    invocation: () => Promise.resolve((asked += 1) === 1 ? { kind: 'missing', message: 'ConfigMap x not found' } : { kind: 'ready', argv: ['true'], env: { PATH: '/usr/bin:/bin' } }),
  });
  expect(await run.run()).toBe(0);
  expect(states[0]).toBe('CreateContainerConfigError');
});

test('a program that does not exist is a StartError', async () => {
  const { run } = aRun('', { invocation: () => Promise.resolve({ kind: 'ready', argv: ['no-such-program'], env: { PATH: '/usr/bin:/bin' } }) });
  expect(await run.run()).toBe(128);
  expect(run.status().state.terminated).toMatchObject({ reason: 'StartError', exitCode: 128 });
});

test('a container without readiness probe is ready at once, one with only when it says so', async () => {
  const plain = aRun('exec sleep 1000');
  const probed = aRun('exec sleep 1000', { container: { name: 'c', image: 'i', readinessProbe: { exec: { command: [] }, failureThreshold: 1 } }, check: () => Promise.resolve(false) });
  const ended = [plain.run.run(), probed.run.run()];
  await vi.waitFor(() => expect([plain.run.status().ready, probed.run.status().ready, probed.run.status().started]).toEqual([true, false, true]));
  plain.run.stop(0);
  probed.run.stop(0);
  await Promise.all(ended);
});

test('a failed liveness probe ends the program', async () => {
  const { run } = aRun('exec sleep 1000', { container: { name: 'c', image: 'i', livenessProbe: { exec: { command: [] }, failureThreshold: 1 } }, check: () => Promise.resolve(false) });
  expect(await run.run()).toBe(143);
});
