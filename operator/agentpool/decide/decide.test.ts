import { describe, expect, test } from 'vitest';
import { applied, anAgent, aPod, aPool, aView, lines, t0 } from '../testing.ts';
import { decidePool } from './index.ts';
import { templateHash } from './pod.ts';
import type { PoolView } from './view.ts';

const scaling = (changes: object, rest: object = {}) => aPool({ scaling: changes, ...rest });
const external = (replicas: number) => aPool({ replicas, scaling: { mode: 'External' } });
const pods = (...names: string[]) => names.map((name) => aPod(name));
const settled = (replicas: number) => ({ wishes: [{ replicas }], silentSince: {}, failures: { count: 0, at: 0 } });
const imageError = { phase: 'Pending', ready: false, waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "agent:1"' } } as const;
const crashLoop = { ready: false, containerTerminated: true, restartCount: 5, waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' }, exit: { code: 1, reason: 'Error', message: 'no config' } } as const;

const grows: Record<string, { view: PoolView; want: string[] }> = {
  'from zero, agents are created in the very turn that a task begins to wait': {
    view: aView({ demand: { queued: 2, agents: [] } }),
    want: ['create pool-new0', 'create pool-new1'],
  },
  'several slots in one agent need fewer agents': {
    view: aView({ pool: aPool({ slotsPerAgent: 4 }), demand: { queued: 5, agents: [] } }),
    want: ['create pool-new0', 'create pool-new1'],
  },
  'free slots of busy agents are used before a pod is created': {
    view: aView({ pool: aPool({ slotsPerAgent: 4 }), pods: [aPod('a', { templateHash: templateHash(aPool({ slotsPerAgent: 4 }).spec) })], demand: { queued: 3, agents: [anAgent('a', { slots: 4, used: 1 })] } }),
    want: [],
  },
  'agents that are starting count: the same tasks do not ask twice': {
    view: aView({ pods: [aPod('a', { phase: 'Pending', ready: false })], demand: { queued: 1, agents: [] } }),
    want: [],
  },
  'no more than maxReplicas': { view: aView({ pool: scaling({ maxReplicas: 1 }), demand: { queued: 9, agents: [] } }), want: ['create pool-new0'] },
  'minReplicas are there without any task': { view: aView({ pool: scaling({ minReplicas: 1 }) }), want: ['create pool-new0'] },
  'a warm agent is kept ready beyond those that work': {
    view: aView({ pool: scaling({ warm: 1 }), pods: pods('a'), demand: { queued: 0, agents: [anAgent('a', { used: 1 })] } }),
    want: ['create pool-new0'],
  },
  'short tasks with targetQueueSeconds share an agent': {
    view: aView({ pool: scaling({ targetQueueSeconds: 10 }), demand: { queued: 8, medianRunMs: 2500, agents: [] } }),
    want: ['create pool-new0', 'create pool-new1'],
  },
  'without a median run time, targetQueueSeconds asks for one slot each': {
    view: aView({ pool: scaling({ targetQueueSeconds: 10 }), demand: { queued: 2, agents: [] } }),
    want: ['create pool-new0', 'create pool-new1'],
  },
  'External follows spec.replicas, whatever waits': { view: aView({ pool: external(1), demand: { queued: 9, agents: [] } }), want: ['create pool-new0'] },
  'an agent that is being deleted is replaced, but takes room below maxReplicas until it is gone': {
    view: aView({ pool: scaling({ maxReplicas: 2 }), pods: [aPod('a', { deleting: true })], demand: { queued: 2, agents: [] } }),
    want: ['create pool-new0'],
  },
  'External does not wait for pods that terminate on a lost node': {
    view: aView({ pool: external(1), pods: [aPod('a', { deleting: true })] }),
    want: ['create pool-new0'],
  },
  'no more pods at once than there are tokens': { view: aView({ demand: { queued: 5, agents: [] }, tokens: { available: 1, nextMs: 50 } }), want: ['create pool-new0'] },
  'a name that a pod has is not used': {
    view: aView({ pods: [aPod('pool-new0', { deleting: true })], demand: { queued: 1, agents: [] } }),
    want: ['create pool-new1'],
  },
  'Pause creates nothing for tasks that it will not serve': { view: aView({ pool: aPool({ operatingMode: 'Pause' }), demand: { queued: 3, agents: [] } }), want: [] },
  'Drain creates nothing': { view: aView({ pool: scaling({ minReplicas: 2 }, { operatingMode: 'Drain' }), demand: { queued: 3, agents: [] } }), want: [] },
  'without a CA bundle no agent is created: it could trust nobody': {
    view: aView({ demand: { queued: 1, agents: [] }, settings: { operatorNamespace: 'coditect-system', silenceMs: 45_000 } }),
    want: [],
  },
  'a pool that is being deleted gets no new pods': {
    view: aView({ pool: { ...aPool(), metadata: { ...aPool().metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }, demand: { queued: 1, agents: [] } }),
    want: [],
  },
};
describe('growing', () => {
  test.each(Object.entries(grows))('%s', (_, { view, want }) => expect(lines(decidePool(view, t0))).toEqual(want));
});

const shrinks: Record<string, { view: PoolView; want: string[] }> = {
  'an agent idle for idleSeconds that nobody needs is drained first': {
    view: aView({ pods: pods('a'), demand: { queued: 0, agents: [anAgent('a')] }, memory: settled(0) }),
    want: ['drain a'],
  },
  'and deleted once it is drained and idle': {
    view: aView({ pods: pods('a'), demand: { queued: 0, agents: [anAgent('a', { draining: true })] }, memory: settled(0) }),
    want: ['delete a'],
  },
  'a draining agent with a task is left to finish it': {
    view: aView({ pods: pods('a'), demand: { queued: 0, agents: [anAgent('a', { draining: true, used: 1 })] }, memory: settled(0) }),
    want: [],
  },
  'an agent idle for a moment stays': {
    view: aView({ pods: pods('a'), demand: { queued: 0, agents: [anAgent('a', { idleForMs: 59_000 })] }, memory: settled(0) }),
    want: [],
  },
  'within the window the pool keeps its highest wish': {
    view: aView({ pods: pods('a'), demand: { queued: 0, agents: [anAgent('a')] }, memory: { ...settled(1), wishes: [{ replicas: 1, until: t0 - 29_000 }, { replicas: 0 }] } }),
    want: [],
  },
  'a new leader goes on from the number that was wished for last': {
    view: aView({ pool: aPool({}, { desiredReplicas: 1 }), pods: pods('a'), demand: { queued: 0, agents: [anAgent('a')] } }),
    want: [],
  },
  'the longest idle agent goes first, a busy one never': {
    view: aView({ pods: pods('a', 'b', 'c'), demand: { queued: 0, agents: [anAgent('a', { used: 1 }), anAgent('b', { idleForMs: 70_000 }), anAgent('c', { idleForMs: 90_000 })] }, pool: scaling({ minReplicas: 2 }), memory: settled(2) }),
    want: ['drain c'],
  },
  'a pod that runs unconnected is held: it may have a task': {
    view: aView({ pods: pods('a'), memory: { ...settled(0), silentSince: { 'uid-a': t0 - 44_000 } } }),
    want: [],
  },
  'a pod that has been silent for longer than any lease is deleted when nobody needs it': {
    view: aView({ pods: pods('a'), memory: { ...settled(0), silentSince: { 'uid-a': t0 - 61_000 } } }),
    want: ['delete a'],
  },
  'a pod that fits no node is deleted when nobody needs it any more': {
    view: aView({ pods: [aPod('a', { phase: 'Pending', ready: false, unschedulable: '0/3 nodes are available' })], memory: settled(0) }),
    want: ['delete a'],
  },
  'External lets go at once, idle agents first, busy ones by draining': {
    view: aView({ pool: external(1), pods: pods('a', 'b', 'c'), demand: { queued: 5, agents: [anAgent('a', { used: 1 }), anAgent('b', { idleForMs: 5 }), anAgent('c', { used: 1 })] } }),
    want: ['drain b', 'drain a'],
  },
  'a lowered maxReplicas drains busy agents too': {
    view: aView({ pool: scaling({ maxReplicas: 1 }), pods: pods('a', 'b'), demand: { queued: 5, agents: [anAgent('a', { used: 1 }), anAgent('b', { used: 1 })] }, memory: settled(2) }),
    want: ['drain a'],
  },
  'Drain lets every agent go, and deletes those that have no process': {
    view: aView({ pool: aPool({ operatingMode: 'Drain' }), pods: [aPod('a'), aPod('b', { phase: 'Pending', ready: false }), aPod('c')], demand: { queued: 3, agents: [anAgent('a', { used: 1 }), anAgent('c')] } }),
    want: ['delete b', 'drain c', 'drain a'],
  },
  'Pause keeps idle agents': {
    view: aView({ pool: aPool({ operatingMode: 'Pause' }), pods: pods('a'), demand: { queued: 0, agents: [anAgent('a')] }, memory: settled(0) }),
    want: [],
  },
};
describe('shrinking', () => {
  test.each(Object.entries(shrinks))('%s', (_, { view, want }) => expect(lines(decidePool(view, t0))).toEqual(want));
});

const trouble: Record<string, { view: PoolView; want: string[] }> = {
  'an evicted pod is deleted and replaced in one turn': {
    view: aView({ pods: [aPod('a', { phase: 'Failed', exit: { code: -1, reason: 'Evicted', message: 'disk pressure' } })], demand: { queued: 1, agents: [] } }),
    want: ['delete a', 'create pool-new0'],
  },
  'pods that keep ending are replaced with growing pauses': {
    view: aView({ pods: [aPod('a', { phase: 'Failed' })], demand: { queued: 1, agents: [] }, memory: { ...settled(1), failures: { count: 1, at: t0 - 1000 } } }),
    want: ['delete a'],
  },
  'failures of long ago are forgotten': {
    view: aView({ pods: [aPod('a', { phase: 'Failed' })], demand: { queued: 1, agents: [] }, memory: { ...settled(1), failures: { count: 7, at: t0 - 700_000 } } }),
    want: ['delete a', 'create pool-new0'],
  },
  'a crash looping agent is not replaced, and no more of its kind are made': {
    view: aView({ pods: [aPod('a', crashLoop)], demand: { queued: 5, agents: [] } }),
    want: [],
  },
  'an image that cannot be pulled makes no storm of pods': {
    view: aView({ pods: [aPod('a', imageError)], demand: { queued: 5, agents: [] }, pool: aPool({}, { conditions: [{ type: 'Ready', status: 'False', reason: 'ImageError', message: '', lastTransitionTime: '' }] }) }),
    want: [],
  },
  'an image error is announced once': {
    view: aView({ pods: [aPod('a', imageError)], demand: { queued: 1, agents: [] } }),
    want: ['announce ImageError'],
  },
  'pods that fit no node are held, not replaced': {
    view: aView({ pods: [aPod('a', { phase: 'Pending', ready: false, unschedulable: '0/3 nodes are available' })], demand: { queued: 1, agents: [] } }),
    want: [],
  },
  'after a refusal nothing is tried until the pause is over': {
    view: aView({ demand: { queued: 5, agents: [] }, refusal: { kind: 'quota', message: 'exceeded quota', at: t0 - 1000, count: 1, generation: 1 } }),
    want: [],
  },
  'then one pod finds out': {
    view: aView({ demand: { queued: 5, agents: [] }, refusal: { kind: 'quota', message: 'exceeded quota', at: t0 - 2000, count: 1, generation: 1 } }),
    want: ['create pool-new0'],
  },
  'a changed spec is tried at once': {
    view: aView({ demand: { queued: 2, agents: [] }, refusal: { kind: 'refused', message: 'image', at: t0, count: 5, generation: 0 } }),
    want: ['create pool-new0', 'create pool-new1'],
  },
};
describe('trouble', () => {
  test.each(Object.entries(trouble))('%s', (_, { view, want }) => expect(lines(decidePool(view, t0))).toEqual(want));
});

const old = { templateHash: 'old' };
const rollout: Record<string, { view: PoolView; want: string[] }> = {
  'of several idle agents of an earlier template one is drained and replaced': {
    view: aView({ pool: scaling({ minReplicas: 2 }), pods: [aPod('a', old), aPod('b', old)], demand: { queued: 0, agents: [anAgent('a'), anAgent('b')] }, memory: settled(2) }),
    want: ['drain a', 'create pool-new0'],
  },
  'the next one waits until the new agent is connected': {
    view: aView({ pool: scaling({ minReplicas: 2 }), pods: [aPod('b', old), aPod('n', { phase: 'Pending', ready: false })], demand: { queued: 0, agents: [anAgent('b')] }, memory: settled(2) }),
    want: [],
  },
  'a new template that fails stops the rollout after the first agent': {
    view: aView({ pool: scaling({ minReplicas: 2 }), pods: [aPod('b', old), aPod('n', crashLoop)], demand: { queued: 0, agents: [anAgent('b')] }, memory: settled(2) }),
    want: [],
  },
  'idle agents go before busy ones': {
    view: aView({ pool: scaling({ minReplicas: 2 }), pods: [aPod('a', old), aPod('b', old)], demand: { queued: 0, agents: [anAgent('a', { used: 1 }), anAgent('b')] }, memory: settled(2) }),
    want: ['drain b', 'create pool-new0'],
  },
  'a busy agent is drained and finishes its tasks': {
    view: aView({ pods: [aPod('a', old)], demand: { queued: 0, agents: [anAgent('a', { used: 1 })] }, memory: settled(1) }),
    want: ['drain a', 'create pool-new0'],
  },
  'a corrected image replaces all pods that could not start': {
    view: aView({ pool: scaling({ minReplicas: 2 }), pods: [aPod('a', { ...imageError, ...old }), aPod('b', { ...imageError, ...old })], memory: settled(2) }),
    want: ['delete a', 'delete b', 'create pool-new0', 'create pool-new1', 'announce ImageError'],
  },
};
describe('a changed template', () => {
  test.each(Object.entries(rollout))('%s', (_, { view, want }) => expect(lines(decidePool(view, t0))).toEqual(want));
});

describe('what other runner controllers got wrong', () => {
  test('agents that the fleet names but whose pods do not exist are no capacity', () => {
    expect(lines(decidePool(aView({ demand: { queued: 1, agents: [anAgent('ghost')] } }), t0))).toEqual(['create pool-new0']);
  });
  test('an agent whose pod was removed while it ran a task does not stay busy for ever', () => {
    const decision = decidePool(aView({ demand: { queued: 1, agents: [anAgent('ghost', { used: 1 })] } }), t0);
    expect(decision.status).toMatchObject({ replicas: 0, busyReplicas: 0, slots: { total: 0, used: 0 } });
  });
  test('a pod that hangs in termination with a task is replaced', () => {
    const view = aView({ pods: [aPod('a', { deleting: true })], demand: { queued: 1, agents: [anAgent('a', { used: 1 })] } });
    expect(lines(decidePool(view, t0))).toEqual(['create pool-new0']);
  });
  test('a pod that stays Failed after an eviction is removed, also when no agent is needed', () => {
    expect(lines(decidePool(aView({ pods: [aPod('a', { phase: 'Failed' })] }), t0))).toEqual(['delete a']);
  });
  test('an idle agent is not reaped just before its task arrives: a waiting task keeps it', () => {
    const view = aView({ pods: pods('a'), demand: { queued: 1, agents: [anAgent('a', { idleForMs: 3_600_000 })] }, memory: settled(0) });
    expect(lines(decidePool(view, t0))).toEqual([]);
  });
  test('nobody waits for half an hour: whenever something holds a creation back, there is a time to look again', () => {
    const held: Partial<PoolView>[] = [
      { tokens: { available: 0, nextMs: 40 } },
      { refusal: { kind: 'refused', message: '', at: t0, count: 50, generation: 1 } },
      { memory: { ...settled(0), failures: { count: 50, at: t0 } } },
      { settings: { operatorNamespace: 'x', silenceMs: 1 } },
    ];
    for (const hold of held) {
      const decision = decidePool(aView({ demand: { queued: 1, agents: [] }, ...hold }), t0);
      expect(lines(decision)).toEqual([]);
      expect(decision.wakeAfterMs).toBeLessThanOrEqual(300_000);
      expect(decision.wakeAfterMs).toBeGreaterThan(0);
    }
  });
});

describe('when to look again', () => {
  test('when the idle agent has been idle for long enough', () => {
    const view = aView({ pods: pods('a'), demand: { queued: 0, agents: [anAgent('a', { idleForMs: 20_000 })] }, memory: settled(0) });
    expect(decidePool(view, t0).wakeAfterMs).toBe(40_000);
  });
  test('when the window lets the pool shrink', () => {
    const view = aView({ pods: pods('a'), demand: { queued: 0, agents: [anAgent('a')] }, memory: { ...settled(1), wishes: [{ replicas: 1, until: t0 - 10_000 }, { replicas: 0 }] } });
    const { wakeAfterMs = 0 } = decidePool(view, t0);
    expect(lines(decidePool(view, t0 + wakeAfterMs - 2))).toEqual([]);
    expect(lines(decidePool(view, t0 + wakeAfterMs))).toEqual(['drain a']);
  });
  test('never, when nothing can change by time alone', () => expect(decidePool(aView(), t0).wakeAfterMs).toBeUndefined());
});

test('a pool that loses its last task shrinks to zero by looking only when it asked to', () => {
  let view = aView({ pods: pods('a'), demand: { queued: 0, agents: [anAgent('a', { used: 1 })] }, memory: settled(1) });
  view = { ...view, demand: { queued: 0, agents: [anAgent('a', { idleForMs: 0 })] } };
  let now = t0;
  const seen: string[] = [];
  for (let looks = 0; looks < 10; looks++) {
    const decision = decidePool(view, now);
    seen.push(...lines(decision));
    const waitedMs = decision.wakeAfterMs;
    view = applied(view, decision, now);
    if (waitedMs === undefined) break;
    now += waitedMs;
    view = { ...view, demand: { ...view.demand, agents: view.demand.agents.map((agent) => ({ ...agent, idleForMs: agent.idleForMs + waitedMs })) } };
  }
  expect(seen).toEqual(['drain a', 'delete a']);
  expect(now - t0).toBeLessThan(62_000);
});
