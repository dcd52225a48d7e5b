import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatTime, formatTimeMs } from '#api/time.ts';
import { applied, anAgent, aPod, aPool, aView, t0 } from '../testing.ts';
import { decidePool } from './index.ts';
import { templateHash } from './pod.ts';
import type { PoolAgent, PoolPod, PoolView } from './view.ts';

const spec = fc.record({
  replicas: fc.nat({ max: 6 }),
  slotsPerAgent: fc.integer({ min: 1, max: 3 }),
  operatingMode: fc.constantFrom('Serve', 'Drain', 'Pause'),
  scaling: fc
    .record({ mode: fc.constantFrom('Internal', 'External'), minReplicas: fc.nat({ max: 3 }), more: fc.nat({ max: 5 }), warm: fc.nat({ max: 2 }), idleSeconds: fc.constantFrom(0, 60), scaleDownWindowSeconds: fc.constantFrom(0, 30) })
    .map(({ more, ...scaling }) => ({ ...scaling, maxReplicas: scaling.minReplicas + more })),
});

const podState = fc.record({
  phase: fc.constantFrom('Pending' as const, 'Running' as const, 'Running' as const, 'Failed' as const),
  deleting: fc.boolean(),
  stale: fc.boolean(),
  containerTerminated: fc.boolean(),
  restartCount: fc.nat({ max: 3 }),
  silentMs: fc.constantFrom(0, 10_000, 100_000),
  agent: fc.option(fc.record({ used: fc.nat({ max: 3 }), idleForMs: fc.constantFrom(0, 30_000, 90_000), draining: fc.boolean() }), { nil: undefined }),
});

const part = fc.record({ state: fc.constantFrom('off' as const, 'well' as const, 'down' as const), since: fc.constantFrom(0, 10_000, 100_000).map((agoMs) => formatTimeMs(t0 - agoMs)), fault: fc.constantFrom('slow' as const, undefined) });
const anyMirror = fc.option(
  fc.record({ heardAt: fc.constantFrom(0, 59_999, 60_000, 900_000).map((agoMs) => t0 - agoMs), renewTime: fc.constant(formatTimeMs(t0)), isHeld: fc.boolean(), parts: fc.option(fc.dictionary(fc.constantFrom('log', 'redis', 'clickhouse'), part), { nil: undefined }) }),
  { nil: undefined },
);
const mirroredBefore = fc.option(fc.constantFrom('Mirrored' as const, 'StoreDown' as const, 'MirrorSilent' as const), { nil: undefined });

const anyView: fc.Arbitrary<PoolView> = fc
  .record({
    spec,
    states: fc.array(podState, { maxLength: 8 }),
    queued: fc.nat({ max: 12 }),
    tokens: fc.nat({ max: 20 }),
    refused: fc.boolean(),
    failures: fc.nat({ max: 4 }),
    wished: fc.option(fc.nat({ max: 8 }), { nil: undefined }),
    mirror: anyMirror,
    told: mirroredBefore,
  })
  .map(({ spec: wish, states, queued, tokens, refused, failures, wished, mirror, told }) => {
    const status = told === undefined ? undefined : { conditions: [{ type: 'Mirrored', status: told === 'StoreDown' ? 'False' as const : 'True' as const, reason: told, message: 'as it was', observedGeneration: 1, lastTransitionTime: formatTime(t0) }] };
    const pool = aPool(wish, status);
    const pods: PoolPod[] = [];
    const agents: PoolAgent[] = [];
    const silentSince: Record<string, number> = {};
    states.forEach(({ agent, stale, silentMs, ...state }, index) => {
      const name = `pool-${index}`;
      const pod = aPod(name, { ...state, templateHash: stale ? 'old' : templateHash(pool.spec) });
      pods.push(pod);
      if (agent !== undefined && state.phase === 'Running' && !state.containerTerminated) agents.push(anAgent(name, { slots: 3, ...agent }));
      else silentSince[pod.metadata.uid] = t0 - silentMs;
    });
    return aView({
      pool,
      mirror,
      pods,
      demand: { queued, agents },
      freshNames: Array.from({ length: tokens }, (_, index) => `pool-new${index}`),
      tokens: { available: tokens, nextMs: 50 },
      memory: { wishes: wished === undefined ? [] : [{ replicas: wished }], silentSince, failures: { count: failures, at: t0 - 700_000 + failures } },
      ...(refused ? { refusal: { kind: 'quota', message: 'exceeded quota', at: t0, count: 1, generation: 1 } } : {}),
    });
  });

