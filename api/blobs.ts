// Contract of the blob service: addresses, grants, limits. HTTP over TLS 1.3, one immutable blob per address.
//   PUT  /v1/blobs/<namespace uid>/<owner uid>/<sha256>   agents; body is the blob; 201 stored and fsynced, 200 already there, 400 wrong digest, 413 too large
//   PUT  the same path, without a body, with `Coditect-Copy-From: <owner uid>`   the operator; keeps a copy of that owner's blob of the same namespace
//        and digest: 201 stored and fsynced, 200 already there, 404 when that owner does not have it
//   GET  /v1/blobs/<namespace uid>/<owner uid>/<sha256>   agents with a grant, people with a bearer token; 404 when it is not there
// An agent shows its client certificate and `Coditect-Grant: <grant>`; a person `Authorization: Bearer <token>`
// and `Coditect-Object: <namespace>/<missions|tasks>/<name>`, for which the service asks the API server. The operator shows its certificate.
import { z } from 'zod';
import { Uid } from './v1alpha1/schema.ts';

/** What a blob belongs to: nothing is ever shared across owners. */
export interface BlobAddress {
  readonly namespaceUid: string;
  /** UID of the Mission, or of the Task when it was applied alone. */
  readonly ownerUid: string;
  /** SHA-256 of the bytes, lower-case hex. */
  readonly sha256: string;
}

export const blobLimits = { maxBytes: 268_435_456 } as const;

export const blobHeaders = { grant: 'coditect-grant', object: 'coditect-object', copyFrom: 'coditect-copy-from' } as const;

/** What the operator allows an agent to do with blobs while it runs one attempt. Signed; see platform/rpc/grant.ts. */
export const BlobGrant = z.strictObject({
  /** SPIFFE URI of the agent that may use it. */
  agent: z.string().min(1).max(600),
  namespaceUid: Uid,
  ownerUid: Uid,
  taskUid: Uid,
  /** The attempt that it was given for: nobody may tell of another one under it. */
  attempt: z.int().min(1).max(2_147_483_647).optional(),
  /** End of validity, epoch milliseconds. */
  expiresAt: z.int().min(0).max(9_007_199_254_740_991),
});
export type BlobGrant = z.infer<typeof BlobGrant>;

const address = /^(?:blob:|\/v1\/blobs\/)([A-Za-z0-9-]{1,64})\/([A-Za-z0-9-]{1,64})\/([0-9a-f]{64})$/;

/** Path of a blob on the service. */
export function blobPath({ namespaceUid, ownerUid, sha256 }: BlobAddress): string {
  return `/v1/blobs/${namespaceUid}/${ownerUid}/${sha256}`;
}

/** `blob:<namespace uid>/<owner uid>/<sha256>`, as statuses name it. */
export function blobUri({ namespaceUid, ownerUid, sha256 }: BlobAddress): string {
  return `blob:${namespaceUid}/${ownerUid}/${sha256}`;
}

/** Address that a path or a `blob:` URI names, or undefined when it is not well formed. */
export function parseBlobAddress(text: string): BlobAddress | undefined {
  const [, namespaceUid, ownerUid, sha256] = address.exec(text) ?? [];
  return namespaceUid === undefined || ownerUid === undefined || sha256 === undefined ? undefined : { namespaceUid, ownerUid, sha256 };
}
