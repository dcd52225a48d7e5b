// The pool's few requests to the API server, with refusals told apart from broken I/O.
import { agentPools } from '#api/v1alpha1/kinds.ts';
import { createIfAbsent } from '#platform/kube/create-if-absent.ts';
import { isKubeError } from '#platform/kube/error.ts';
import { pods } from '#platform/kube/resources.ts';
import type { KubeClient, KubeObject } from '#platform/kube/types.ts';
import { messageOf } from '#platform/errors.ts';
import type { CreateAnswer, PoolCluster } from './act.ts';

/** A PoolCluster over a client. Everything that is no refusal rejects, and the queue tries again. */
export function poolCluster(client: Pick<KubeClient, 'create' | 'get' | 'delete' | 'mergePatch'>): PoolCluster {
  return {
    async createPod(pod) {
      try {
        const { object } = await createIfAbsent(client, pods, pod);
        if (controllerOf(object) !== controllerOf(pod)) return { kind: 'refused', message: `the name ${pod.metadata.name} is taken by a pod of somebody else` };
        return { kind: 'created', uid: object.metadata.uid, resourceVersion: object.metadata.resourceVersion };
      } catch (error) {
        return refusalOf(error);
      }
    },
    async deletePod(key, uid) {
      await client.delete(pods, key, { uid });
    },
    async patchStatus(key, seen, patch) {
      try {
        const { metadata } = await client.mergePatch(agentPools, key, { metadata: { uid: seen.uid, resourceVersion: seen.resourceVersion }, status: patch }, 'status');
        return { uid: metadata.uid, resourceVersion: metadata.resourceVersion };
      } catch (error) {
        if (isKubeError(error, 'NotFound', 'Conflict')) return undefined;
        throw error;
      }
    },
  };
}

function controllerOf({ metadata }: { readonly metadata: Pick<KubeObject['metadata'], 'ownerReferences'> }): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
}

function refusalOf(error: unknown): CreateAnswer {
  if (!isKubeError(error, 'Forbidden', 'Invalid', 'BadRequest', 'RequestEntityTooLarge')) throw error;
  const message = messageOf(error);
  return { kind: message.includes('exceeded quota') ? 'quota' : 'refused', message };
}
