// What the agent needs of the world, declared by its consumer. platform/rpc satisfies it; tests bring a leader in memory.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { BlobAddress } from '#api/blobs.ts';
import type { OperatorAddress } from '#api/endpoints.ts';
import type { WorkRequestSchema, WorkResponse } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';

/** A message to the leader. */
export type WorkMessage = MessageInitShape<typeof WorkRequestSchema>;

/** One open Work stream to one operator replica. */
export interface WorkConnection {
  /** Queues a message; what is sent after the end is lost without an error. */
  send(message: WorkMessage): void;
  /** Ends, or throws, when the stream is over. Iterated once. */
  readonly messages: AsyncIterable<WorkResponse>;
  close(reason: string): void;
}

/** Opens Work streams with the agent's own certificate. */
export interface Dialer {
  /** Where the operator's replicas are now. */
  addresses(): Promise<readonly OperatorAddress[]>;
  connect(address: OperatorAddress): Promise<WorkConnection>;
  /** Calls `listener` after each certificate renewal, so that streams can be replaced; the returned function ends it. */
  onRenewed(listener: () => void): () => void;
}

/** The bytes of a blob: in memory, or in a file that does not change while it is sent. */
export type BlobContent = { readonly kind: 'bytes'; readonly bytes: Uint8Array } | { readonly kind: 'file'; readonly path: string; readonly sizeBytes: number };

/** The blob service as an agent sees it. Both calls reject when the service cannot be reached or refuses. */
export interface BlobStore {
  /** Resolves once the blob is stored for good; storing it twice is harmless. */
  put(grant: string, address: BlobAddress, content: BlobContent, signal?: AbortSignal): Promise<void>;
  /** Writes the blob to `file` after checking its digest; `missing` when the service does not have it. */
  get(grant: string, address: BlobAddress, file: string, signal?: AbortSignal): Promise<'found' | 'missing'>;
}
