import { describe, expect, test } from 'vitest';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import { labels } from '#api/labels.ts';
import type { PartReport } from '#api/mirrored.ts';
import { formatTimeMs } from '#api/time.ts';
import { createWriteGate } from '#platform/kube/gate.ts';
import { createStore } from '#platform/kube/store.ts';
import type { NewObject } from '#platform/kube/types.ts';
import { createWorkQueue } from '#platform/kube/workqueue.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { keyText, parseKey, reconcileWith } from '../reconciler.ts';
import type { CreateAnswer, PoolCluster } from './act.ts';
import { createPace, createPoolBook } from './book.ts';
import type { MirrorView, PoolAgent, PoolPod } from './decide/view.ts';
import { agentPoolParts, watchPools } from './index.ts';
import { poolPodIndexes } from './pool-pod.ts';
import { anAgent, aPod, aPool, settings } from './testing.ts';

interface Options {
  readonly spec?: object;
  readonly podsPerSecond?: number;
  /** Answer to the next creations; undefined lets them in. */
  readonly refusal?: CreateAnswer;
}

/** The pool reconciler in its real shell, with real caches, gate and queue; API server and fleet are played by the test. */
function aWorld({ spec = {}, podsPerSecond = 20, refusal }: Options = {}) {
  const clock = new ManualClock();
  const pools = createStore<AgentPool>({ name: 'agentpools', indexes: {}, log: silentLog, onPoison: () => {} });
  const pods = createStore<PoolPod>({ name: 'pods', indexes: poolPodIndexes, log: silentLog, onPoison: () => {} });
  const events: string[] = [];
  const writes: string[] = [];
  const fleet = { queued: 0, agents: new Map<string, PoolAgent>() };
  const world: { cacheLags: boolean; refusal: CreateAnswer | undefined; mirror: MirrorView | undefined } = { cacheLags: false, refusal, mirror: undefined };
  let version = 1;

  function show(pod: PoolPod): void {
    pods.upsert(pod);
    pods.advance(pod.metadata.resourceVersion);
  }
  function born({ metadata }: NewObject): PoolPod {
    const pod = aPod(metadata.name, { phase: 'Pending', ready: false, createdMs: clock.now(), templateHash: metadata.labels?.[labels.templateHash] ?? '' });
    return { ...pod, metadata: { ...pod.metadata, resourceVersion: String(++version) } };
  }

  const cluster: PoolCluster = {
    createPod: async (manifest) => {
      writes.push('create');
      if (world.refusal !== undefined) return world.refusal;
      const pod = born(manifest);
      if (!world.cacheLags) show(pod);
      return { kind: 'created', uid: pod.metadata.uid, resourceVersion: pod.metadata.resourceVersion };
    },
    deletePod: async (key, uid) => {
      writes.push('delete');
      const pod = pods.get(key);
      if (pod?.metadata.uid !== uid) return;
      fleet.agents.delete(uid);
      show({ ...pod, metadata: { ...pod.metadata, resourceVersion: String(++version), deletionTimestamp: 'now' } });
    },
    patchStatus: async (key, { uid }, patch) => {
      writes.push('status');
      const pool = pools.get(key);
      if (pool === undefined) return undefined;
      const metadata = { ...pool.metadata, resourceVersion: String(++version) };
      pools.upsert({ ...pool, metadata, status: { ...pool.status, ...patch } });
      pools.advance(metadata.resourceVersion);
      return { uid, resourceVersion: metadata.resourceVersion };
    },
  };

  const gate = createWriteGate({ stores: { pods, agentpools: pools }, clock, onStuck: () => {} });
  const random = { next: () => Math.random() };
  const book = createPoolBook();
  const parts = agentPoolParts({
    pools, pods, cluster, gate, book, clock, random,
    pace: createPace(podsPerSecond, clock),
    fleet: {
      demand: () => ({ queued: fleet.queued, agents: [...fleet.agents.values()] }),
      drain: (uid) => {
        const agent = fleet.agents.get(uid);
        if (agent !== undefined) fleet.agents.set(uid, { ...agent, draining: true });
      },
    },
    events: { record: ({ reason, note }) => void events.push(`${reason}: ${note}`) },
    settings: () => settings,
    mirror: () => world.mirror,
    again: (key) => queue.add(keyText(key)),
  });
  const turn = reconcileWith(parts, { clock, gate, log: silentLog });
  const queue = createWorkQueue({ handler: (key) => turn(parseKey(key)), workers: 2, clock, random, onError: (_, error) => { throw error; } });
  watchPools({ pools, pods, book }, (key) => queue.add(keyText(key)));

  const look = async (ms = 0) => {
    queue.add('team-a/pool');
    await clock.advance(ms);
    await clock.advance(0);
    await clock.advance(0);
  };
  const ready = () => pools.get({ namespace: 'team-a', name: 'pool' })?.status?.conditions?.find(({ type }) => type === 'Ready')?.reason;
  const living = () => pods.list().filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  pools.upsert(aPool(spec));
  const nextVersion = () => String(++version);
  return { nextVersion, clock, pools, pods, events, writes, fleet, world, look, ready, living, show, creations: () => writes.filter((write) => write === 'create').length };
}

/** The pods run and their agents connect. */
function connectAll({ living, fleet, show, nextVersion }: ReturnType<typeof aWorld>, used = 0): void {
  for (const pod of living()) {
    show({ ...pod, phase: 'Running', ready: true, metadata: { ...pod.metadata, resourceVersion: nextVersion() } });
    fleet.agents.set(pod.metadata.uid, anAgent(pod.metadata.name, { podUid: pod.metadata.uid, used, idleForMs: 0 }));
  }
}

