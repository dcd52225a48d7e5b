import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { copyCaps, copyCases } from '#sandbox/cases.ts';
import type { CodeAction, Prepared, RunResult, Sandbox } from '#sandbox/port.ts';
import { isRefusal } from '#sandbox/refusal.ts';
import { type CodeCase, codeCases, codeLimits, escapeCases } from './cases.ts';
import { createWasmSandbox } from './index.ts';
import { wasmLimits } from './limits.ts';
import { ensureGuest, wallessJail } from './testing.ts';

let scratch: string;
let sandbox: Sandbox;

beforeAll(async () => {
  await ensureGuest();
  scratch = await mkdtemp(join(tmpdir(), 'wasm-'));
  await mkdir(join(scratch, 'source'));
  await writeFile(join(scratch, 'source', 'greeting.txt'), 'hello');
  await symlink('greeting.txt', join(scratch, 'source', 'link'));
  sandbox = createWasmSandbox({ workFolder: join(scratch, 'work'), jail: wallessJail(), warm: 1, clock: systemClock, random: systemRandom, log: silentLog });
}, 180_000);

afterAll(async () => {
  await sandbox.shutdown();
  await rm(scratch, { recursive: true, force: true });
});

const copyIn = (from = join(scratch, 'source')) => ({ from, ...copyCaps });
const circle: unknown[] = [];
circle.push(circle);
const never = () => new AbortController().signal;
const code = (source: string, limits: CodeCase['limits'] = {}): CodeAction => ({ kind: 'code', source, input: { word: 'here' }, limits: { ...codeLimits, ...limits } });

async function withFiles<T>(use: (prepared: Prepared) => Promise<T>): Promise<T> {
  const prepared = await sandbox.prepare(copyIn());
  try {
    return await use(prepared);
  } finally {
    await prepared.dispose();
  }
}

async function expectEnd({ source, limits, abortAtFirstOutput, want, says }: CodeCase): Promise<RunResult> {
  const stop = new AbortController();
  const result = await withFiles((prepared) => prepared.run(code(source, limits), stop.signal, () => abortAtFirstOutput === true && stop.abort()));
  expect(result).toMatchObject(want);
  expect(result.message ?? '').toMatch(says ?? /^/);
  expect(result.boundary).toBe('partial');
  return result;
}

test.each(Object.entries(codeCases))('%s', async (_, one) => void (await expectEnd(one)));

describe('attempts that must come to nothing', () => {
  test.each(Object.entries(escapeCases))('%s', async (_, one) => {
    const { message = '', stderr } = await expectEnd(one);
    expect(message + stderr).not.toContain(scratch);
    expect(await readdir(join(scratch, 'source'))).toEqual(['greeting.txt', 'link']);
    expect(await readFile(join(scratch, 'source', 'greeting.txt'), 'utf8')).toBe('hello');
  });

  test('what one run leaves in its globals, its prototypes and its files is not there for another', async () => {
    const canary = 'Object.prototype.canary = 1; globalThis.canary = 1; Math.random = () => 1; writeFile("canary", "1"); return 1';
    expect(await withFiles((prepared) => prepared.run(code(canary), never()))).toMatchObject({ value: '1' });
    expect(await withFiles((prepared) => prepared.run(code('return [typeof canary, typeof ({}).canary, Math.random() < 1, listFiles().includes("canary")]'), never()))).toMatchObject({ value: '["undefined","undefined",true,false]' });
  });

  test('two runs draw different random numbers', async () => {
    const draw = () => withFiles((prepared) => prepared.run(code('return Math.random()'), never()));
    expect((await draw()).value).not.toBe((await draw()).value);
  });
});

