import { expect, test } from 'vitest';
import { type KubePod, poolPodIndexes, toPoolPod } from './pool-pod.ts';

const metadata = {
  name: 'pool-abc', namespace: 'team-a', uid: 'u1', resourceVersion: '7', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z',
  labels: { 'coditect.ai/pool': 'pool', 'coditect.ai/template-hash': 'h1' },
  ownerReferences: [{ apiVersion: 'x', kind: 'X', name: 'x', uid: 'other' }, { apiVersion: 'coditect.ai/v1alpha1', kind: 'AgentPool', name: 'pool', uid: 'pool-uid', controller: true }],
};
const projected = (status: NonNullable<KubePod['status']>, more: object = {}) => toPoolPod({ apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, ...more }, status });
const agent = (status: object) => projected({ phase: 'Running', containerStatuses: [{ name: 'sidecar', restartCount: 9 }, { name: 'agent', ...status }] });

test('identity, owner and labels are kept', () => {
  expect(projected({ phase: 'Running' }, { deletionTimestamp: '2026-01-02T00:00:00Z' })).toEqual({
    metadata: { namespace: 'team-a', name: 'pool-abc', uid: 'u1', resourceVersion: '7', deletionTimestamp: '2026-01-02T00:00:00Z' },
    ownerUid: 'pool-uid', pool: 'pool', templateHash: 'h1', phase: 'Running', ready: false, createdMs: Date.parse('2026-01-01T00:00:00Z'), restartCount: 0, containerTerminated: false,
  });
});

test('a pod without a status yet is pending', () => {
  expect(toPoolPod({ apiVersion: 'v1', kind: 'Pod', metadata })).toMatchObject({ phase: 'Pending', ready: false, containerTerminated: false });
});

const cases: Record<string, { pod: ReturnType<typeof toPoolPod>; want: object }> = {
  'ready is the condition of the pod': { pod: projected({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }), want: { ready: true } },
  'the scheduler says why no node fits': { pod: projected({ conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }] }), want: { unschedulable: '0/3 nodes' } },
  'a running process is not terminated, whatever the one before it did': {
    pod: agent({ containerID: 'c2', restartCount: 1, state: { running: {} }, lastState: { terminated: { exitCode: 1, reason: 'Error', containerID: 'c1' } } }),
    want: { containerTerminated: false, containerId: 'c2', restartCount: 1, exit: { code: 1, reason: 'Error', message: '' } },
  },
  'a process that ended is terminated': {
    pod: agent({ containerID: 'c1', state: { terminated: { exitCode: 137, reason: 'OOMKilled', message: 'x', containerID: 'c1' } } }),
    want: { containerTerminated: true, containerId: 'c1', exit: { code: 137, reason: 'OOMKilled', message: 'x' } },
  },
  'a crash loop has a terminated process and says why it waits': {
    pod: agent({ restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } }, lastState: { terminated: { exitCode: 1, containerID: 'c1' } } }),
    want: { containerTerminated: true, containerId: 'c1', waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' }, restartCount: 3 },
  },
  'an image that is being pulled has no process that could have ended': { pod: agent({ state: { waiting: { reason: 'ContainerCreating' } } }), want: { containerTerminated: false, waiting: { reason: 'ContainerCreating', message: '' } } },
  'an eviction is told by the pod': { pod: projected({ phase: 'Failed', reason: 'Evicted', message: 'low on disk' }), want: { phase: 'Failed', exit: { code: -1, reason: 'Evicted', message: 'low on disk' } } },
};
test.each(Object.entries(cases))('%s', (_, { pod, want }) => expect(pod).toMatchObject(want));

test('texts of others are cut, so that the cache stays small', () => {
  expect(agent({ state: { waiting: { reason: 'X', message: 'y'.repeat(5000) } } }).waiting?.message).toHaveLength(768);
});

test('a pod is found by the pool that controls it, not by the label that anybody may write', () => {
  expect(poolPodIndexes.owner(projected({}))).toEqual(['pool-uid']);
  expect(poolPodIndexes.owner(toPoolPod({ apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, ownerReferences: [] } }))).toEqual([]);
});
