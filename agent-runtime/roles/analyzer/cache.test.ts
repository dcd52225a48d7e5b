import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openCache } from './cache.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cache-'));
});

const key = (name: string) => Buffer.from(name).toString('hex').padEnd(64, '0');

/** A cache whose clock goes on by a second at each look. */
function open(maxBytes = 1000) {
  let seconds = 1_800_000_000;
  return openCache({ folder, maxBytes, clock: { now: () => (seconds += 1) * 1000 } });
}

test('what was put is got, also by another process', async () => {
  const cache = await open();
  await cache.put(key('a'), Buffer.from('one'));
  await cache.put(key('a'), Buffer.from('two'));
  expect(await cache.get(key('a'))).toEqual(Buffer.from('two'));
  expect(await (await open()).get(key('a'))).toEqual(Buffer.from('two'));
  expect(await cache.get(key('b'))).toBeUndefined();
});

test('the longest unused entries go when it is full', async () => {
  const cache = await open();
  for (const name of ['a', 'b', 'c', 'd']) await cache.put(key(name), Buffer.alloc(240));
  await cache.get(key('a'));
  await cache.put(key('e'), Buffer.alloc(240));
  expect((await readdir(folder)).toSorted()).toEqual([key('a'), key('d'), key('e')]);
});

test('the bound holds for what it finds at the start', async () => {
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await writeFile(join(folder, key(name)), Buffer.alloc(500));
  await (await open()).put(key('g'), Buffer.alloc(10));
  expect((await readdir(folder)).length).toBe(2);
});

test('an entry that does not fit is not kept', async () => {
  const cache = await open();
  await cache.put(key('a'), Buffer.alloc(900));
  expect(await readdir(folder)).toEqual([]);
});

test('a key cannot lead out of the folder, and rests of a broken write are gone', async () => {
  await writeFile(join(folder, 'x.new'), 'half');
  const cache = await open();
  await cache.put('../escape', Buffer.from('x'));
  expect(await cache.get('../../etc/passwd')).toBeUndefined();
  expect(await readdir(folder)).toEqual([]);
});

test('entries put at the same time keep the bound', async () => {
  const cache = await open();
  await Promise.all(Array.from({ length: 40 }, (_, at) => cache.put(key(`${at}`), Buffer.alloc(100))));
  expect((await readdir(folder)).length).toBeLessThanOrEqual(10);
});
