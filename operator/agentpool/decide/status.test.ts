import { describe, expect, test } from 'vitest';
import { agentPoolConditions } from '#api/conditions.ts';
import { AgentPoolStatus } from '#api/v1alpha1/agentpool.ts';
import { formatTime } from '#api/time.ts';
import { anAgent, aPod, aPool, aView, t0 } from '../testing.ts';
import { decidePool } from './index.ts';
import type { PoolView } from './view.ts';

const statusOf = (view: PoolView) => decidePool(view, t0).status ?? {};
const conditions = (view: PoolView) => Object.fromEntries((statusOf(view).conditions ?? []).map(({ type, status, reason }) => [type, `${status}/${reason}`]));
const messageOf = (view: PoolView, type: string) => statusOf(view).conditions?.find((condition) => condition.type === type)?.message;
const waits = { queued: 1, agents: [] };
const down = { phase: 'Pending', ready: false } as const;

const cases: Record<string, { view: PoolView; want: Record<string, string | undefined> }> = {
  'an idle pool is ready at zero': { view: aView(), want: { Ready: 'True/ScaledToZero', ScalingActive: 'True/Internal', ScalingLimited: 'False/WithinLimits', Reconciling: undefined, Stalled: undefined } },
  'agents that start make it reconcile': { view: aView({ pods: [aPod('a', down)], demand: waits }), want: { Ready: 'False/Starting', Reconciling: 'True/Starting' } },
  'all wished-for agents connected: ready': { view: aView({ pods: [aPod('a')], demand: { queued: 0, agents: [anAgent('a', { used: 1 })] } }), want: { Ready: 'True/Ready', Isolated: 'True/Isolated', Reconciling: undefined } },
  'an image error stalls': { view: aView({ pods: [aPod('a', { ...down, waiting: { reason: 'ErrImagePull', message: 'not found' } })], demand: waits }), want: { Ready: 'False/ImageError', Stalled: 'True/ImageError', Reconciling: undefined } },
  'a refused pod stalls': { view: aView({ demand: waits, refusal: { kind: 'refused', message: 'no', at: t0, count: 1, generation: 1 } }), want: { Ready: 'False/PodRefused', Stalled: 'True/PodRefused' } },
  'an exceeded quota stalls': { view: aView({ demand: waits, refusal: { kind: 'quota', message: 'no', at: t0, count: 1, generation: 1 } }), want: { Ready: 'False/QuotaExceeded', Stalled: 'True/QuotaExceeded' } },
  'a refusal of an earlier spec is not held against this one': { view: aView({ demand: waits, refusal: { kind: 'quota', message: 'no', at: t0, count: 1, generation: 0 } }), want: { Ready: 'False/Starting', Stalled: undefined } },
  'a refusal does not matter when no agent is needed': { view: aView({ refusal: { kind: 'quota', message: 'no', at: t0, count: 1, generation: 1 } }), want: { Ready: 'True/ScaledToZero', Stalled: undefined } },
  'a pod that fits no node may fit later: reconciling, not stalled': { view: aView({ pods: [aPod('a', { ...down, unschedulable: '0/3 nodes' })], demand: waits }), want: { Ready: 'False/Unschedulable', Reconciling: 'True/Starting', Stalled: undefined } },
  'a crash looping agent is named': { view: aView({ pods: [aPod('a', { containerTerminated: true, restartCount: 4, waiting: { reason: 'CrashLoopBackOff', message: '' } })], demand: waits }), want: { Ready: 'False/CrashLooping' } },
  'more tasks than maxReplicas allows agents': { view: aView({ pool: aPool({ scaling: { maxReplicas: 1 } }), demand: { queued: 2, agents: [] } }), want: { ScalingLimited: 'True/AtMaximum' } },
  'spec.replicas in mode Internal is answered': { view: aView({ pool: aPool({ replicas: 3 }) }), want: { ScalingActive: 'False/IgnoredInInternalMode', Ready: 'True/ScaledToZero' } },
  'mode External is named': { view: aView({ pool: aPool({ scaling: { mode: 'External' } }) }), want: { ScalingActive: 'True/External' } },
  'a paused pool is ready: it does what it was told': { view: aView({ pool: aPool({ operatingMode: 'Pause' }, { desiredReplicas: 1 }), pods: [aPod('a')], demand: { queued: 2, agents: [anAgent('a')] } }), want: { Ready: 'True/Paused', Reconciling: undefined } },
  'a draining pool reconciles until nobody is left': { view: aView({ pool: aPool({ operatingMode: 'Drain' }), pods: [aPod('a')], demand: { queued: 0, agents: [anAgent('a', { used: 1 })] } }), want: { Ready: 'False/Draining', Reconciling: 'True/Starting' } },
  'a drained pool is done': { view: aView({ pool: aPool({ operatingMode: 'Drain' }) }), want: { Ready: 'True/Draining', Reconciling: undefined } },
  'one agent without a boundary is enough to say so': { view: aView({ pods: [aPod('a'), aPod('b')], demand: { queued: 0, agents: [anAgent('a', { boundary: 'none' }), anAgent('b')] } }), want: { Isolated: 'False/NoBoundary' } },
  'a boundary that lacks a part is no isolation': { view: aView({ pods: [aPod('a'), aPod('b')], demand: { queued: 0, agents: [anAgent('a', { boundary: 'partial' }), anAgent('b')] } }), want: { Ready: 'True/Ready', Isolated: 'False/PartialBoundary' } },
  'agents below the isolation that is asked for make the pool unready': { view: aView({ pool: aPool({ isolation: 'Full' }), pods: [aPod('a')], demand: { queued: 0, agents: [anAgent('a', { boundary: 'partial' })] } }), want: { Ready: 'False/NotIsolated', Isolated: 'False/PartialBoundary', Reconciling: 'True/Starting' } },
  'agents with the isolation that is asked for are ready': { view: aView({ pool: aPool({ isolation: 'Full' }), pods: [aPod('a')], demand: { queued: 0, agents: [anAgent('a')] } }), want: { Ready: 'True/Ready', Isolated: 'True/Isolated' } },
  'nobody connected: nothing is known of isolation': { view: aView(), want: { Isolated: undefined } },
  'a rollout reconciles': { view: aView({ pods: [aPod('a', { templateHash: 'old' })], demand: { queued: 0, agents: [anAgent('a', { used: 1 })] } }), want: { Ready: 'True/Ready', Reconciling: 'True/Starting' } },
};
test.each(Object.entries(cases))('%s', (_, { view, want }) => {
  const said = conditions(view);
  expect(Object.fromEntries(Object.keys(want).map((type) => [type, said[type]]))).toEqual(want);
});

