import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RedisServers } from '#devcluster/services/redis/index.ts';
import { redisIsAbsent, startTestRedis } from '#devcluster/services/redis/testing.ts';
import { systemClock } from '#platform/clock.ts';
import { openTestRedis, until, untilReady } from '#platform/redis/testing.ts';
import type { Redis } from '#platform/redis/types.ts';
import { type Claim, createLocks, type Locks } from './locks.ts';

/** Storage as it must be: it takes no token below the highest that it has seen. */
class FencedStorage {
  #highest = '';
  value = '';
  write(claim: Claim, value: string): boolean {
    const token = `${String(claim.token.term).padStart(10, '0')}${String(claim.token.counter).padStart(10, '0')}`;
    if (token < this.#highest) return false;
    this.#highest = token;
    this.value = value;
    return true;
  }
}

describe.skipIf(redisIsAbsent !== undefined)('locks on a real server', () => {
  let servers: RedisServers;
  let redis: Redis;
  let locks: Locks;
  let count = 0;
  beforeAll(async () => {
    servers = await startTestRedis({ kind: 'single' });
    redis = openTestRedis(servers, { commandTimeoutMs: 500 });
    await untilReady(redis);
    locks = createLocks(redis, systemClock);
  });
  afterAll(async () => {
    await redis.close();
    await servers.stop();
  });

  const claim = (holder: string, counter: number, name: string): Claim => ({ key: { tenant: 'team-a', uid: 'uid-m' }, name, holder, token: { term: 1, counter } });
  const fresh = (): string => `lock-${(count += 1)}`;
  const expired = (name: string) => until(async () => (await servers.ask(0, 'EXISTS', `coditect:{team-a/uid-m}:lock:${name}`)) === ':0');

  test('of two only one has it, until it is given back', async () => {
    const name = fresh();
    const [a, b] = [claim('a', 1, name), claim('b', 2, name)];
    expect(await locks.take(a, 10_000)).toEqual({ kind: 'taken' });
    expect(await locks.take(b, 10_000)).toEqual({ kind: 'held', holder: 'a', token: { term: 1, counter: 1 } });
    expect(await locks.release(b)).toEqual({ kind: 'lost' });
    expect(locks.held(a.key)).toMatchObject([{ name, holder: 'a' }]);
    expect(await locks.release(a)).toEqual({ kind: 'kept' });
    expect(locks.held(a.key)).toEqual([]);
    expect(await locks.take(b, 10_000)).toEqual({ kind: 'taken' });
  });

  test('asking again after a lost reply is harmless', async () => {
    const a = claim('a', 1, fresh());
    expect(await locks.take(a, 10_000)).toEqual({ kind: 'taken' });
    expect(await locks.take(a, 10_000)).toEqual({ kind: 'taken' });
  });

  test('a hundred who ask at once: one gets it', async () => {
    const name = fresh();
    const taken = await Promise.all(Array.from({ length: 100 }, (_, index) => locks.take(claim(`h${index}`, index + 1, name), 10_000)));
    expect(taken.filter(({ kind }) => kind === 'taken')).toHaveLength(1);
  });

  test('a lock that ran out is noticed by its token, and by the storage', async () => {
    const name = fresh();
    const [a, b] = [claim('a', 1, name), claim('b', 2, name)];
    const storage = new FencedStorage();
    await locks.take(a, 50);
    expect(storage.write(a, 'from a')).toBe(true);
    await expired(name);
    expect(await locks.extend(a, 1000)).toEqual({ kind: 'lost' });
    expect(await locks.take(b, 10_000)).toEqual({ kind: 'taken' });
    expect(storage.write(b, 'from b')).toBe(true);
    // The first holder was paused, and never asked.
    expect(storage.write(a, 'late')).toBe(false);
    expect(storage.value).toBe('from b');
    expect(await locks.release(a)).toEqual({ kind: 'lost' });
    expect(await locks.extend(b, 10_000)).toEqual({ kind: 'kept' });
  });

  test('a token that was overtaken gets nothing any more, also when nobody has the lock', async () => {
    const name = fresh();
    await locks.take(claim('b', 2, name), 10_000);
    await locks.release(claim('b', 2, name));
    expect(await locks.take(claim('a', 1, name), 10_000)).toEqual({ kind: 'stale', token: { term: 1, counter: 2 } });
    expect(await locks.take({ ...claim('c', 1, name), token: { term: 2, counter: 1 } }, 10_000)).toEqual({ kind: 'taken' });
  });

  test('a server that stands still is a fault and no answer', async () => {
    const a = claim('a', 1, fresh());
    servers.pause(0);
    expect(await locks.take(a, 10_000)).toMatchObject({ kind: 'fault', fault: { kind: 'TimedOut' } });
    expect(locks.held(a.key).filter(({ name }) => name === a.name)).toEqual([]);
    servers.resume(0);
    await untilReady(redis);
    expect(await locks.take(a, 10_000)).toEqual({ kind: 'taken' });
  });
});