describe('a prepared folder', () => {
  test('a second run finds the files of the first and none of its globals', () =>
    withFiles(async (prepared) => {
      await prepared.run(code('globalThis.left = 1; writeFile("left", "here")'), never());
      expect(await prepared.run(code('return [typeof left, readFile("left")]'), never())).toMatchObject({ value: '["undefined","here"]' });
      expect(await readFile(join(prepared.folder, 'left'), 'utf8')).toBe('here');
    }));

  test('paths of the code begin at its working folder, and end there', () =>
    withFiles(async (prepared) => {
      await prepared.run(code('writeFile("sub/a", "here")'), never());
      const inSub = await prepared.run({ ...code('try { readFile("../greeting.txt") } catch (error) { return [listFiles(), error.message] }'), workingFolder: 'sub' }, never());
      expect(inSub).toMatchObject({ value: '[["a"],"\\"../greeting.txt\\" is outside of the folder"]' });
    }));

  test('runs at the same time have a child each', () =>
    withFiles(async (prepared) => {
      const results = await Promise.all(['a', 'b', 'c'].map((name) => prepared.run(code(`writeFile("${name}", ""); return "${name}"`), never())));
      expect(results.map(({ value }) => value)).toEqual(['"a"', '"b"', '"c"']);
      expect(await readdir(prepared.folder)).toEqual(['a', 'b', 'c', 'greeting.txt', 'link']);
    }));

  test('output is passed on as it comes', () =>
    withFiles(async (prepared) => {
      const seen: string[] = [];
      await prepared.run(code('console.log("a"); console.error("b")'), never(), (stream, chunk) => seen.push(`${stream}:${Buffer.from(chunk).toString()}`));
      expect(seen).toEqual(['stdout:a\n', 'stderr:b\n']);
    }));

  test.each<[string, Parameters<Prepared['run']>[0], RegExp]>([
    ['a command', { kind: 'command', command: ['true'], env: {}, network: 'none', limits: codeLimits }, /not commands/],
    ['a working folder outside', { ...code('return 1'), workingFolder: '../..' }, /^"..\/.." is not a folder of the files$/],
    ['a working folder that is a file', { ...code('return 1'), workingFolder: 'greeting.txt' }, /not a folder of the files/],
    ['a working folder that does not exist', { ...code('return 1'), workingFolder: 'nowhere' }, /not a folder of the files/],
    ['an input that is a circle', { ...code(''), input: circle }, /no JSON/],
    ['an input that is a function', { ...code(''), input: () => 1 }, /no JSON/],
    ['a source larger than a claim may be', code(`/*${'x'.repeat(wasmLimits.claimBytes)}*/`), /larger than/],
  ])('%s is denied', (_, action, says) =>
    withFiles(async (prepared) => {
      const { ending, message } = await prepared.run(action, never());
      expect({ ending, message }).toEqual({ ending: 'denied', message: expect.stringMatching(says) as string });
    }));

  test('a run whose signal has aborted already never starts', () =>
    withFiles(async (prepared) => {
      expect(await prepared.run(code('writeFile("ran", "")'), AbortSignal.abort())).toMatchObject({ ending: 'aborted' });
      expect(await readdir(prepared.folder)).toEqual(['greeting.txt', 'link']);
    }));

  test.each(Object.entries(copyCases))('%s is refused and nothing is left', async (_, { plant, refusal }) => {
    const source = await mkdtemp(join(scratch, 'planted-'));
    await plant(source);
    const error: unknown = await sandbox.prepare(copyIn(source)).catch((reason: unknown) => reason);
    expect(isRefusal(error)).toBe(true);
    expect(String(error)).toMatch(refusal);
  });
});

test.each(Object.entries(copyCases))('%s that is there after a run is a reason to take nothing out', async (_, { plant, refusal }) => {
  const prepared = await sandbox.prepare();
  expect(await prepared.inspect(copyCaps)).toEqual([]);
  await plant(prepared.folder);
  const reasons = await prepared.inspect(copyCaps);
  await prepared.dispose();
  expect(reasons.join('\n')).toMatch(refusal);
});

test('shutdown ends what runs, removes every folder and takes no more', async () => {
  const workFolder = join(scratch, 'other');
  const other = createWasmSandbox({ workFolder, jail: wallessJail(), warm: 2, clock: systemClock, random: systemRandom, log: silentLog });
  const prepared = await other.prepare(copyIn());
  const started = Promise.withResolvers<void>();
  const run = prepared.run(code('console.log(1); for (;;);'), never(), () => started.resolve());
  await started.promise;
  await other.shutdown();
  expect((await run).ending).toBe('aborted');
  expect(await readdir(workFolder)).toEqual([]);
  await expect(other.prepare()).rejects.toThrow('shut down');
});

test('without a jail the engine alone is a partial boundary, and says so', async () => {
  const { boundary, reasons } = await sandbox.probe();
  expect(boundary).toBe('partial');
  expect(reasons.join(' ')).toMatch(/only the WebAssembly engine.*CPU time/);
});
