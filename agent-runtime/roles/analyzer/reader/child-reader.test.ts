import { afterEach, describe, expect, test } from 'vitest';
import { readFacts, type Source } from '#agent-runtime/roles/analyzer/facts.ts';
import { openChildReader } from './child-reader.ts';
import type { Reader } from './reader.ts';
import { childrenOfThis } from './testing.ts';

const good: Source = { path: 'a.ts', language: 'typescript', text: `import './b.ts';\nexport function größe() { debugger; }` };
/** Some kilobytes of this take gigabytes. */
const memoryBomb: Source = { path: 'a.py', language: 'python', text: '/*\n'.repeat(30_000) };
const timeBomb: Source = { path: 'a.go', language: 'go', text: '/*\n'.repeat(100_000) };

const limits = { fileMs: 60_000, memoryKiB: 1_200_000, deaths: 2 };

let reader: Reader | undefined;
afterEach(() => reader?.close());

test('a child says the same as this process', async () => {
  reader = openChildReader();
  expect(await reader.read(good)).toEqual({ kind: 'read', facts: await readFacts(good) });
  expect(await reader.read({ ...good, text: '' })).toMatchObject({ kind: 'read', facts: { imports: [] } });
});

describe('a file that is too much', () => {
  test('for the memory is given up, and the next one is read by a new child', async () => {
    reader = openChildReader(limits);
    expect(await reader.read(memoryBomb)).toMatchObject({ kind: 'unread', why: 'its syntax is too much for the parser' });
    expect(await reader.read(good)).toMatchObject({ kind: 'read' });
  });

  test('for the time is given up, and nothing goes on behind', async () => {
    reader = openChildReader({ ...limits, fileMs: 1500 });
    expect(await reader.read(timeBomb)).toMatchObject({ kind: 'unread' });
    await expect.poll(childrenOfThis, { timeout: 5000 }).toEqual([]);
  });

  test('many times ends the reading', async () => {
    reader = openChildReader({ ...limits, deaths: 1 });
    await reader.read(memoryBomb);
    expect(await reader.read(good)).toMatchObject({ kind: 'unread', why: 'the parser was given up after other files' });
  });
});

test('a reader that is closed in the middle of a file ends at once, with its child', async () => {
  reader = openChildReader(limits);
  await reader.read(good);
  const reading = reader.read(timeBomb);
  reader.close();
  expect(await reading).toMatchObject({ kind: 'unread' });
  expect(await reader.read(good)).toMatchObject({ kind: 'unread' });
  await expect.poll(childrenOfThis, { timeout: 5000 }).toEqual([]);
});

test('a reader that reads nothing starts nothing', () => {
  const before = childrenOfThis().length;
  openChildReader().close();
  expect(childrenOfThis()).toHaveLength(before);
});
