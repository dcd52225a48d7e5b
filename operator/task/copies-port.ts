// What the memory of results needs of the blob service: nothing is shared across owners, so a result that is used again brings its own blobs.
import type { BlobAddress } from '#api/blobs.ts';

export interface BlobCopies {
  /** Keeps a copy of a blob under another owner of the same namespace; resolves once it is stored for good. Rejects when the service refuses or cannot be reached. */
  keep(from: BlobAddress, ownerUid: string, signal: AbortSignal): Promise<'kept' | 'missing'>;
}
