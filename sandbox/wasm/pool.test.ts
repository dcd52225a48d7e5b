import { expect, test } from 'vitest';
import { silentLog } from '#platform/telemetry/log.ts';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { Pool } from './pool.ts';

interface Fake {
  readonly id: number;
  readonly ready: Promise<boolean>;
  readonly ended: Promise<void>;
  readonly becomeReady: () => Promise<void>;
  readonly die: () => Promise<void>;
}

function fakeChild(id: number): Fake {
  const [ready, ended] = [Promise.withResolvers<boolean>(), Promise.withResolvers<void>()];
  return {
    id,
    ready: ready.promise,
    ended: ended.promise,
    becomeReady: async () => (ready.resolve(true), settle()),
    die: async () => (ready.resolve(false), ended.resolve(), settle()),
  };
}

function poolOf(size: number) {
  const clock = new ManualClock();
  const started: Fake[] = [];
  const discarded: number[] = [];
  const start = () => {
    const child = fakeChild(started.length);
    started.push(child);
    return child;
  };
  const discard = async (child: Fake) => {
    discarded.push(child.id);
    await child.die();
  };
  const pool = new Pool({ size, start, discard, clock, log: silentLog });
  const child = (id: number): Fake => started[id] ?? expect.unreachable(`child ${id} was not started`);
  return { clock, pool, started, discarded, child };
}

test('children are started one at a time, as many as the pool holds', async () => {
  const { pool, started, child } = poolOf(2);
  expect(started).toHaveLength(1);
  await child(0).becomeReady();
  expect(started).toHaveLength(2);
  await child(1).becomeReady();
  expect({ started: started.length, ready: pool.ready }).toEqual({ started: 2, ready: 2 });
});

test('a claim takes the oldest for good, and another is started a moment later', async () => {
  const { clock, pool, started, child } = poolOf(1);
  await child(0).becomeReady();
  expect(pool.claim().id).toBe(0);
  expect(started).toHaveLength(1);
  await clock.advance(100);
  await child(1).becomeReady();
  expect(pool.claim().id).toBe(1);
});

test('a claim takes the one that is starting, and a new one after that', async () => {
  const { pool, child } = poolOf(1);
  expect(pool.claim().id).toBe(0);
  expect(pool.claim().id).toBe(1);
  await child(0).becomeReady();
  expect(pool.ready).toBe(0);
});

test('a pool of none starts a child for each claim', async () => {
  const { clock, pool, started } = poolOf(0);
  expect(started).toHaveLength(0);
  pool.claim();
  await clock.advance(60_000);
  expect(started).toHaveLength(1);
});

test('children that die at start are replaced more and more slowly, and at once again after one that lives', async () => {
  const { clock, pool, started, child, discarded } = poolOf(1);
  const gaps: number[] = [];
  for (let failure = 0; failure < 10; failure += 1) {
    await child(failure).die();
    const before = clock.monotonic();
    while (started.length === failure + 1) await clock.advance(50);
    gaps.push(clock.monotonic() - before);
  }
  expect(gaps).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000]);
  expect(discarded).toHaveLength(10);
  await child(10).becomeReady();
  pool.claim();
  await clock.advance(50);
  expect(started).toHaveLength(12);
});

test('claims while children die at start do not shorten the wait', async () => {
  const { clock, pool, child, started } = poolOf(1);
  await child(0).die();
  await clock.advance(100);
  await child(1).die();
  pool.claim();
  await clock.advance(150);
  expect(started).toHaveLength(3);
});

test('one that dies while it waits is discarded and replaced', async () => {
  const { clock, pool, child, discarded } = poolOf(1);
  await child(0).becomeReady();
  await child(0).die();
  expect({ ready: pool.ready, discarded }).toEqual({ ready: 0, discarded: [0] });
  await clock.advance(100);
  await child(1).becomeReady();
  expect(pool.ready).toBe(1);
});

test('a claimed child is never discarded by the pool', async () => {
  const { pool, child, discarded } = poolOf(1);
  await child(0).becomeReady();
  pool.claim();
  await child(0).die();
  await pool.close();
  expect(discarded).toEqual([]);
});

test('closing discards what waits and what starts, and starts nothing more', async () => {
  const { clock, pool, started, child, discarded } = poolOf(2);
  await child(0).becomeReady();
  await pool.close();
  await clock.advance(60_000);
  expect({ discarded, started: started.length }).toEqual({ discarded: [0, 1], started: 2 });
  expect(() => pool.claim()).toThrow('the pool is closed');
});
