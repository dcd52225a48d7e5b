import { afterEach, describe, expect, test } from 'vitest';
import type { RedisServers } from '#devcluster/services/redis/index.ts';
import { redisIsAbsent, startTestRedis } from '#devcluster/services/redis/testing.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import { systemClock } from '#platform/clock.ts';
import { openLossyWay, openTestRedis, until, untilReady } from '#platform/redis/testing.ts';
import type { Redis } from '#platform/redis/types.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { noWorldMetrics, type RepairReason } from './metrics.ts';
import { agentTold, running, succeeded, TestTruth } from './testing.ts';
import { openWorld, type WorldModel, type WorldOptions } from './world.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const keyOf = (name: string, tenant = 'team-a') => ({ tenant, uid: `uid-${name}` });
const worldKeyOf = (name: string, tenant = 'team-a') => `coditect:{${tenant}/uid-${name}}:world`;

interface Stage {
  readonly servers: RedisServers;
  readonly redis: Redis;
  readonly truth: TestTruth;
  readonly world: WorldModel;
  readonly repairs: RepairReason[];
  /** Another mirror, with nothing in memory. */
  another(more?: Partial<WorldOptions>): WorldModel;
}

function aWorld(redis: Redis | undefined, truth: TestTruth, more: Partial<WorldOptions> = {}): WorldModel {
  const world = openWorld({ ...(redis === undefined ? {} : { redis }), truth, metrics: noWorldMetrics, clock: systemClock, log: silentLog, limits: { checkMs: 3_600_000, flushMs: 5 }, ...more });
  ends.push(() => world.close());
  return world;
}

async function aStage(more: Partial<WorldOptions> = {}, servers?: RedisServers): Promise<Stage> {
  const started = servers ?? (await startTestRedis({ kind: 'single' }));
  if (servers === undefined) ends.push(() => started.stop());
  const redis = openTestRedis(started, { commandTimeoutMs: 1000 });
  ends.push(() => redis.close());
  const [truth, repairs]: [TestTruth, RepairReason[]] = [new TestTruth(), []];
  const metrics = { ...noWorldMetrics, repaired: (reason: RepairReason) => void repairs.push(reason) };
  const world = aWorld(redis, truth, { metrics, ...more });
  await untilReady(redis);
  return { servers: started, redis, truth, world, repairs, another: (other = {}) => aWorld(redis, truth, other) };
}

/** A mission of `count` tasks, half of them decided, with what agents told. */
function aStory(truth: TestTruth, name: string, count = 6, tenant = 'team-a'): readonly CloudEvent[] {
  const tasks = Array.from({ length: count }, (_, index) => `t${index}`);
  return [
    ...truth.mission(name, { runNumber: 1, startTime: '2026-01-01T00:00:00Z' }, tenant),
    ...tasks.flatMap((task) => [...truth.task(name, task), ...truth.task(name, task, running())]),
    ...tasks.filter((_, index) => index % 2 === 0).flatMap((task, index) => [...truth.task(name, task, succeeded(index)), agentTold({ mission: name, task, seq: 2, files: { 'src/a.ts': `h${index}` } }, tenant)]),
    ...tasks.filter((_, index) => index % 2 === 1).map((task) => agentTold({ mission: name, task, seq: 1 }, tenant)),
  ];
}

/** What is in Redis alone: read by a mirror whose API server is not there. */
async function stored({ redis }: Pick<Stage, 'redis'>, name: string, tenant = 'team-a') {
  const blind = new TestTruth();
  blind.isThere = false;
  return (await aWorld(redis, blind).snapshot(keyOf(name, tenant)))?.value;
}

