import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { RedisServers } from '#devcluster/services/redis/index.ts';
import { redisIsAbsent, startTestRedis } from '#devcluster/services/redis/testing.ts';
import { systemClock } from '#platform/clock.ts';
import { openTestRedis, until, untilReady } from '#platform/redis/testing.ts';
import { command, type Redis } from '#platform/redis/types.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { noWorldMetrics } from './metrics.ts';
import { agentTold, running, succeeded, TestTruth } from './testing.ts';
import { openWorld, type WorldModel } from './world.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const missions = ['m', 'n', 'o'];

/** Some news of a mission, as a number chooses them. */
function news(truth: TestTruth, number: number) {
  const [mission = 'm', task] = [missions[number % 3], `t${number % 7}`];
  const seq = 1 + (number % 40);
  return [...truth.task(mission, task, number % 2 === 0 ? running() : succeeded(number)), agentTold({ mission, task, seq, ...(number % 3 === 0 ? { files: { 'a.ts': String(number) } } : {}) })];
}

const harms: readonly ((servers: RedisServers, redis: Redis) => Promise<unknown>)[] = [
  (servers) => servers.ask(0, 'FLUSHALL'),
  (servers) => servers.ask(0, 'HDEL', 'coditect:{team-a/uid-m}:world', 'm', 't:uid-m-t0', 'f:uid-m-t0'),
  (servers) => servers.ask(0, 'HSET', 'coditect:{team-a/uid-n}:world', 't:uid-n-t1', `${'9'.repeat(48)} 1 {}`),
  (servers) => servers.ask(0, 'SCRIPT', 'FLUSH'),
  (servers) => servers.kill(0).then(() => servers.restart(0)),
  async (servers, redis) => {
    servers.pause(0);
    await redis.run([command('get', 'x')]);
    servers.resume(0);
  },
  (servers) => servers.ask(0, 'CONFIG', 'SET', 'maxmemory', '1').then(() => servers.ask(0, 'CONFIG', 'SET', 'maxmemory', '0')),
  (servers) => servers.ask(0, 'CLIENT', 'KILL', 'TYPE', 'normal'),
];

interface Places {
  readonly redis: Redis;
  readonly truth: TestTruth;
  readonly world: WorldModel;
}

async function expectSame({ redis, truth, world }: Places, uid: string): Promise<void> {
  // Without anything in memory, and without an API server: what is in Redis alone.
  const blind = new TestTruth();
  blind.isThere = false;
  const other = openWorld({ redis, truth: blind, metrics: noWorldMetrics, clock: systemClock, log: silentLog });
  const mine = await world.snapshot({ tenant: 'team-a', uid });
  const stored = await other.snapshot({ tenant: 'team-a', uid });
  await other.close();
  const versions = new Map(truth.tasksOf(uid).map(({ metadata }) => [metadata.uid, metadata.resourceVersion]));
  expect(new Map(mine?.value.tasks.map((task) => [task.uid, task.resourceVersion]))).toEqual(versions);
  expect(stored?.value.tasks).toEqual(mine?.value.tasks);
  expect(stored?.value.files).toEqual(mine?.value.files);
}

describe.skipIf(redisIsAbsent !== undefined)('on a real server', () => {
  test('whatever happens to Redis while events come, in the end it holds what the API server says and what agents told last', { timeout: 60_000 }, async () => {
    const servers = await startTestRedis({ kind: 'single' });
    ends.push(() => servers.stop());
    const redis = openTestRedis(servers, { commandTimeoutMs: 300, connectTimeoutMs: 500 });
    ends.push(() => redis.close());
    const truth = new TestTruth();
    const world = openWorld({ redis, truth, metrics: noWorldMetrics, clock: systemClock, log: silentLog, limits: { checkMs: 3_600_000, flushMs: 2 } });
    ends.push(() => world.close());
    for (const mission of missions) world.tell(truth.mission(mission));
    const run = async (steps: readonly (readonly [harm: number, news: readonly number[]])[]): Promise<void> => {
      for (const [harm, numbers] of steps) {
        const hurting = Promise.allSettled([harms[harm]?.(servers, redis)]);
        for (const number of numbers) {
          world.tell(news(truth, number));
          await new Promise((resolve) => void setImmediate(resolve));
        }
        await hurting;
      }
      await untilReady(redis);
      await until(async () => {
        const { repaired, fault } = await world.check();
        return repaired === 0 && fault === undefined && world.state().kind === 'well';
      }, () => JSON.stringify(world.state()));
      for (const mission of missions) await expectSame({ redis, truth, world }, `uid-${mission}`);
    };
    const anyStep = fc.tuple(fc.nat(harms.length - 1), fc.array(fc.nat(1000), { minLength: 1, maxLength: 20 }));
    await fc.assert(fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 5 }), run), { numRuns: 20, endOnFailure: true });
  });
});
