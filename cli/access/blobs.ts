// Artifacts as people read them: through the blob service, with the user's token, checked against the digest in the status.
import { parseBlobAddress } from '#api/blobs.ts';
import { missions } from '#api/v1alpha1/kinds.ts';
import type { Artifact } from '#api/v1alpha1/schema.ts';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import { createPersonBlobs } from '#platform/rpc/blob-client.ts';
import { Refusal } from '../failure.ts';
import type { Cluster } from './cluster.ts';
import { openDoor } from './door.ts';
import { tokenSource } from './token.ts';

export interface BlobReader {
  /** The bytes of an artifact of a mission. Rejects when they are lost, damaged or not the user's to read. */
  read(mission: string, artifact: Artifact): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Connects to the blob service. Rejects when there is no way to it. */
export async function openBlobs(cluster: Cluster, clock: Clock): Promise<BlobReader> {
  const token = tokenSource(cluster, clock);
  await token();
  const door = await openDoor(cluster, 'blobs');
  const blobs = createPersonBlobs({ token, caBundle: door.ca, address: { current: async () => door.address }, namespace: cluster.operatorNamespace });
  return {
    async read(mission, { name, uri }) {
      const address = parseBlobAddress(uri);
      const body = address === undefined ? undefined : await asked(name, () => blobs.get({ namespace: cluster.namespace, plural: missions.plural, name: mission }, address));
      if (body === undefined) throw new Refusal(`read artifact ${name}: the blob service does not have it`, 'run the mission again to make it anew');
      return asked(name, async () => Buffer.concat(await all(body)));
    },
    async close() {
      blobs.close();
      await door.close();
    },
  };
}

async function asked<T>(artifact: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new Refusal(`read artifact ${artifact}: ${messageOf(error)}`, 'look at the pod of the blob service, then repeat the command', { cause: error });
  }
}

async function all(body: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return chunks;
}
