import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BlobStore } from '#agent-runtime/ports.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { type Pending, storeAll } from './store.ts';

const random = { next: () => 0 };
const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const pending = (name: string, text: string): Pending => ({ name, mediaType: 'text/plain', content: { kind: 'bytes', bytes: Buffer.from(text) } });

function storing(items: readonly Pending[], put: BlobStore['put'], signal = new AbortController().signal) {
  const clock = new ManualClock();
  const grants: string[] = [];
  const blobs: BlobStore = { put: (grant, ...rest) => (grants.push(grant), put(grant, ...rest)), get: async () => 'missing' };
  const answer = storeAll(items, { namespaceUid: 'n', ownerUid: 'o', grant: () => `grant-${grants.length + 1}` }, { blobs, clock, random }, signal);
  return { clock, grants, answer };
}

describe('storing', () => {
  test('names each blob by its digest, from memory or a file', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'store-')), 'abc');
    await writeFile(file, 'abc');
    const { answer } = storing([pending('a', 'abc'), { name: 'b', mediaType: 'text/plain', content: { kind: 'file', path: file } }], async () => {});
    const artifact = { uri: `blob:n/o/${abc}`, sha256: abc, sizeBytes: 3, mediaType: 'text/plain' };
    expect(await answer).toEqual({ kind: 'stored', artifacts: [{ name: 'a', ...artifact }, { name: 'b', ...artifact }] });
  });

  test('asks again with the newest grant when the service fails', async () => {
    let failures = 2;
    const { clock, grants, answer } = storing([pending('a', 'abc')], async () => {
      failures -= 1;
      if (failures >= 0) throw new Error('unreachable');
    });
    await clock.advance(5000);
    expect([(await answer).kind, grants]).toEqual(['stored', ['grant-1', 'grant-2', 'grant-3']]);
  });

  test('gives up after eight tries, and says why', async () => {
    const { clock, grants, answer } = storing([pending('a', 'abc')], () => Promise.reject(new Error('unreachable')));
    await clock.advance(60_000);
    expect(await answer).toEqual({ kind: 'failed', message: 'artifact a could not be stored: unreachable' });
    expect(grants).toHaveLength(8);
  });

  test('gives up at once when it is called off', async () => {
    const { grants, answer } = storing([pending('a', 'abc')], async () => {}, AbortSignal.abort());
    expect([(await answer).kind, grants]).toEqual(['failed', []]);
  });

  test('refuses two artifacts of one name', async () => {
    expect((await storing([pending('a', '1'), pending('a', '2')], async () => {}).answer).kind).toBe('failed');
  });
});
