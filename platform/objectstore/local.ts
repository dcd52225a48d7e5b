// Blobs in a local folder: <namespace uid>/<owner uid>/<sha256>. What `put` calls stored survives a crash of the machine.
// A blob appears under its name only when it is whole; what a crash leaves behind lies in .incoming and is swept at start.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { BlobAddress } from '#api/blobs.ts';
import type { Instant } from '#api/time.ts';
import { newUuid } from '../ids.ts';
import { syncFolder } from '../sync-folder.ts';

export type PutResult =
  | { readonly kind: 'stored'; readonly sizeBytes: number }
  /** The same bytes were there already; the body was not read. */
  | { readonly kind: 'exists' }
  | { readonly kind: 'wrongDigest'; readonly found: string }
  | { readonly kind: 'tooLarge' }
  /** The disk, or our quota on it, is full. */
  | { readonly kind: 'full' };

/** Whom blobs belong to. */
export interface BlobOwner {
  readonly namespaceUid: string;
  readonly ownerUid: string;
  /** When a blob was last added, by the clock of the file system. */
  readonly changedAt: Instant;
}

export interface ObjectStore {
  /** Stores the body if its SHA-256 is the one of the address and it has at most `maxBytes`. Rejects when the body or the disk breaks. */
  put(address: BlobAddress, body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<PutResult>;
  has(address: BlobAddress): Promise<boolean>;
  /** The blob, or undefined. The caller consumes or destroys the stream. */
  get(address: BlobAddress): Promise<{ readonly sizeBytes: number; readonly stream: Readable } | undefined>;
  owners(): Promise<readonly BlobOwner[]>;
  /** Removes every blob of an owner; none is fine too. */
  removeOwner(owner: Pick<BlobOwner, 'namespaceUid' | 'ownerUid'>): Promise<void>;
}

const incoming = '.incoming';

/** Opens the store in this folder, which is made when it does not exist. One process at a time: leftovers of others are removed. */
export async function openLocalStore(root: string): Promise<ObjectStore> {
  await rm(join(root, incoming), { recursive: true, force: true });
  await mkdir(join(root, incoming), { recursive: true, mode: 0o700 });
  const fileOf = ({ namespaceUid, ownerUid, sha256 }: BlobAddress) => join(root, part(namespaceUid), part(ownerUid), part(sha256));
  return {
    put: async (address, body, maxBytes) => put({ root, file: fileOf(address), sha256: address.sha256 }, body, maxBytes),
    has: async (address) => (await sizeOf(fileOf(address))) !== undefined,
    get: async (address) => get(fileOf(address)),
    owners: () => owners(root),
    removeOwner: async ({ namespaceUid, ownerUid }) => rm(join(root, part(namespaceUid), part(ownerUid)), { recursive: true, force: true }),
  };
}

interface Target {
  readonly root: string;
  readonly file: string;
  readonly sha256: string;
}

async function put(target: Target, body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<PutResult> {
  if ((await sizeOf(target.file)) !== undefined) {
    // Another put may have renamed it a moment ago and not made that durable yet.
    await syncFolder(dirname(target.file));
    return { kind: 'exists' };
  }
  const temporary = join(target.root, incoming, newUuid());
  try {
    const refused = await receive(temporary, target.sha256, { body, maxBytes });
    if (refused.kind !== 'stored') return refused;
    await publish(temporary, target);
    return refused;
  } catch (error) {
    if (codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT') return { kind: 'full' };
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function receive(temporary: string, sha256: string, { body, maxBytes }: { readonly body: AsyncIterable<Uint8Array>; readonly maxBytes: number }): Promise<PutResult> {
  const file = await open(temporary, 'wx', 0o600);
  try {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const chunk of body) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > maxBytes) return { kind: 'tooLarge' };
      hash.update(chunk);
      await writeAll(file, chunk);
    }
    const found = hash.digest('hex');
    if (found !== sha256) return { kind: 'wrongDigest', found };
    await file.sync();
    return { kind: 'stored', sizeBytes };
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.byteLength; ) offset += (await file.write(chunk, offset)).bytesWritten;
}

async function publish(temporary: string, { root, file }: Target): Promise<void> {
  const ownerFolder = dirname(file);
  await mkdir(ownerFolder, { recursive: true, mode: 0o700 });
  await rename(temporary, file);
  // The entry of the blob, then those of folders that may be new: each lives in its parent.
  for (const folder of [ownerFolder, dirname(ownerFolder), root]) await syncFolder(folder);
}

async function get(file: string): ReturnType<ObjectStore['get']> {
  const sizeBytes = await sizeOf(file);
  return sizeBytes === undefined ? undefined : { sizeBytes, stream: createReadStream(file) };
}

async function owners(root: string): Promise<BlobOwner[]> {
  const found: BlobOwner[] = [];
  for (const namespaceUid of await foldersIn(root)) {
    for (const ownerUid of await foldersIn(join(root, namespaceUid))) {
      const { mtimeMs } = await stat(join(root, namespaceUid, ownerUid));
      found.push({ namespaceUid, ownerUid, changedAt: mtimeMs });
    }
  }
  return found;
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && entry.name !== incoming).map(({ name }) => name).toSorted();
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

// Addresses are parsed before they come here; this makes an escape from the folder impossible all the same.
function part(text: string): string {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(text)) throw new Error(`cannot use ${JSON.stringify(text)} in the path of a blob: parse the address first`);
  return text;
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
