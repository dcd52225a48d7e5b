// Witnesses that did not see the mirror work: what lies in the log, in ClickHouse and in Redis, compared with what the API server has and what agents told.
import { isDeepStrictEqual } from 'node:util';
import { type CloudEvent, nameOf } from '#api/events/envelope.ts';
import type { World } from '#api/world.ts';
import { Fold } from '#domain/replay/fold.ts';
import { createChroma } from '#platform/chroma/client.ts';
import type { Chroma } from '#platform/chroma/types.ts';
import { createClickHouse } from '#platform/clickhouse/client.ts';
import type { ClickHouse } from '#platform/clickhouse/types.ts';
import { systemClock } from '#platform/clock.ts';
import { hashingEmbedder } from '#platform/embedding/hashing.ts';
import { systemRandom } from '#platform/ids.ts';
import { openRedis } from '#platform/redis/client.ts';
import type { Redis } from '#platform/redis/types.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import type { FakeObject } from '#testing/fake-apiserver/world.ts';
import { MemoryStore } from '../../memory/store.ts';
import type { Truth } from '../../ports.ts';
import { isCounted } from '../../sinks/clickhouse/rows.ts';
import { noWorldMetrics } from '../../world/metrics.ts';
import { addressOf } from '../../world/wiring.ts';
import { openWorld } from '../../world/world.ts';
import type { Rig } from '../testing.ts';
import { untilSo } from '../testing.ts';

/** All events of the log once they tell what the API server has; throws with what is missing, doubled or wrong. */
export async function logAgrees(rig: Rig, told: ReadonlySet<string>, seconds = 60): Promise<readonly CloudEvent[]> {
  const limit = AbortSignal.timeout(seconds * 1000);
  if (!(await rig.publisher.drained(limit))) throw new Error(`events never reached the log: ${JSON.stringify(rig.publisher.state())}`);
  let events: readonly CloudEvent[] = [];
  let fault = '';
  await untilSo(() => `the log tells what is: ${fault}`, seconds, async () => {
    events = await readLog(rig);
    fault = faultOf(events, rig, told) ?? '';
    return fault === '';
  });
  return events;
}

async function readLog({ reader }: Rig): Promise<readonly CloudEvent[]> {
  const events: CloudEvent[] = [];
  for await (const received of reader.upToNow({ stream: 'events', start: { kind: 'beginning' } }, AbortSignal.timeout(30_000))) {
    if (received.fault !== undefined || received.gap !== undefined) throw new Error(`message ${received.sequence}: ${received.fault ?? received.gap}`);
    events.push(...received.events);
  }
  return events;
}

function faultOf(events: readonly CloudEvent[], { cluster }: Rig, told: ReadonlySet<string>): string | undefined {
  const ids = new Set(events.map(({ id }) => id));
  if (ids.size !== events.length) return `${events.length - ids.size} events are in the log twice`;
  const lost = [...told].filter((id) => !ids.has(id));
  if (lost.length > 0) return `${lost.length} events of agents are lost, ${lost[0]} among them`;
  const fold = new Fold();
  const gaps = events.flatMap((event) => fold.apply(event) ?? []);
  if (gaps.length > 0) return `${gaps.length} gaps, the first at ${gaps[0]?.name}`;
  const picture = fold.picture();
  const known = new Map<string, { readonly status: unknown }>([...picture.missions, ...picture.tasks]);
  const wrong = objectsOf(cluster).find((object) => !isDeepStrictEqual(known.get(object.metadata.uid)?.status ?? {}, object['status'] ?? {}));
  if (wrong !== undefined) return `${wrong.metadata.name} is not as the log tells`;
  return endsOnce(events, cluster.objects('tasks'));
}

function endsOnce(events: readonly CloudEvent[], tasks: readonly FakeObject[]): string | undefined {
  const ends = new Map<string, number>();
  for (const { type, data } of events) if (nameOf(type) === 'task.ended' && 'uid' in data) ends.set(data.uid, (ends.get(data.uid) ?? 0) + 1);
  const ended = tasks.filter(({ status }) => (status as { outcome?: object } | undefined)?.outcome !== undefined);
  const wrong = ended.find(({ metadata }) => ends.get(metadata.uid) !== 1);
  return wrong === undefined ? undefined : `the end of ${wrong.metadata.name} was told ${ends.get(wrong.metadata.uid) ?? 0} times`;
}

const objectsOf = (cluster: Rig['cluster']): readonly FakeObject[] => [...cluster.objects('missions'), ...cluster.objects('tasks')];

/** A client with the credentials that the mirror has. */
export function clickHouseOf({ config }: Pick<Rig, 'config'>): ClickHouse {
  const { clickhouseUrl: url, clickhouseCaFile: caFile = '', clickhouseCertificateFile: certificateFile = '', clickhouseKeyFile: keyFile = '', clickhouseUserFile: userFile = '', clickhousePasswordFile: passwordFile = '' } = config;
  return createClickHouse({ url, insecure: false, timeoutMs: 20_000, caFile, certificateFile, keyFile, userFile, passwordFile }, systemClock);
}

