// Fetches the artifact behind an input of a task. The operator resolves `artifacts.<name>` to the Artifact object; its bytes come from the blob service.
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBlobAddress } from '#api/blobs.ts';
import { Artifact } from '#api/v1alpha1/schema.ts';
import { newUuid } from '#platform/ids.ts';
import type { Order } from '#agent-runtime/order.ts';
import type { BlobStore } from '#agent-runtime/ports.ts';
import type { ArtifactAnswer } from '#agent-runtime/roles/action.ts';
import type { Live } from './live.ts';

const maxBytes = 8 * 1024 ** 2;

export interface ArtifactSource {
  readonly blobs: BlobStore;
  readonly inputs: Order['inputs'];
  readonly live: Live;
  /** Folder for the file while it is read. */
  readonly scratch: string;
}

/** The artifact behind the input `name`; rejects when the blob service cannot be reached. */
export async function fetchArtifact({ blobs, inputs, live, scratch }: ArtifactSource, name: string): Promise<ArtifactAnswer> {
  const failed = (reason: Extract<ArtifactAnswer, { kind: 'failed' }>['reason'], why: string): ArtifactAnswer => ({ kind: 'failed', reason, message: `inputs.${name}: ${why}` });
  const artifact = Artifact.safeParse(Object.hasOwn(inputs, name) ? inputs[name] : undefined).data;
  const address = artifact && parseBlobAddress(artifact.uri);
  if (artifact === undefined || address?.sha256 !== artifact.sha256) return failed('InputMissing', 'is not an artifact; its field must be artifacts.<name>');
  if (artifact.sizeBytes > maxBytes) return failed('OutputTooLarge', `the artifact has ${artifact.sizeBytes} bytes, the limit is ${maxBytes}`);
  const file = join(scratch, newUuid());
  try {
    if ((await blobs.get(live.grant(), address, file, live.signal)) === 'missing') return failed('ArtifactLost', 'the blob service does not have it any more; run the mission again');
    const bytes = await readFile(file);
    const isIntact = bytes.length === artifact.sizeBytes && createHash('sha256').update(bytes).digest('hex') === artifact.sha256;
    return isIntact ? { kind: 'artifact', artifact, bytes } : failed('ArtifactLost', 'the blob service gave other bytes than the artifact had; run the mission again');
  } finally {
    await rm(file, { force: true });
  }
}