const agentOf = (view: PoolView, podUid: string) => view.demand.agents.find((agent) => agent.podUid === podUid);

test('no busy agent is ever deleted', () => {
  fc.assert(
    fc.property(anyView, (view) => {
      for (const intent of decidePool(view, t0).intents) {
        if (intent.kind !== 'deletePod') continue;
        const pod = view.pods.find(({ metadata }) => metadata.uid === intent.podUid);
        const isOver = pod?.phase === 'Failed';
        expect(isOver || (agentOf(view, intent.podUid)?.used ?? 0) === 0).toBe(true);
      }
    }),
  );
});

test('an agent that could take tasks is drained before its pod is deleted', () => {
  fc.assert(
    fc.property(anyView, (view) => {
      const deleted = decidePool(view, t0).intents.flatMap((intent) => (intent.kind === 'deletePod' ? [intent.podUid] : []));
      expect(deleted.filter((uid) => agentOf(view, uid)?.draining === false)).toEqual([]);
    }),
  );
});

test('creations never bring a pool that scales itself above maxReplicas, pods that terminate included', () => {
  fc.assert(
    fc.property(anyView, (view) => {
      fc.pre(view.pool.spec.scaling.mode === 'Internal');
      const decision = decidePool(view, t0);
      if (!decision.intents.some(({ kind }) => kind === 'createPod')) return;
      const after = applied(view, decision, t0);
      expect(after.pods.filter(({ phase }) => phase !== 'Failed').length).toBeLessThanOrEqual(view.pool.spec.scaling.maxReplicas);
    }),
  );
});

test('a decision, once carried out, leaves nothing more to do, except to delete the idle agents it drained', () => {
  fc.assert(
    fc.property(anyView, (view) => {
      const first = decidePool(view, t0);
      const after = applied(view, first, t0);
      const drained = new Set(first.intents.flatMap((intent) => (intent.kind === 'drainAgent' ? [intent.podUid] : [])));
      const second = decidePool(after, t0);
      for (const intent of second.intents) expect(intent).toMatchObject({ kind: 'deletePod', podUid: expect.toSatisfy((uid: string) => drained.has(uid)) });
      const third = decidePool(applied(after, second, t0), t0);
      expect(third.intents).toEqual([]);
    }),
  );
});

test('the status of an unchanged world does not change, so nothing is written', () => {
  fc.assert(
    fc.property(anyView, (view) => {
      const { status = {}, seen } = decidePool(view, t0);
      expect(decidePool(applied(view, { intents: [], status, seen }, t0), t0).status).toEqual(status);
    }),
  );
});

test('whatever the world, no creation exceeds the tokens', () => {
  fc.assert(
    fc.property(anyView, (view) => {
      const created = decidePool(view, t0).intents.filter(({ kind }) => kind === 'createPod');
      expect(created.length).toBeLessThanOrEqual(view.tokens.available);
    }),
  );
});

test('a busy agent stays in the count of busy ones whatever is decided about it', () => {
  fc.assert(
    fc.property(anyView, (view) => {
      const alive = view.pods.filter(({ metadata, phase }) => metadata.deletionTimestamp === undefined && phase === 'Running');
      const busy = alive.filter(({ metadata }) => (agentOf(view, metadata.uid)?.used ?? 0) > 0);
      expect(decidePool(view, t0).status?.busyReplicas).toBe(busy.length);
    }),
  );
});
