// What the world model costs: a snapshot of 1,000 entities from memory, after a change, and over the network from Redis; the rebuild of 20,000 tasks; and how entities are written.
import { systemClock } from '#platform/clock.ts';
import { openTestRedis, untilReady } from '#platform/redis/testing.ts';
import { command, type Redis } from '#platform/redis/types.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { redisIsAbsent, startTestRedis } from '#devcluster/services/redis/testing.ts';
import { taskEvents } from '#mirror/changes/decide/task.ts';
import type { Truth } from '#mirror/ports.ts';
import { MissionWorld } from '#mirror/world/memory.ts';
import { noWorldMetrics } from '#mirror/world/metrics.ts';
import { refreshWorld } from '#mirror/world/refresh.ts';
import { wholeMission } from '#mirror/world/whole.ts';
import { openWorld, type WorldModel } from '#mirror/world/world.ts';
import type { BenchRow } from '../row.ts';
import { benchCodecs } from './codecs.ts';
import { benchTruth, taskNo } from './missions.ts';

const reads = 2000;
const entities = 1000;
const writtenTime = '2026-01-01T00:00:10Z';
const line = 'node bench/world/main.ts';

/** Figures of the world model; those of Redis are left out where there is none. */
export async function benchWorld(): Promise<BenchRow[]> {
  const truth = benchTruth(1, entities);
  const codecs = benchCodecs(entitiesOf(truth));
  if (redisIsAbsent !== undefined) return codecs;
  const servers = await startTestRedis({ kind: 'single' });
  const redis = openTestRedis(servers, { commandTimeoutMs: 10_000 });
  try {
    await untilReady(redis);
    return [...(await benchReads(redis, truth)), ...(await benchRebuild(redis)), ...codecs];
  } finally {
    await redis.close();
    await servers.stop();
  }
}

function entitiesOf(truth: Truth) {
  const [mission] = truth.missions();
  const world = new MissionWorld({ tenant: 'team-0', uid: mission?.metadata.uid ?? '' });
  if (mission !== undefined) refreshWorld(world, wholeMission(truth, mission));
  return [...world.entities].filter(([field]) => field.startsWith('t:')).map(([, entity]) => entity);
}

function open(redis: Redis, truth: Truth): WorldModel {
  return openWorld({ redis, truth, metrics: noWorldMetrics, clock: systemClock, log: silentLog, limits: { checkMs: 3_600_000, flushMs: 5 } });
}

async function benchReads(redis: Redis, truth: Truth): Promise<BenchRow[]> {
  const [mission] = truth.missions();
  if (mission === undefined) return [];
  const key = { tenant: mission.metadata.namespace, uid: mission.metadata.uid };
  const world = open(redis, truth);
  const cached = await p99(reads, async () => void (await world.snapshot(key)));
  const changes = Array.from({ length: reads / 4 }, (_, round) => taskEvents({ now: { ...taskNo(mission, round % entities, 2 + round), writtenTime }, era: '', told: 'ended' }));
  const changed = await p99(changes.length, async (round) => {
    world.tell(changes[round] ?? []);
    await world.snapshot(key);
  });
  await world.flush();
  // Each time by somebody who has nothing in memory and no API server to ask.
  const blind: Truth = { ...truth, missions: () => [], isKnown: () => false };
  const network = await p99(100, async () => {
    const other = open(redis, blind);
    if ((await other.snapshot(key))?.value.tasks.length !== entities) throw new Error('measure the world: the snapshot is not whole');
    await other.close();
  });
  const gets = await awaitedGets(redis);
  await world.close();
  const row = (id: string, value: number): BenchRow => ({ id, value, unit: 'ms', floor: gets, ratio: value / gets, command: line });
  return [row('world_snapshot_p99_ms', cached), row('world_snapshot_after_change_p99_ms', changed), row('world_snapshot_from_redis_p99_ms', network)];
}

/** The same number of things, asked for one by one: milliseconds. */
async function awaitedGets(redis: Redis): Promise<number> {
  await redis.run(Array.from({ length: entities }, (_, index) => command('set', `coditect:{bench/x}:${index}`, 'x'.repeat(600))));
  const startedAt = performance.now();
  for (let index = 0; index < entities; index += 1) await redis.run([command('get', `coditect:{bench/x}:${index}`)]);
  return performance.now() - startedAt;
}

async function benchRebuild(redis: Redis): Promise<BenchRow[]> {
  const truth = benchTruth(200, 100);
  const world = open(redis, truth);
  const { entities: written, tookMs } = await world.rebuild(new AbortController().signal);
  if (written !== 20_200 || world.state().kind !== 'well') throw new Error(`measure the rebuild: ${written} entities, ${JSON.stringify(world.state())}`);
  const checkedAt = performance.now();
  const checked = await world.check();
  if (checked.repaired !== 0) throw new Error(`measure the check: ${checked.repaired} worlds differ`);
  const checkMs = performance.now() - checkedAt;
  await world.close();
  const floorAt = performance.now();
  await redis.run(Array.from({ length: written }, (_, index) => command('set', `coditect:{bench/y}:${index}`, 'x'.repeat(600))));
  const floor = performance.now() - floorAt;
  const row = (id: string, ms: number): BenchRow => ({ id, value: ms / 1000, unit: 's', floor: floor / 1000, ratio: ms / floor, command: line });
  return [row('world_rebuild_20000_tasks_s', tookMs), row('world_check_20000_tasks_s', checkMs)];
}

async function p99(rounds: number, once: (round: number) => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now();
    await once(round);
    times.push(performance.now() - startedAt);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(rounds * 0.99)] ?? 0;
}
