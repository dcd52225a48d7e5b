// A copy of a blob for another owner: bytes of its own, checked against their digest on the way, so that each owner can be removed alone.
import type { BlobAddress } from '#api/blobs.ts';
import type { ObjectStore, PutResult } from '#platform/objectstore/local.ts';

export interface CopyRequest {
  readonly from: BlobAddress;
  readonly to: BlobAddress;
  readonly maxBytes: number;
}

type CopyResult = Exclude<PutResult, { readonly kind: 'wrongDigest' }> | { readonly kind: 'missing' };

/** What a put would answer; `missing` when there is nothing to copy, or what lies there is damaged. */
export async function copyBlob(store: Pick<ObjectStore, 'get' | 'has' | 'put'>, { from, to, maxBytes }: CopyRequest): Promise<CopyResult> {
  // A copy of before is as good, also when the first owner is gone.
  if (await store.has(to)) return orMissing(await store.put(to, nothing(), maxBytes));
  const source = await store.get(from);
  if (source === undefined) return { kind: 'missing' };
  const { stream } = source;
  // The owner may be removed before the first byte is asked for; who reads is told then.
  stream.on('error', () => {});
  try {
    return orMissing(await store.put(to, stream as AsyncIterable<Uint8Array>, maxBytes));
  } catch (error) {
    if (isGone(error)) return { kind: 'missing' };
    throw error;
  } finally {
    stream.destroy();
  }
}

/** A put of what is there already makes it durable and reads no body. */
async function* nothing(): AsyncGenerator<Uint8Array> {}

function orMissing(result: PutResult): CopyResult {
  return result.kind === 'wrongDigest' ? { kind: 'missing' } : result;
}

function isGone(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
