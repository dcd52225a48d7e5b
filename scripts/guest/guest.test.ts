import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { createWasmSandbox } from '#sandbox/wasm/index.ts';
import { ownParts, partsIn } from '#sandbox/wasm/parts.ts';
import { ensureGuest, wallessJail } from '#sandbox/wasm/testing.ts';
import { optionsFor } from '#scripts/bundle-options.ts';
import { withChildren } from '#scripts/bundles.ts';
import { faultsOfDigests } from './lock.ts';
import { capMemory, codeDigest } from './sections.ts';

const root = dirname(dirname(import.meta.dirname));
const { Module, Instance, Memory } = (globalThis as unknown as { WebAssembly: { Module: new (bytes: Uint8Array) => object; Instance: new (module: object) => { exports: Record<string, unknown> }; Memory: new (limits: object) => { grow: (pages: number) => number } } }).WebAssembly;

/** A module with one memory, exported as `m`, and a data segment of `text`. */
function moduleWith(memory: readonly number[], text: string): Uint8Array {
  const bytes = [...Buffer.from(text)];
  const data = [1, 0, 0x41, 0, 0x0b, bytes.length, ...bytes];
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, memory.length + 1, 1, ...memory, 7, 5, 1, 1, 0x6d, 2, 0, 11, data.length, ...data]);
}

function growable(module: Uint8Array): number {
  const memory = new Instance(new Module(module)).exports['m'] as InstanceType<typeof Memory>;
  const before = memory.grow(0);
  let pages = 0;
  try {
    for (; pages < 400; pages += 1) memory.grow(1);
  } catch {
    // The maximum is reached.
  }
  return before + pages;
}

test.each<[string, number[], number]>([
  ['a memory without a maximum gets one', [0, 1], 300],
  ['a looser maximum is lowered', [1, 1, 0xf4, 0x03], 300],
  ['a tighter maximum stays', [1, 1, 7], 7],
])('%s', (_, memory, pages) => {
  expect(growable(capMemory(moduleWith(memory, 'x'), 300))).toBe(pages);
});

test('a memory whose flags are not known is refused, and so is a module that ends too soon', () => {
  expect(() => capMemory(moduleWith([3, 1, 9], 'x'), 300)).toThrow('flags 3 are not known here');
  expect(() => capMemory(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 0x80]), 300)).toThrow('ends inside of a number');
});

test('a digest looks at everything but the data', () => {
  const one = codeDigest(moduleWith([0, 1], 'one'));
  expect(codeDigest(moduleWith([0, 1], 'two'))).toBe(one);
  expect(codeDigest(moduleWith([0, 2], 'one'))).not.toBe(one);
});

test('a lock names what differs, what is missing and what is too much', () => {
  const digests = fc.dictionary(fc.constantFrom('a.wasm', 'b.wasm', 'c.js'), fc.constantFrom('1', '2'), { noNullPrototype: true });
  fc.assert(
    fc.property(digests, digests, (locked, built) => {
      const names = new Set([...Object.keys(locked), ...Object.keys(built)]);
      const differing = [...names].filter((name) => locked[name] !== built[name]);
      expect(faultsOfDigests({ digests: locked }, built).map((fault) => fault.split(' ')[0])).toEqual(differing.toSorted());
    }),
  );
});

test('the bundled runner, far from the checkout, serves like its source', async () => {
  await ensureGuest();
  const folder = await mkdtemp(join(tmpdir(), 'runner-'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
  await cp(ownParts().guest, join(folder, 'wasm'), { recursive: true });
  await build(optionsFor('wasm-runner', root, folder));
  const sandbox = createWasmSandbox({ workFolder: join(folder, 'work'), jail: wallessJail(), warm: 0, clock: systemClock, random: systemRandom, log: silentLog, parts: partsIn(folder) });
  const prepared = await sandbox.prepare();
  const result = await prepared.run({ kind: 'code', source: 'writeFile("a", input); return listFiles()', input: 'x', limits: { wallMs: 15_000, outputBytes: 1000 } }, new AbortController().signal);
  await sandbox.shutdown();
  await rm(folder, { recursive: true });
  expect(result).toMatchObject({ ending: 'completed', value: '["a"]' });
}, 180_000);

test('an agent is never bundled without its child', () => {
  expect(withChildren(['blobs', 'agent'])).toEqual(['blobs', 'agent', 'analyzer-reader', 'wasm-runner']);
});
