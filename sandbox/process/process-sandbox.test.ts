import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { caseLimits, copyCaps, copyCases, orphanCases, runCases } from '#sandbox/cases.ts';
import { bareJail } from '#sandbox/jail/bare.ts';
import type { Jail } from '#sandbox/jail/launcher.ts';
import { ownJail } from '#sandbox/jail/testing.ts';
import type { CommandAction, Limits, Sandbox } from '#sandbox/port.ts';
import { isRefusal } from '#sandbox/refusal.ts';
import { createProcessSandbox } from './index.ts';

const never = () => new AbortController().signal;
const actionFor = (program: string, limits: Partial<Limits> = {}): CommandAction => ({ kind: 'command', command: [process.execPath, '-e', program], env: {}, limits: { ...caseLimits, ...limits }, network: 'none' });

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

const jails: Readonly<Record<string, () => Promise<Jail>>> = {
  'the jail': () => ownJail(),
  'the jail on a kernel without scopes for signals': () => ownJail(5),
  'no jail': () => Promise.resolve(bareJail('tests without walls', systemClock)),
};

let scratch: string;
let sandbox: Sandbox;

async function open(makeJail: () => Promise<Jail>): Promise<void> {
  scratch = await mkdtemp(join(tmpdir(), 'sandbox-'));
  await mkdir(join(scratch, 'source'));
  await writeFile(join(scratch, 'source', 'greeting.txt'), 'hello');
  sandbox = createProcessSandbox({ workFolder: join(scratch, 'work'), jail: await makeJail(), clock: systemClock, log: silentLog, path: dirname(process.execPath) });
}

afterEach(async () => {
  await sandbox.shutdown();
  await rm(scratch, { recursive: true, force: true });
});

const copyIn = () => ({ from: join(scratch, 'source'), ...copyCaps });

describe.each(Object.entries(jails))('with %s', (name, makeJail) => {
  const isBare = name === 'no jail';
  beforeEach(() => open(makeJail));

  test.each(Object.entries(runCases))('%s', async (_, { program, limits, action, abortAtFirstOutput, want }) => {
    const prepared = await sandbox.prepare(copyIn());
    const stop = new AbortController();
    const result = await prepared.run({ ...actionFor(program, limits), ...action }, stop.signal, () => abortAtFirstOutput === true && stop.abort());
    expect(result).toMatchObject(want);
    expect(result.boundary === 'none').toBe(isBare);
    expect((result.cpuMs ?? 0) > 0 && (result.peakMemoryBytes ?? 0) > 2 ** 20).toBe(!isBare && result.temporaryFolder !== undefined && result.ending !== 'denied');
  });

  test.each(Object.entries(orphanCases))('%s is dead when the run has ended', async (_, program) => {
    const prepared = await sandbox.prepare();
    const { stdout } = await prepared.run(actionFor(program), never());
    const pid = Number(stdout);
    expect(pid).toBeGreaterThan(1);
    await expectDead(pid);
  });

  test('a folder that the files refer to is read, and never written', async () => {
    const beside = join(scratch, 'beside');
    await mkdir(beside);
    await writeFile(join(beside, 'object'), 'o');
    const attempt = (call: string) => `try { ${call}; console.log('done'); } catch { console.log('no'); }`;
    const program = [attempt(`fs.readFileSync('${beside}/object')`), attempt(`fs.writeFileSync('${beside}/object', 'x')`), attempt(`fs.writeFileSync('${beside}/new', 'x')`)].join('\n');
    const saidBy = async (alsoReadable?: readonly string[]) => (await (await sandbox.prepare({ ...copyIn(), ...(alsoReadable && { alsoReadable }) })).run(actionFor(`const fs = require('node:fs');\n${program}`), never())).stdout;
    expect(await saidBy([beside])).toBe(isBare ? 'done\ndone\ndone\n' : 'done\nno\nno\n');
    expect(await saidBy()).toBe(isBare ? 'done\ndone\ndone\n' : 'no\nno\nno\n');
  });

  test('a code action is denied', async () => {
    const prepared = await sandbox.prepare();
    expect(await prepared.run({ kind: 'code', source: '', input: 1, limits: caseLimits }, never())).toMatchObject({ ending: 'denied', message: 'this sandbox runs commands, not code actions' });
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
});

describe('limits', () => {
  beforeEach(() => open(jails['the jail'] ?? (() => ownJail())));
  const MiB = 2 ** 20;
  const limits: Record<string, { program: string; limits?: Partial<Limits>; want: object }> = {
    'memory in one process': { program: 'const all = []; setInterval(() => all.push(Buffer.alloc(8 * 2 ** 20, 1)), 1)', limits: { memoryBytes: 200 * MiB }, want: { ending: 'outOfMemory', message: `its processes needed more than ${200 * MiB} bytes of memory together` } },
    'memory of all processes together': {
      program: `const { spawn } = require('node:child_process'); for (let i = 0; i < 6; i++) spawn(process.execPath, ['-e', 'globalThis.all = Buffer.alloc(40 * 2 ** 20, 1); setInterval(() => {}, 1e6)'], { stdio: 'ignore', detached: true }); setInterval(() => {}, 1e6)`,
      limits: { memoryBytes: 300 * MiB },
      want: { ending: 'outOfMemory' },
    },
    'CPU time of all processes together': {
      program: `const { spawn } = require('node:child_process'); for (let i = 0; i < 2; i++) spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }); setInterval(() => {}, 1e6)`,
      limits: { cpuMs: 900 },
      want: { ending: 'timeout', message: 'it used more than 900 ms of CPU time' },
    },
    'a message when the system kills it': { program: `process.kill(process.pid, 'SIGKILL')`, want: { ending: 'failed', signal: 'SIGKILL', message: expect.stringContaining('more memory than the pod has') } },
  };
  test.each(Object.entries(limits))('%s', async (_, { program, limits: bounds, want }) => {
    const prepared = await sandbox.prepare();
    expect(await prepared.run(actionFor(program, bounds), never())).toMatchObject(want);
  });

  test('a program that the kernel cannot start is denied, with its words', async () => {
    await writeFile(join(scratch, 'source', 'broken'), 'no program', { mode: 0o755 });
    const prepared = await sandbox.prepare(copyIn());
    expect(await prepared.run({ ...actionFor(''), command: ['./broken'] }, never())).toMatchObject({ ending: 'denied', message: expect.stringMatching(/broken: Exec format error$/) });
  });

  test('the temporary folder of a run is told, and is its own', async () => {
    const prepared = await sandbox.prepare();
    const [first, second] = [await prepared.run(actionFor(`process.stdout.write(process.env.TMPDIR)`), never()), await prepared.run(actionFor(''), never())];
    expect(first.temporaryFolder).toBe(first.stdout);
    expect(second.temporaryFolder).not.toBe(first.temporaryFolder);
  });
});

describe('files', () => {
  beforeEach(() => open(() => ownJail()));

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