test('every reason that can be said is in the table that people read', () => {
  const table: Record<string, Record<string, unknown>> = agentPoolConditions;
  const said = Object.values(cases).flatMap(({ view }) => statusOf(view).conditions ?? []);
  expect(said.filter(({ type, reason }) => table[type]?.[reason] === undefined)).toEqual([]);
});

describe('messages are those of whoever knows', () => {
  test('the kubelet', () => {
    const view = aView({ pods: [aPod('a', { ...down, waiting: { reason: 'ErrImagePull', message: 'manifest unknown' } })], demand: waits });
    expect(messageOf(view, 'Stalled')).toBe('pod a: ErrImagePull: manifest unknown');
  });
  test('the API server', () => {
    const view = aView({ demand: waits, refusal: { kind: 'quota', message: 'exceeded quota: pods=1, used 1', at: t0, count: 1, generation: 1 } });
    expect(messageOf(view, 'Ready')).toBe('exceeded quota: pods=1, used 1');
  });
});

test('counts are those of the moment', () => {
  const pods = [aPod('a'), aPod('b'), aPod('c', down), aPod('d', { deleting: true }), aPod('e', { phase: 'Failed' })];
  const agents = [anAgent('a', { slots: 4, used: 3 }), anAgent('b', { slots: 4, draining: true, used: 1 }), anAgent('d', { slots: 4, used: 2 })];
  expect(statusOf(aView({ pool: aPool({ slotsPerAgent: 4 }), pods, demand: { queued: 7, agents } }))).toMatchObject({
    replicas: 3, readyReplicas: 1, busyReplicas: 2, slots: { total: 8, used: 4 }, queued: 7, selector: 'coditect.ai/pool=pool', observedGeneration: 1,
  });
});

test('isolation that was seen stays known while nobody is connected', () => {
  const before = statusOf(aView({ pods: [aPod('a')], demand: { queued: 0, agents: [anAgent('a', { boundary: 'partial' })] } }));
  expect(conditions(aView({ pool: aPool({}, before) }))['Isolated']).toBe('False/PartialBoundary');
});

test('the time of the last scaling is remembered or kept', () => {
  const memory = { ...aView().memory, lastScaleAt: t0 - 5000 };
  expect(statusOf(aView({ memory })).lastScaleTime).toBe(formatTime(t0 - 5000));
  expect(statusOf(aView({ pool: aPool({}, { lastScaleTime: '2025-12-31T00:00:00Z' }) })).lastScaleTime).toBe('2025-12-31T00:00:00Z');
});

test('every status satisfies the schema', () => {
  for (const { view } of Object.values(cases)) expect(AgentPoolStatus.safeParse(statusOf(view)).error).toBeUndefined();
});
