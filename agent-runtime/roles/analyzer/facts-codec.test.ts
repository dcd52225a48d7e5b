import { expect, test } from 'vitest';
import { decodeFacts, encodeFacts, factsKey } from './facts-codec.ts';
import { readFacts, type Source } from './facts.ts';

const source: Source = { path: 'src/a.ts', language: 'typescript', text: `import './b.ts'\nexport function größe(a) { if (a == 1) return eval(a); }` };

test('facts come back as they went', async () => {
  const facts = await readFacts(source);
  expect(facts.faults.length).toBeGreaterThan(0);
  expect(decodeFacts(encodeFacts(facts))).toEqual(facts);
  // Wherever the bytes begin in memory.
  const shifted = new Uint8Array([7, ...encodeFacts(facts)]).subarray(1);
  expect(decodeFacts(shifted)).toEqual(facts);
});

test('bytes that were cut or changed are no facts', async () => {
  const bytes = encodeFacts(await readFacts(source));
  for (const wrong of [bytes.subarray(0, 10), bytes.subarray(0, -4), Uint8Array.from([...bytes, 0]), bytes.map((byte, at) => (at === 60 ? byte ^ 1 : byte)), new Uint8Array()]) expect(decodeFacts(wrong)).toBeUndefined();
});

test('the key depends on path, language and text', () => {
  const keys = [source, { ...source, path: 'src/a.test.ts' }, { ...source, language: 'tsx' as const }, { ...source, text: `${source.text} ` }].map(factsKey);
  expect(new Set(keys).size).toBe(4);
  expect(factsKey({ ...source })).toBe(keys[0]);
  expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
});
