import { describe, expect, test } from 'vitest';
import { KubeError } from '#platform/kube/error.ts';
import type { KubeClient, KubeObject, KubeReason } from '#platform/kube/types.ts';
import { buildPod } from './decide/pod.ts';
import { poolCluster } from './cluster.ts';
import { aPool, settings } from './testing.ts';

const pod = { ...buildPod(aPool(), 'pool-abc', settings) };
const stored = (ownerUid: string) => ({ ...pod, metadata: { ...pod.metadata, uid: 'u1', resourceVersion: '9', ownerReferences: [{ ...pod.metadata.ownerReferences[0], uid: ownerUid }] } }) as unknown as KubeObject;
const refusal = (reason: KubeReason, said = 'no') => new KubeError('create pods team-a/pool-abc', said, { status: 403, reason });

/** A client whose create and mergePatch end in `error`, and that finds `found`. */
function clientWith(error: KubeError | undefined, found?: KubeObject): Parameters<typeof poolCluster>[0] {
  const answer = async <T extends KubeObject>() => {
    if (error !== undefined) throw error;
    return stored('pool-uid') as T;
  };
  const unused: KubeClient['delete'] = async () => 'changed';
  return { create: answer, mergePatch: answer, get: async <T extends KubeObject>() => found as T | undefined, delete: unused };
}

describe('creating a pod', () => {
  const cases: Record<string, { error?: KubeError; found?: KubeObject; want: object }> = {
    'a created pod is known by uid and version': { want: { kind: 'created', uid: 'u1', resourceVersion: '9' } },
    'a quota is told apart, word for word': { error: refusal('Forbidden', 'exceeded quota: pods=1'), want: { kind: 'quota', message: expect.stringContaining('exceeded quota: pods=1') } },
    'a pod that admission refuses': { error: refusal('Forbidden', 'violates PodSecurity "restricted"'), want: { kind: 'refused', message: expect.stringContaining('violates PodSecurity') } },
    'a pod that is not valid': { error: refusal('Invalid', 'spec.priorityClassName: not found'), want: { kind: 'refused' } },
    'a lost reply whose pod is there': { error: refusal('LostReply'), found: stored('pool-uid'), want: { kind: 'created', uid: 'u1' } },
    'a name that somebody else has': { error: refusal('AlreadyExists'), found: stored('other'), want: { kind: 'refused', message: expect.stringContaining('is taken') } },
  };
  test.each(Object.entries(cases))('%s', async (_, { error, found, want }) => {
    expect(await poolCluster(clientWith(error, found)).createPod(pod)).toMatchObject(want);
  });

  test.each(['Unreachable', 'LostReply', 'NotLeader', 'TooManyRequests'] as const)('%s is broken I/O, which the queue tries again', async (reason) => {
    await expect(poolCluster(clientWith(refusal(reason))).createPod(pod)).rejects.toMatchObject({ reason });
  });
});

describe('writing a status', () => {
  const key = { namespace: 'team-a', name: 'pool' };
  test('answers with what was written', async () => {
    expect(await poolCluster(clientWith(undefined)).patchStatus(key, { uid: 'pool-uid', resourceVersion: '4' }, {})).toEqual({ uid: 'u1', resourceVersion: '9' });
  });
  test.each(['NotFound', 'Conflict'] as const)('%s: the pool is gone', async (reason) => {
    expect(await poolCluster(clientWith(refusal(reason))).patchStatus(key, { uid: 'pool-uid', resourceVersion: '4' }, {})).toBeUndefined();
  });
  test('carries uid and version, so that neither a pool of the same name nor a newer version is written', async () => {
    const bodies: object[] = [];
    const client = { ...clientWith(undefined), mergePatch: async <T extends KubeObject>(_: unknown, __: unknown, body: object) => {
      bodies.push(body);
      return stored('pool-uid') as T;
    } };
    await poolCluster(client).patchStatus(key, { uid: 'pool-uid', resourceVersion: '4' }, { replicas: 1 });
    expect(bodies).toEqual([{ metadata: { uid: 'pool-uid', resourceVersion: '4' }, status: { replicas: 1 } }]);
  });
});

test('a delete names the incarnation, and one that has changed or gone is fine', async () => {
  const seen: unknown[] = [];
  const client = { ...clientWith(undefined), delete: async (_: unknown, key: unknown, options: unknown) => {
    seen.push(key, options);
    return 'changed' as const;
  } };
  await poolCluster(client).deletePod({ namespace: 'team-a', name: 'pool-abc' }, 'u1');
  expect(seen).toEqual([{ namespace: 'team-a', name: 'pool-abc' }, { uid: 'u1' }]);
});
