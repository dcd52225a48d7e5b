import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import fc from 'fast-check';
import { openLocalStore } from './local.ts';

let root: string;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'blobs-'))));
afterEach(() => rm(root, { recursive: true }));

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
const addressOf = (bytes: Uint8Array | string, ownerUid = 'owner-1') => ({ namespaceUid: 'ns-1', ownerUid, sha256: sha256(bytes) });
async function* body(...chunks: readonly (string | Uint8Array)[]) {
  for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk));
}
const leftovers = () => readdir(join(root, '.incoming'));

test('what was put can be read again, whatever the bytes and chunks', async () => {
  const store = await openLocalStore(root);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 5 }), async (chunks) => {
      const whole = Buffer.concat(chunks);
      const result = await store.put(addressOf(whole), body(...chunks), 1 << 20);
      expect(['stored', 'exists']).toContain(result.kind);
      const found = await store.get(addressOf(whole));
      expect(found?.sizeBytes).toBe(whole.length);
      expect(found && (await buffer(found.stream)).equals(whole)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('a body with another digest is refused and leaves nothing', async () => {
  const store = await openLocalStore(root);
  expect(await store.put(addressOf('right'), body('wrong'), 100)).toEqual({ kind: 'wrongDigest', found: sha256('wrong') });
  expect(await store.has(addressOf('right'))).toBe(false);
  expect(await leftovers()).toEqual([]);
});

test('a body is read to its limit and not further', async () => {
  const store = await openLocalStore(root);
  let read = 0;
  async function* endless() {
    for (;;) {
      read += 10;
      yield await Promise.resolve(Buffer.alloc(10));
    }
  }
  expect(await store.put(addressOf('x'), endless(), 95)).toEqual({ kind: 'tooLarge' });
  expect(read).toBe(100);
  expect(await store.put(addressOf('12345'), body('12345'), 5)).toEqual({ kind: 'stored', sizeBytes: 5 });
  expect(await leftovers()).toEqual([]);
});

test('the second put of a blob does not read its body', async () => {
  const store = await openLocalStore(root);
  await store.put(addressOf('a'), body('a'), 100);
  async function* never(): AsyncGenerator<Uint8Array> {
    yield await Promise.reject(new Error('was read'));
  }
  expect(await store.put(addressOf('a'), never(), 100)).toEqual({ kind: 'exists' });
});

test('two puts of the same blob at once both succeed', async () => {
  const store = await openLocalStore(root);
  const results = await Promise.all([store.put(addressOf('a'), body('a'), 9), store.put(addressOf('a'), body('a'), 9)]);
  expect(results.map(({ kind }) => kind)).toEqual(['stored', 'stored']);
});

test('a body that breaks off is no blob', async () => {
  const store = await openLocalStore(root);
  async function* broken() {
    yield await Promise.resolve(Buffer.from('a'));
    throw new Error('connection reset');
  }
  await expect(store.put(addressOf('ab'), broken(), 100)).rejects.toThrow('connection reset');
  expect(await store.has(addressOf('ab'))).toBe(false);
  expect(await leftovers()).toEqual([]);
});

test('what a crash left behind is swept at the next start, and blobs stay', async () => {
  const store = await openLocalStore(root);
  await store.put(addressOf('a'), body('a'), 100);
  await writeFile(join(root, '.incoming', 'half'), 'hal');
  const again = await openLocalStore(root);
  expect(await leftovers()).toEqual([]);
  expect(await again.has(addressOf('a'))).toBe(true);
});

test('a full disk is a value, not an error', async () => {
  const store = await openLocalStore(root);
  async function* filling() {
    yield await Promise.resolve(Buffer.from('a'));
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  }
  expect(await store.put(addressOf('a'), filling(), 100)).toEqual({ kind: 'full' });
  expect(await leftovers()).toEqual([]);
});

test('removing an owner takes all of its blobs and none of others', async () => {
  const store = await openLocalStore(root);
  const before = Date.now() - 1000;
  await store.put(addressOf('a', 'gone'), body('a'), 100);
  await store.put(addressOf('a', 'stays'), body('a'), 100);
  const owners = await store.owners();
  expect(owners.map(({ namespaceUid, ownerUid }) => `${namespaceUid}/${ownerUid}`)).toEqual(['ns-1/gone', 'ns-1/stays']);
  expect(owners.every(({ changedAt }) => changedAt > before)).toBe(true);
  await store.removeOwner({ namespaceUid: 'ns-1', ownerUid: 'gone' });
  await store.removeOwner({ namespaceUid: 'ns-1', ownerUid: 'never-there' });
  expect(await store.has(addressOf('a', 'gone'))).toBe(false);
  expect(await readFile(join(root, 'ns-1', 'stays', sha256('a')), 'utf8')).toBe('a');
});

test('no address leads out of the folder', async () => {
  const store = await openLocalStore(root);
  await expect(store.removeOwner({ namespaceUid: '..', ownerUid: 'x' })).rejects.toThrow(/cannot use/);
  await expect(store.put({ ...addressOf('a'), ownerUid: '../x' }, body('a'), 9)).rejects.toThrow(/cannot use/);
});
