import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { openLocalStore, type ObjectStore } from '#platform/objectstore/local.ts';
import { copyBlob } from './copy.ts';

const sha256 = createHash('sha256').update('hello').digest('hex');
const from = { namespaceUid: 'ns', ownerUid: 'a', sha256 };
const to = { ...from, ownerUid: 'b' };
const request = { from, to, maxBytes: 100 };

async function inFolder(work: (store: ObjectStore, folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'copy-'));
  try {
    await work(await openLocalStore(folder), folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('an owner that is removed between the look and the first byte has nothing to copy', () =>
  inFolder(async (store, folder) => {
    // What `get` opens is gone by the time it is read.
    const racing = { ...store, get: async () => ({ sizeBytes: 5, stream: createReadStream(join(folder, 'gone')) }) };
    expect(await copyBlob(racing, request)).toEqual({ kind: 'missing' });
    expect(await store.has(to)).toBe(false);
  }));

test('a copy that is removed between two looks is missing, not empty', () =>
  inFolder(async (store) => {
    expect(await copyBlob({ ...store, has: async () => true }, request)).toEqual({ kind: 'missing' });
    expect(await store.has(to)).toBe(false);
  }));

test('a disk that breaks is no missing blob', () =>
  inFolder(async (store) => {
    const broken = new Readable({ read: (): void => void broken.destroy(new Error('input/output error')) });
    await expect(copyBlob({ ...store, get: async () => ({ sizeBytes: 5, stream: broken }) }, request)).rejects.toThrow('input/output error');
  }));

test('a full disk is told', () =>
  inFolder(async (store) => {
    await store.put(from, Readable.from([Buffer.from('hello')]), 100);
    const full = { ...store, put: async () => ({ kind: 'full' }) as const };
    expect(await copyBlob(full, request)).toEqual({ kind: 'full' });
  }));