describe('a pool in its shell', () => {
  test('goes from zero to an agent and back to zero, and people can read why', async () => {
    const world = aWorld();
    await world.look();
    expect([world.ready(), world.creations()]).toEqual(['ScaledToZero', 0]);

    world.fleet.queued = 1;
    await world.look();
    expect([world.ready(), world.creations()]).toEqual(['Starting', 1]);

    connectAll(world, 1);
    world.fleet.queued = 0;
    await world.look();
    expect(world.ready()).toBe('Ready');

    connectAll(world);
    await world.look(30_000);
    for (const [uid, agent] of world.fleet.agents) world.fleet.agents.set(uid, { ...agent, idleForMs: 60_000 });
    await world.look(100);
    expect(world.living()).toEqual([]);
    expect(world.events).toEqual(['ScaledUp: agents: 1 wanted, 0 there; 1 tasks wait, 0 agents work, 0 are kept warm', 'ScaledDown: drained, and its tasks are done']);
  });

  test('does not create twice while the cache lags behind', async () => {
    const world = aWorld();
    world.world.cacheLags = true;
    world.fleet.queued = 1;
    await world.look();
    await world.look(1000);
    await world.look(1000);
    expect(world.creations()).toBe(1);
  });

  test('a store of the mirror that goes and comes back costs a pool two writes, and a mirror that renews costs it none', async () => {
    const world = aWorld();
    const mirrored = () => world.pools.get({ namespace: 'team-a', name: 'pool' })?.status?.conditions?.find(({ type }) => type === 'Mirrored')?.reason;
    let log: PartReport = { state: 'well', since: formatTimeMs(world.clock.now() - 60_000) };
    // Renewals are heard; only what is new asks for a turn, as watchMirror has it.
    const renew = async (seconds: number) => {
      for (let at = 0; at < seconds; at += 2) {
        world.world.mirror = { heardAt: world.clock.now(), renewTime: formatTimeMs(world.clock.now()), isHeld: true, parts: { log } };
        await world.clock.advance(2000);
      }
    };
    const turnsTo = async (state: 'well' | 'down') => {
      log = { state, since: formatTimeMs(world.clock.now()), ...(state === 'down' ? { fault: 'unreachable' } : {}) };
      await renew(2);
      await world.look();
    };
    await renew(2);
    await world.look();
    const written: number[] = [];
    const noteWrites = () => void written.push(world.writes.splice(0).length);
    noteWrites();
    expect(mirrored()).toBe('Mirrored');
    await renew(600);
    noteWrites();
    await turnsTo('down');
    await renew(20);
    expect(mirrored()).toBe('Mirrored');
    await turnsTo('well');
    await renew(60);
    noteWrites();
    await turnsTo('down');
    await renew(60);
    expect(mirrored()).toBe('StoreDown');
    await turnsTo('well');
    await renew(60);
    expect(mirrored()).toBe('Mirrored');
    noteWrites();
    await world.clock.advance(70_000);
    expect(mirrored()).toBe('MirrorSilent');
    noteWrites();
    expect(written).toEqual([1, 0, 0, 2, 1]);
  });

  test('an idle pool writes nothing', async () => {
    const world = aWorld();
    await world.look();
    const before = world.writes.length;
    for (let minute = 0; minute < 10; minute++) await world.look(60_000);
    expect(world.writes.length).toBe(before);
  });

  test('a busy pool writes its counts at most every 5 s', async () => {
    const world = aWorld({ spec: { scaling: { maxReplicas: 0 } } });
    for (let second = 0; second < 60; second++) {
      world.fleet.queued = 1 + (second % 7);
      await world.look(1000);
    }
    expect(world.writes.filter((write) => write === 'status').length).toBeLessThanOrEqual(14);
  });
});

describe('refusals', () => {
  const quota = { kind: 'quota', message: 'exceeded quota: pods=0' } as const;

  test('a quota is met once, told at once, and asked again with growing pauses', async () => {
    const world = aWorld({ refusal: quota });
    world.fleet.queued = 5;
    await world.look();
    expect([world.creations(), world.ready()]).toEqual([1, 'QuotaExceeded']);
    await world.look(1999);
    expect(world.creations()).toBe(1);
    await world.look(1);
    expect(world.creations()).toBe(2);
    await world.look(3999);
    expect(world.creations()).toBe(2);
    await world.look(1);
    expect(world.creations()).toBe(3);
    expect(world.events).toEqual(['QuotaExceeded: exceeded quota: pods=0']);
  });

  test('when the quota is raised, one pod finds out and the rest follows at once', async () => {
    const world = aWorld({ refusal: quota });
    world.fleet.queued = 5;
    await world.look();
    world.world.refusal = undefined;
    await world.look(2000);
    expect([world.living().length, world.ready()]).toEqual([5, 'Starting']);
  });

  test('a changed template is tried without waiting', async () => {
    const world = aWorld({ refusal: { kind: 'refused', message: 'no such class' } });
    world.fleet.queued = 1;
    for (let tries = 0; tries < 5; tries++) await world.look(30_000);
    world.world.refusal = undefined;
    const changed = aPool({ template: { image: 'agent:2' } });
    world.pools.upsert({ ...changed, metadata: { ...changed.metadata, generation: 2, resourceVersion: world.nextVersion() } });
    await world.look();
    expect(world.living().length).toBe(1);
  });
});

test('pods are created at the pace that the installation allows', async () => {
  const world = aWorld({ podsPerSecond: 2 });
  world.fleet.queued = 5;
  await world.look();
  expect(world.living().length).toBe(2);
  await world.look(500);
  expect(world.living().length).toBe(3);
  await world.look(1000);
  expect(world.living().length).toBe(5);
});
