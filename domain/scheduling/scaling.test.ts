import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AgentPoolSpec } from '#api/v1alpha1/agentpool.ts';
import { type ScalingView, wishedReplicas, type Wish } from './scaling.ts';

const t0 = 1_000_000;
const specOf = (scaling: object = {}, more: object = {}) => AgentPoolSpec.parse({ agentTypes: ['Tester'], template: { image: 'i' }, scaling: { scaleDownWindowSeconds: 0, ...scaling }, ...more });
const view = (more: Partial<ScalingView> = {}): ScalingView => ({ spec: specOf(), queued: 0, busy: { agents: 0, slots: 0 }, medianRunMs: undefined, desired: 0, history: [], now: t0, ...more });
const busy = (agents: number, slots = agents) => ({ agents, slots });

describe('wishedReplicas', () => {
  const cases: Record<string, { view: ScalingView; want: string }> = {
    'nothing to do needs nobody': { view: view(), want: '0' },
    'each waiting task gets a slot': { view: view({ queued: 3 }), want: '3' },
    'slots share an agent': { view: view({ spec: specOf({}, { slotsPerAgent: 4 }), queued: 5 }), want: '2' },
    'free slots of agents that work are used first': { view: view({ spec: specOf({}, { slotsPerAgent: 4 }), queued: 2, busy: busy(2, 5) }), want: '2' },
    'agents that work stay, however little they do': { view: view({ spec: specOf({}, { slotsPerAgent: 4 }), busy: busy(3, 3) }), want: '3' },
    'warm agents come on top': { view: view({ spec: specOf({ warm: 2 }), queued: 1, busy: busy(1) }), want: '4' },
    'minReplicas holds when nothing is to do': { view: view({ spec: specOf({ minReplicas: 2 }) }), want: '2' },
    'maxReplicas limits, and it is said': { view: view({ spec: specOf({ maxReplicas: 4 }), queued: 50 }), want: '4 limited' },
    'what is just enough is not limited': { view: view({ spec: specOf({ maxReplicas: 4 }), queued: 4 }), want: '4' },
    'warm agents stay within maxReplicas': { view: view({ spec: specOf({ maxReplicas: 4, warm: 9 }) }), want: '4 limited' },
    'short tasks need fewer slots when the queue may take its time': { view: view({ spec: specOf({ targetQueueSeconds: 60, maxReplicas: 100 }), queued: 100, medianRunMs: 6000 }), want: '10' },
    'long tasks need no more than a slot each': { view: view({ spec: specOf({ targetQueueSeconds: 60, maxReplicas: 100 }), queued: 5, medianRunMs: 600_000 }), want: '5' },
    'tasks that take no time still need one': { view: view({ spec: specOf({ targetQueueSeconds: 60 }), queued: 5, medianRunMs: 0 }), want: '1' },
    'an empty queue needs none': { view: view({ spec: specOf({ targetQueueSeconds: 60 }), queued: 0, medianRunMs: 1000 }), want: '0' },
    'before the first run time each waiting task gets a slot': { view: view({ spec: specOf({ targetQueueSeconds: 60 }), queued: 7 }), want: '7' },
    'an unknown queue changes nothing': { view: view({ queued: undefined, desired: 5 }), want: '5' },
    'unknown agents change nothing': { view: view({ queued: 9, busy: undefined, desired: 5 }), want: '5' },
    'mode External follows spec.replicas, limits or not': { view: view({ spec: specOf({ mode: 'External', maxReplicas: 1 }, { replicas: 7 }), queued: 99 }), want: '7' },
    'Pause holds the number': { view: view({ spec: specOf({}, { operatingMode: 'Pause' }), queued: 9, desired: 3 }), want: '3' },
    'Drain keeps those that work': { view: view({ spec: specOf({ minReplicas: 2 }, { operatingMode: 'Drain' }), queued: 9, busy: busy(1), desired: 5 }), want: '1' },
    'Drain without knowledge holds': { view: view({ spec: specOf({}, { operatingMode: 'Drain' }), busy: undefined, desired: 5 }), want: '5' },
    'Drain beats mode External': { view: view({ spec: specOf({ mode: 'External' }, { operatingMode: 'Drain', replicas: 7 }) }), want: '0' },
  };
  test.each(Object.entries(cases))('%s', (_, { view: world, want }) => {
    const { replicas, limited } = wishedReplicas(world);
    expect(`${replicas}${limited ? ' limited' : ''}`).toBe(want);
  });

  /** Wishes for these queue lengths, one each at its second. */
  function run(steps: Record<number, number>, desired = 0, windowSeconds = 30): number[] {
    let history: readonly Wish[] = [];
    return Object.entries(steps).map(([second, queued]) => {
      const wished = wishedReplicas(view({ spec: specOf({ scaleDownWindowSeconds: windowSeconds }), queued, desired, history, now: t0 + Number(second) * 1000 }));
      history = wished.history;
      return wished.replicas;
    });
  }

  const stories: Record<string, { steps: Record<number, number>; desired?: number; windowSeconds?: number; want: number[] }> = {
    'wishes rise at once': { steps: { 0: 1, 1: 5 }, want: [1, 5] },
    'and fall only after the window': { steps: { 0: 5, 10: 1, 39: 1, 40: 1 }, want: [5, 5, 5, 1] },
    'to the highest number wished for within it': { steps: { 0: 5, 10: 1, 20: 3, 25: 1, 40: 1, 54: 1, 55: 1 }, want: [5, 5, 5, 5, 3, 3, 1] },
    'a wish counts until another one follows, not from when it began': { steps: { 0: 5, 100: 1, 129: 1, 130: 1 }, want: [5, 5, 5, 1] },
    'a rise in between starts the window anew': { steps: { 0: 5, 10: 1, 20: 5, 30: 1, 45: 1, 60: 1 }, want: [5, 5, 5, 5, 5, 1] },
    'without a window they fall at once': { steps: { 0: 5, 1: 1 }, windowSeconds: 0, want: [5, 1] },
    'a new leader goes on from the number that was written': { steps: { 0: 1, 29: 1, 30: 1 }, desired: 6, want: [6, 6, 1] },
  };
  test.each(Object.entries(stories))('%s', (_, { steps, desired, windowSeconds, want }) => expect(run(steps, desired, windowSeconds)).toEqual(want));

  test('says when it will fall, and then it does', () => {
    const spec = specOf({ scaleDownWindowSeconds: 30 });
    const high = wishedReplicas(view({ spec, queued: 5 }));
    const held = wishedReplicas(view({ spec, queued: 2, history: high.history, now: t0 + 7000 }));
    expect(held).toMatchObject({ replicas: 5, fallsAfterMs: 30_000, note: '2 tasks wait, 0 agents work, 0 are kept warm; falls to 2 after the scale-down window' });
    const later = wishedReplicas(view({ spec, queued: 2, history: held.history, now: t0 + 7000 + (held.fallsAfterMs ?? 0) }));
    expect(later).toEqual({ replicas: 2, limited: false, note: '2 tasks wait, 0 agents work, 0 are kept warm', history: [{ replicas: 2 }] });
  });

  const anyStep = fc.record({ afterMs: fc.nat(20_000), queued: fc.nat(12) });
  test('equals the highest wish of the window, and remembers no more than it must', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 1, maxLength: 40 }), fc.constantFrom(0, 5, 30), (steps, windowSeconds) => {
        const spec = specOf({ scaleDownWindowSeconds: windowSeconds, maxReplicas: 10, minReplicas: 1 });
        const all: { queued: number; from: number; until: number }[] = [];
        let [history, now]: [readonly Wish[], number] = [[], t0];
        for (const { afterMs, queued } of steps) {
          now += afterMs;
          const last = all.at(-1);
          if (last !== undefined) last.until = now;
          all.push({ queued, from: now, until: Number.POSITIVE_INFINITY });
          const wished = wishedReplicas(view({ spec, queued, history, now }));
          const counted = all.filter(({ from, until }) => until + windowSeconds * 1000 > now && (until > from || windowSeconds > 0));
          expect(wished.replicas).toBe(Math.min(Math.max(1, ...counted.map((wish) => wish.queued)), 10));
          expect(wished.history.map(({ replicas }) => replicas)).toEqual([...new Set(wished.history.map(({ replicas }) => replicas))].toSorted((a, b) => b - a));
          history = wished.history;
        }
      }),
    );
  });
});