describe.skipIf(redisIsAbsent !== undefined)('on a real server', () => {
  test('what is told is in memory at once and in Redis soon, and both are the same', async () => {
    const stage = await aStage();
    stage.world.tell(aStory(stage.truth, 'm'));
    await stage.world.flush();
    const mine = (await stage.world.snapshot(keyOf('m')))?.value;
    expect(mine).toMatchObject({ mission: { name: 'm' }, files: [{ path: 'src/a.ts', hash: 'h0' }, { hash: 'h1' }, { hash: 'h2' }] });
    expect(mine?.tasks).toHaveLength(6);
    expect(mine?.agents).toHaveLength(3);
    expect(await stored(stage, 'm')).toEqual(mine);
    expect(await stage.world.check()).toEqual({ missions: 1, repaired: 0, removed: 0 });
    expect(stage.world.state()).toMatchObject({ kind: 'well', lagMs: 0 });
  });

  test('older news change nothing in Redis, whoever brings them', async () => {
    const stage = await aStage();
    const story = aStory(stage.truth, 'm');
    stage.world.tell(story);
    await stage.world.flush();
    const before = await stored(stage, 'm');
    const behind = new TestTruth();
    const late = aWorld(stage.redis, behind);
    late.tell(aStory(behind, 'm').slice(0, 5));
    await late.flush();
    expect(before?.tasks).toHaveLength(6);
    expect(await stored(stage, 'm')).toEqual(before);
  });

  const damages: Record<string, { harm: (stage: Stage) => Promise<unknown>; repaired: number }> = {
    'FLUSHALL': { harm: ({ servers }) => servers.ask(0, 'FLUSHALL'), repaired: 3 },
    'a changed field': { harm: ({ servers }) => servers.ask(0, 'HSET', worldKeyOf('m'), 't:uid-m-t1', `${'9'.repeat(48)} 999 {"kind":"task"}`), repaired: 1 },
    'a deleted field': { harm: ({ servers }) => servers.ask(0, 'HDEL', worldKeyOf('n'), 'm'), repaired: 1 },
    'a task that nobody knows': { harm: ({ servers }) => servers.ask(0, 'HSET', worldKeyOf('m'), 't:uid-x', '1 1 {"kind":"task"}'), repaired: 1 },
    'rubbish in a field': { harm: ({ servers }) => servers.ask(0, 'HSET', worldKeyOf('m'), 't:uid-m-t0', 'rubbish'), repaired: 1 },
    'a key of another type': { harm: async ({ servers }) => (await servers.ask(0, 'DEL', worldKeyOf('m')), servers.ask(0, 'SET', worldKeyOf('m'), 'x')), repaired: 1 },
    'changed files': { harm: ({ servers }) => servers.ask(0, 'HSET', worldKeyOf('m'), 'f:uid-m-t0', '1  {"kind":"files","attempt":1,"files":[],"changed":0}'), repaired: 1 },
  };
  test.each(Object.entries(damages))('%s is found and put right', async (_, { harm, repaired }) => {
    const stage = await aStage();
    for (const name of ['m', 'n', 'o']) stage.world.tell(aStory(stage.truth, name));
    await stage.world.flush();
    const before = await stored(stage, 'm');
    expect(before?.tasks).toHaveLength(6);
    await harm(stage);
    expect(await stage.world.check()).toEqual({ missions: 3, repaired, removed: 0 });
    expect(await stored(stage, 'm')).toEqual(before);
    expect(stage.repairs).toEqual(Array.from({ length: repaired }, () => 'differs'));
    expect(await stage.world.check()).toEqual({ missions: 3, repaired: 0, removed: 0 });
  });

  test('a server that was killed and comes back empty gets everything again by itself', async () => {
    const stage = await aStage();
    stage.world.tell(aStory(stage.truth, 'm'));
    await stage.world.flush();
    await stage.servers.kill(0);
    await until(() => stage.world.state().kind === 'down');
    stage.world.tell(stage.truth.task('m', 't1', succeeded(9)));
    await stage.world.flush();
    expect((await stage.world.snapshot(keyOf('m')))?.value.tasks[1]?.observed).toMatchObject({ passed: 9 });
    await stage.servers.restart(0);
    await stage.servers.ask(0, 'FLUSHALL');
    await untilReady(stage.redis);
    await until(async () => (await stored(stage, 'm'))?.tasks[1]?.observed?.['passed'] === 9);
    await until(() => stage.world.state().kind === 'well');
  });

  test('a server that stands still delays nobody, and nothing is lost', async () => {
    const stage = await aStage();
    stage.world.tell(aStory(stage.truth, 'm'));
    await stage.world.flush();
    stage.servers.pause(0);
    stage.world.tell(stage.truth.task('m', 't1', succeeded(9)));
    await until(() => stage.world.state().kind === 'down');
    expect((await stage.world.snapshot(keyOf('m')))?.value.tasks[1]?.facts.result).toBe('Succeeded');
    stage.servers.resume(0);
    await untilReady(stage.redis);
    await stage.world.check();
    expect((await stored(stage, 'm'))?.tasks[1]?.observed).toMatchObject({ passed: 9 });
  });

  test('lost replies make no difference: what is written twice is written once', async () => {
    const stage = await aStage();
    const way = await openLossyWay(Number(stage.servers.addresses[0]?.split(':')[1]));
    ends.push(() => way.close());
    const redis = openTestRedis(stage.servers, { addresses: [{ host: '127.0.0.1', port: way.port }], commandTimeoutMs: 300 });
    ends.push(() => redis.close());
    const world = aWorld(redis, stage.truth);
    await untilReady(redis);
    for (let round = 0; round < 5; round += 1) {
      way.loseReplies(true);
      world.tell(aStory(stage.truth, 'm', 2 + round));
      await world.flush();
      expect(world.state().kind).toBe('down');
      way.cut();
      way.loseReplies(false);
      await untilReady(redis);
    }
    await world.flush();
    expect(await world.check()).toMatchObject({ repaired: 0, removed: 0 });
    expect(await stored(stage, 'm')).toEqual((await world.snapshot(keyOf('m')))?.value);
  });

  test('a full server is told, serves memory, and is filled when there is room again', async () => {
    const stage = await aStage();
    await stage.servers.ask(0, 'CONFIG', 'SET', 'maxmemory', '1');
    stage.world.tell(aStory(stage.truth, 'm'));
    await stage.world.flush();
    expect(stage.world.state()).toMatchObject({ kind: 'down', fault: expect.stringContaining('maxmemory') });
    expect((await stage.world.snapshot(keyOf('m')))?.value.tasks).toHaveLength(6);
    await stage.servers.ask(0, 'CONFIG', 'SET', 'maxmemory', '0');
    await stage.world.flush();
    expect((await stored(stage, 'm'))?.tasks).toHaveLength(6);
    expect(stage.world.state().kind).toBe('well');
  });

  test('rebuild makes of nothing what the feed made, with the files from the log', async () => {
    const stage = await aStage();
    const story = ['m', 'n'].flatMap((name) => aStory(stage.truth, name));
    stage.world.tell(story);
    await stage.world.flush();
    const before = await stored(stage, 'n');
    await stage.servers.ask(0, 'FLUSHALL');
    const agents = story.filter(({ type }) => type.includes('.agent.'));
    const other = stage.another({ past: async function* () { yield await Promise.resolve(agents); } });
    expect(before?.files).toHaveLength(3);
    expect(await other.rebuild(new AbortController().signal)).toMatchObject({ missions: 2, entities: 14 });
    await other.flush();
    expect(await stored(stage, 'n')).toEqual(before);
  });

  test('of missions that nobody knows any more nothing stays', async () => {
    const stage = await aStage();
    for (const name of ['m', 'n', 'o']) stage.world.tell(aStory(stage.truth, name));
    await stage.world.locks?.take({ key: keyOf('n'), name: 'x', holder: 'h', token: { term: 1, counter: 1 } }, 60_000);
    await stage.world.flush();
    stage.world.tell(stage.truth.deleteMission('m'));
    await stage.world.flush();
    expect(await stage.world.snapshot(keyOf('m'))).toBeUndefined();
    expect(await stage.servers.ask(0, 'EXISTS', worldKeyOf('m'))).toBe(':0');
    stage.truth.deleteMission('n'); // nobody tells
    expect((await stage.world.check()).fault).toBeUndefined();
    expect(await stage.world.snapshot(keyOf('n'))).toBeUndefined();
    const left: string[] = [];
    for await (const keys of stage.redis.keys('*')) left.push(...keys);
    expect(left.toSorted()).toEqual(['coditect:{team-a/uid-o}:live', 'coditect:{team-a/uid-o}:world']);
  });

  test('worlds end a while after their missions, and what agents told before', async () => {
    const stage = await aStage();
    const ended = { runNumber: 1, startTime: '2026-01-01T00:00:00Z', completionTime: `${new Date(Date.now() - 3_600_000).toISOString().slice(0, 19)}Z` };
    stage.world.tell([...aStory(stage.truth, 'm'), ...stage.truth.mission('m', ended)]);
    await stage.world.flush();
    const days = (answer: string): number => Number(answer.slice(1)) / 86_400;
    expect(days(await stage.servers.ask(0, 'TTL', worldKeyOf('m')))).toBeCloseTo(23 / 24, 1);
    expect(Number((await stage.servers.ask(0, 'TTL', 'coditect:{team-a/uid-m}:live')).slice(1))).toBeGreaterThan(200);
    stage.world.tell(stage.truth.mission('m', { runNumber: 2, startTime: '2026-01-01T00:00:00Z' }));
    await stage.world.flush();
    expect(await stage.servers.ask(0, 'TTL', worldKeyOf('m'))).toBe(':-1');
  });

  test('memory is bounded: what was not used for long is made anew when it is asked for', async () => {
    const stage = await aStage({ limits: { entities: 30, checkMs: 3_600_000, flushMs: 5 } });
    const names = Array.from({ length: 10 }, (_, index) => `m${index}`);
    for (const name of names) stage.world.tell(aStory(stage.truth, name));
    await stage.world.flush();
    for (const found of await stage.world.snapshots(names.map((name) => keyOf(name)))) expect(found?.value.files).toHaveLength(3);
    expect(await stage.world.check()).toEqual({ missions: 10, repaired: 0, removed: 0 });
  });

  test('an agent is found by its namespace, one task by its uid, and no other tenant sees either', async () => {
    const stage = await aStage();
    stage.world.tell([...aStory(stage.truth, 'm'), ...aStory(stage.truth, 'other', 4, 'team-b')]);
    await stage.world.flush();
    expect((await stage.world.agentsOf('team-a')).value).toHaveLength(3);
    expect((await stage.world.agentsOf('team-b')).value).toHaveLength(2);
    expect((await stage.world.task(keyOf('m'), 'uid-m-t0'))?.value.observed).toMatchObject({ passed: 0 });
    expect(await stage.world.task(keyOf('m', 'team-b'), 'uid-m-t0')).toBeUndefined();
    expect(await stage.world.snapshot(keyOf('other', 'team-a'))).toBeUndefined();
    for (const uid of ['uid-m}:world', '', '*', 'x'.repeat(65), 'a b']) expect(await stage.world.snapshot({ tenant: 'team-a', uid })).toBeUndefined();
    for (const tenant of ['', '*', 'team-a/', 'team-a}', 'TEAM']) expect(await stage.world.snapshot({ tenant, uid: 'uid-x' })).toBeUndefined();
  });

  test('on a cluster a killed master costs nothing', async () => {
    const servers = await startTestRedis({ kind: 'cluster' });
    ends.push(() => servers.stop());
    const stage = await aStage({}, servers);
    const names = Array.from({ length: 30 }, (_, index) => `m${index}`);
    for (const name of names.slice(0, 20)) stage.world.tell(aStory(stage.truth, name));
    await stage.world.flush();
    await servers.kill(2);
    for (const name of names) stage.world.tell(aStory(stage.truth, name, 8));
    await stage.world.flush();
    expect(stage.world.state().kind).toBe('down');
    await servers.restart(2);
    await until(async () => (await stage.world.flush(), stage.world.state().kind === 'well' && stage.redis.state().kind === 'ready'), () => JSON.stringify(stage.world.state()));
    expect(await stage.world.check()).toEqual({ missions: 30, repaired: 0, removed: 0 });
    for (const name of names) expect((await stored(stage, name))?.tasks).toHaveLength(8);
  });
});

test('without Redis the world is in memory, and says that it is off', async () => {
  const truth = new TestTruth();
  const world = aWorld(undefined, truth);
  world.tell(aStory(truth, 'm'));
  await world.flush();
  expect((await world.snapshot(keyOf('m')))?.value.files).toHaveLength(3);
  expect(world.state()).toEqual({ kind: 'off' });
  expect(await world.check()).toEqual({ missions: 1, repaired: 0, removed: 0 });
});
