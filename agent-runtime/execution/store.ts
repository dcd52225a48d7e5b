// Stores the blobs of an attempt. It ends only when the service has them all, so that no result names a blob that may be lost.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { blobLimits, blobUri } from '#api/blobs.ts';
import type { Artifact } from '#api/v1alpha1/schema.ts';
import { type Clock, delay } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import { jittered, type Random } from '#platform/ids.ts';
import type { BlobContent, BlobStore } from '#agent-runtime/ports.ts';

export const maxArtifacts = 16;

const tries = { count: 8, firstMs: 200, longestMs: 10_000 } as const;

/** A blob to be stored. */
export interface Pending {
  readonly name: string;
  readonly mediaType: string;
  readonly content: { readonly kind: 'bytes'; readonly bytes: Uint8Array } | { readonly kind: 'file'; readonly path: string };
}

export interface Owner {
  readonly namespaceUid: string;
  readonly ownerUid: string;
  /** The newest grant: it changes when another leader takes over. */
  readonly grant: () => string;
}

export type Stored = { readonly kind: 'stored'; readonly artifacts: readonly Artifact[] } | { readonly kind: 'tooLarge' | 'failed'; readonly message: string };

export interface StoreDeps {
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly random: Random;
}

/** Stores all of `pending` for `owner`, in order; a service that does not answer is asked again for about half a minute. */
export async function storeAll(pending: readonly Pending[], owner: Owner, deps: StoreDeps, signal: AbortSignal): Promise<Stored> {
  if (pending.length > maxArtifacts) return { kind: 'tooLarge', message: `${pending.length} artifacts, the limit is ${maxArtifacts}` };
  const names = new Set(pending.map(({ name }) => name));
  if (names.size < pending.length) return { kind: 'failed', message: 'two artifacts have the same name' };
  const artifacts: Artifact[] = [];
  for (const { name, mediaType, content } of pending) {
    const { sha256, sizeBytes, blob } = await measured(content);
    if (sizeBytes > blobLimits.maxBytes) return { kind: 'tooLarge', message: `artifact ${name} has ${sizeBytes} bytes, the limit is ${blobLimits.maxBytes}` };
    const address = { namespaceUid: owner.namespaceUid, ownerUid: owner.ownerUid, sha256 };
    const problem = await retried(() => deps.blobs.put(owner.grant(), address, blob, signal), deps, signal);
    if (problem !== undefined) return { kind: 'failed', message: `artifact ${name} could not be stored: ${problem}` };
    artifacts.push({ name, uri: blobUri(address), sha256, sizeBytes, mediaType });
  }
  return { kind: 'stored', artifacts };
}

async function measured(content: Pending['content']): Promise<{ readonly sha256: string; readonly sizeBytes: number; readonly blob: BlobContent }> {
  const hash = createHash('sha256');
  if (content.kind === 'bytes') return { sha256: hash.update(content.bytes).digest('hex'), sizeBytes: content.bytes.length, blob: content };
  for await (const chunk of createReadStream(content.path)) hash.update(chunk as Buffer);
  const { size } = await stat(content.path);
  return { sha256: hash.digest('hex'), sizeBytes: size, blob: { ...content, sizeBytes: size } };
}

/** Undefined when it worked, else what the last try said. */
async function retried(work: () => Promise<void>, { clock, random }: StoreDeps, signal: AbortSignal): Promise<string | undefined> {
  let problem = 'it was called off';
  for (let attempt = 0; attempt < tries.count && !signal.aborted; attempt += 1) {
    if (attempt > 0) await delay(clock, jittered(Math.min(tries.longestMs, tries.firstMs * 2 ** attempt), random), signal);
    try {
      await work();
      return undefined;
    } catch (error) {
      problem = messageOf(error);
    }
  }
  return problem;
}