/** Waits until ClickHouse holds each event of the log that is counted, once, in the rows and in the sums. */
export async function rowsAgree(rig: Rig, events: readonly CloudEvent[], seconds = 90): Promise<number> {
  const client = clickHouseOf(rig);
  const wanted = events.filter(isCounted).length;
  const database = rig.config.clickhouseDatabase;
  let found: unknown;
  try {
    await untilSo(() => `ClickHouse holds ${wanted} events once: ${JSON.stringify(found)}`, seconds, async () => {
      const sql = `SELECT (SELECT count() FROM ${database}.events) AS rows, (SELECT uniqExact(id) FROM ${database}.events) AS ids, (SELECT sum(events) FROM ${database}.hourly) AS sums`;
      [found] = await client.query(sql).catch((error: unknown) => [String(error)]);
      return isDeepStrictEqual(found, { rows: String(wanted), ids: String(wanted), sums: String(wanted) });
    });
  } finally {
    await client.close();
  }
  return wanted;
}

/** A client as the mirror's user. */
export function redisOf({ config }: Pick<Rig, 'config'>): Redis {
  const { redisCaFile: caFile, redisCertificateFile: certificateFile, redisKeyFile: keyFile, redisUserFile: userFile, redisPasswordFile: passwordFile } = config;
  return openRedis({
    clock: systemClock, random: systemRandom, log: silentLog, insecure: false, commandTimeoutMs: 5000, connectTimeoutMs: 5000,
    addresses: config.redisServers.map(addressOf),
    kind: config.redisCluster ? 'cluster' : 'single',
    files: { caFile, certificateFile, keyFile, userFile, passwordFile },
  });
}

/** Waits until Redis alone holds the world of each mission as the API server has it, with the files that agents told of. */
export async function worldsAgree(rig: Rig, told: ReadonlySet<string>, seconds = 60): Promise<number> {
  const redis = redisOf(rig);
  const all = rig.cluster.objects('missions');
  let wrong: readonly string[] = [];
  try {
    await untilSo(() => `Redis holds the worlds: ${wrong.length} are wrong, ${wrong[0]}`, seconds, async () => {
      wrong = redis.state().kind === 'ready' ? await wrongWorlds(rig, redis, told) : ['Redis is down'];
      return wrong.length === 0;
    });
  } finally {
    await redis.close();
  }
  return all.length;
}

// Neither memory nor an API server: what is read comes from Redis alone.
const blind: Truth = { missions: () => [], tasksOf: () => [], pools: () => [], isKnown: () => false };

async function wrongWorlds({ cluster }: Rig, redis: Redis, told: ReadonlySet<string>): Promise<readonly string[]> {
  const all = cluster.objects('missions');
  const world = openWorld({ redis, truth: blind, metrics: noWorldMetrics, clock: systemClock, log: silentLog });
  const found = await world.snapshots(all.map(({ metadata }) => ({ tenant: metadata.namespace, uid: metadata.uid })));
  await world.close();
  return all.flatMap(({ metadata }, index) => {
    const fault = worldFault(found[index]?.value, tasksOf(cluster, metadata.uid), told);
    return fault === undefined ? [] : [`${metadata.name}: ${fault}`];
  });
}

function tasksOf(cluster: Rig['cluster'], missionUid: string): readonly FakeObject[] {
  return cluster.objects('tasks').filter(({ spec }) => (spec as { missionRef?: { uid: string } }).missionRef?.uid === missionUid);
}

function worldFault(world: World | undefined, tasks: readonly FakeObject[], told: ReadonlySet<string>): string | undefined {
  if (world?.mission === undefined) return 'it is not there';
  const versions = new Map(world.tasks.map(({ uid, resourceVersion }) => [uid, resourceVersion]));
  const old = tasks.find(({ metadata }) => versions.get(metadata.uid) !== metadata.resourceVersion);
  if (old !== undefined || versions.size !== tasks.length) return `task ${old?.metadata.name ?? 'none'} is at another version, ${versions.size} of ${tasks.length} tasks are there`;
  const files = new Set(world.files.map(({ task }) => task));
  const missing = tasks.find(({ metadata: { uid } }) => told.has(`${uid}.1.1-1.3`) && !files.has(uid));
  return missing === undefined ? undefined : `the files of ${missing.metadata.name} are not there`;
}

/** A client with the credentials that the mirror has. */
export function chromaOf({ config }: Pick<Rig, 'config'>): Chroma {
  const { chromaUrl: url, chromaTenant: tenant, chromaCaFile: caFile, chromaCertificateFile: certificateFile, chromaKeyFile: keyFile } = config;
  return createChroma({ url, tenant, insecure: false, timeoutMs: 10_000, caFile, certificateFile, keyFile }, systemClock);
}

/** Waits until Chroma holds one episode of each task that has ended, and none of any other. */
export async function memoriesAgree(rig: Rig, seconds = 120): Promise<number> {
  const store = new MemoryStore(chromaOf(rig), hashingEmbedder);
  const wanted = rig.cluster.objects('tasks').filter(({ status }) => (status as { outcome?: object } | undefined)?.outcome !== undefined).map(({ metadata }) => metadata.uid).toSorted();
  let found: readonly string[] = [];
  try {
    await store.open();
    await untilSo(() => `Chroma holds ${wanted.length} episodes once: it holds ${found.length}`, seconds, async () => {
      found = await episodesOf(rig, store).catch(() => []);
      return isDeepStrictEqual(found, wanted);
    });
  } finally {
    await store.close();
  }
  return wanted.length;
}

async function episodesOf({ cluster }: Rig, store: MemoryStore): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const { metadata } of cluster.objects('missions')) ids.push(...(await store.ofMission(metadata.namespace, metadata.uid)).episodes.map(({ id }) => id));
  return ids.toSorted();
}
