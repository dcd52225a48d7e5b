// Owners of blobs, as the API server knows them: Missions, and Tasks applied alone.
import { missions, type ResourceType, tasks } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { WatchingClient } from '#platform/kube/client.ts';
import type { KubeObject } from '#platform/kube/types.ts';
import type { NamedObject } from './access.ts';

type Client = Pick<WatchingClient, 'get' | 'listPage'>;

/** UIDs that own the blobs of this object; empty when it does not exist. A Task's mission counts only if the Mission itself says so: users can write a missionRef. */
export async function ownersOf(client: Client, { namespace, plural, name }: NamedObject): Promise<readonly string[]> {
  if (plural === 'missions') {
    const mission = await client.get<Mission>(missions, { namespace, name });
    return mission === undefined ? [] : [mission.metadata.uid];
  }
  const task = await client.get<Task>(tasks, { namespace, name });
  if (task === undefined) return [];
  const { missionRef } = task.spec;
  if (missionRef === undefined) return [task.metadata.uid];
  const mission = await client.get<Mission>(missions, { namespace, name: missionRef.name });
  return mission?.metadata.uid === missionRef.uid ? [task.metadata.uid, missionRef.uid] : [task.metadata.uid];
}

/** UIDs of everything that exists now in a namespace, or in all for an empty one, and may own blobs. Rejects when a list fails: then nothing is known. */
export async function livingOwners(client: Client, namespace: string): Promise<ReadonlySet<string>> {
  const uids = new Set<string>();
  for (const type of [missions, tasks]) await collectUids(client, type, { namespace, uids });
  return uids;
}

async function collectUids(client: Client, type: ResourceType, { namespace, uids }: { readonly namespace: string; readonly uids: Set<string> }): Promise<void> {
  let continueToken: string | undefined;
  do {
    // Page by page: whole objects do not stay in memory.
    const page = await client.listPage<KubeObject>(type, { namespace, continueToken });
    for (const { metadata } of page.items) uids.add(metadata.uid);
    continueToken = page.continueToken;
  } while (continueToken !== undefined);
}
