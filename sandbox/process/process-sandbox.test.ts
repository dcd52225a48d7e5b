import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { caseLimits, copyCaps, copyCases, orphanCases, runCases } from '#sandbox/cases.ts';
import type { Action, Sandbox } from '#sandbox/port.ts';
import { isRefusal } from '#sandbox/refusal.ts';
import { createProcessSandbox } from './index.ts';

let scratch: string;
let sandbox: Sandbox;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'sandbox-'));
  await mkdir(join(scratch, 'source'));
  await writeFile(join(scratch, 'source', 'greeting.txt'), 'hello');
  sandbox = createProcessSandbox({ workFolder: join(scratch, 'work'), clock: systemClock, log: silentLog, path: `${dirname(process.execPath)}:/usr/bin:/bin` });
});

afterEach(async () => {
  await sandbox.shutdown();
  await rm(scratch, { recursive: true, force: true });
});

const copyIn = () => ({ from: join(scratch, 'source'), ...copyCaps });
const actionFor = (program: string): Action => ({ command: [process.execPath, '-e', program], env: {}, limits: caseLimits, network: 'none' });
const never = () => new AbortController().signal;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie that nobody has collected yet is dead.
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)]).toString().startsWith('Z');
  } catch {
    return false;
  }
}

/** A killed process needs a moment in the kernel before it is gone; one that was missed lives on. */
function expectDead(pid: number): Promise<void> {
  return expect.poll(() => isAlive(pid), { timeout: 2000, interval: 20 }).toBe(false);
}

describe('runs', () => {
  test.each(Object.entries(runCases))('%s', async (_, { program, limits, action, abortAtFirstOutput, want }) => {
    const prepared = await sandbox.prepare(copyIn());
    const stop = new AbortController();
    const whole: Action = { ...actionFor(program), ...action, limits: { ...caseLimits, ...limits } };
    const result = await prepared.run(whole, stop.signal, () => abortAtFirstOutput === true && stop.abort());
    expect(result).toMatchObject(want);
    expect(result.boundary).toBe('none');
  });

  test.each(Object.entries(orphanCases))('%s is dead when the run has ended', async (_, program) => {
    const prepared = await sandbox.prepare();
    const { stdout } = await prepared.run(actionFor(program), never());
    const pid = Number(stdout);
    expect(pid).toBeGreaterThan(1);
    await expectDead(pid);
  });

  test('output is passed on as it comes and is what the result holds', async () => {
    const prepared = await sandbox.prepare();
    const seen: string[] = [];
    const result = await prepared.run(actionFor(`console.log('a'); console.error('b')`), never(), (stream, chunk) => seen.push(`${stream}:${Buffer.from(chunk).toString()}`));
    expect(seen.toSorted()).toEqual(['stderr:b\n', 'stdout:a\n']);
    expect(result.stdout + result.stderr).toBe('a\nb\n');
  });

  test('a run whose signal has aborted already never starts', async () => {
    const prepared = await sandbox.prepare();
    const result = await prepared.run(actionFor(`require('node:fs').writeFileSync('ran', '')`), AbortSignal.abort());
    expect(result.ending).toBe('aborted');
    expect(await readdir(prepared.folder)).toEqual([]);
  });

  test('the source stays as it was', async () => {
    const prepared = await sandbox.prepare(copyIn());
    await prepared.run(actionFor(`require('node:fs').writeFileSync('greeting.txt', 'changed')`), never());
    expect(await readFile(join(scratch, 'source', 'greeting.txt'), 'utf8')).toBe('hello');
    expect(await readFile(join(prepared.folder, 'greeting.txt'), 'utf8')).toBe('changed');
  });
});

describe('copies', () => {
  test.each(Object.entries(copyCases))('%s is refused and nothing is left', async (_, { plant, refusal }) => {
    await plant(join(scratch, 'source'));
    const error = await sandbox.prepare(copyIn()).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(isRefusal(error)).toBe(true);
    expect(String(error)).toMatch(refusal);
    expect(await readdir(join(scratch, 'work'))).toEqual([]);
  });

  test('links inside, modes and odd names survive', async () => {
    await mkdir(join(scratch, 'source', 'sub folder'));
    await writeFile(join(scratch, 'source', 'sub folder', '-rf\n'), 'x', { mode: 0o755 });
    await symlink('../greeting.txt', join(scratch, 'source', 'sub folder', 'link'));
    const prepared = await sandbox.prepare(copyIn());
    const { stdout } = await prepared.run(actionFor(`const fs = require('node:fs'); console.log(fs.readFileSync('sub folder/link', 'utf8'), (fs.statSync('sub folder/-rf\\n').mode & 0o100) !== 0)`), never());
    expect(stdout).toBe('hello true\n');
  });
});

test('disposal kills what runs and removes what was written, also folders without rights', async () => {
  const prepared = await sandbox.prepare();
  let pid = 0;
  const started = Promise.withResolvers<void>();
  const run = prepared.run(actionFor(`require('node:fs').mkdirSync('deep/er', { recursive: true }); require('node:fs').chmodSync('deep', 0); console.log(process.pid); setInterval(() => {}, 1e6)`), never(), (_, chunk) => {
    pid = Number(Buffer.from(chunk).toString());
    started.resolve();
  });
  await started.promise;
  await sandbox.shutdown();
  expect((await run).ending).toBe('aborted');
  await expectDead(pid);
  expect(await readdir(join(scratch, 'work'))).toEqual([]);
  await expect(sandbox.prepare()).rejects.toThrow('shut down');
});

test('the probe says that there is no boundary, and why', async () => {
  const { boundary, reasons } = await sandbox.probe();
  expect(boundary).toBe('none');
  expect(reasons.join(' ')).toMatch(/no jail.*network.*memory/);
});
