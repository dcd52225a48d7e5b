import { describe, expect, test } from 'vitest';
import { silentLog } from '#platform/telemetry/log.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { createSweeper } from './sweeper.ts';

function setUp() {
  const clock = new ManualClock();
  const owners = new Map<string, number>();
  const world = { living: new Set<string>(), failing: false, lists: 0 };
  const store = {
    owners: () => Promise.resolve([...owners].map(([ownerUid, changedAt]) => ({ namespaceUid: 'ns', ownerUid, changedAt }))),
    removeOwner: ({ ownerUid }: { ownerUid: string }) => Promise.resolve(void owners.delete(ownerUid)),
  };
  const livingOwners = () => {
    world.lists += 1;
    return world.failing ? Promise.reject(new Error('timeout')) : Promise.resolve(new Set(world.living));
  };
  const sweeper = createSweeper({ store, livingOwners, clock, log: silentLog });
  /** One sweep a minute after the last. */
  const sweep = async () => {
    await clock.advance(60_000);
    return sweeper.sweep();
  };
  return { clock, owners, world, sweeper, sweep, store: (uid: string) => owners.set(uid, clock.now()) };
}

describe('blobs', () => {
  test('of an owner that exists stay', async () => {
    const { store, world, sweep, owners } = setUp();
    store('a');
    world.living.add('a');
    for (let count = 0; count < 5; count += 1) expect(await sweep()).toBe(0);
    expect([...owners.keys()]).toEqual(['a']);
  });

  test('of an owner that is gone are removed by the second sweep that misses it', async () => {
    const { store, world, sweep, owners } = setUp();
    store('a');
    store('b');
    world.living.add('b');
    expect([await sweep(), await sweep(), await sweep()]).toEqual([0, 1, 0]);
    expect([...owners.keys()]).toEqual(['b']);
  });

  test('stay when the list fails, however often', async () => {
    const { store, world, sweep, owners } = setUp();
    store('a');
    await sweep();
    world.failing = true;
    for (let count = 0; count < 3; count += 1) await expect(sweep()).rejects.toThrow('timeout');
    expect([...owners.keys()]).toEqual(['a']);
    world.failing = false;
    expect(await sweep()).toBe(1);
  });

  test('stay when the owner was only missing once', async () => {
    const { store, world, sweep } = setUp();
    store('a');
    expect(await sweep()).toBe(0);
    world.living.add('a');
    expect(await sweep()).toBe(0);
    world.living.delete('a');
    expect([await sweep(), await sweep()]).toEqual([0, 1]);
  });

  test('that came after the list began are not judged by it', async () => {
    const { clock, store, sweep, owners } = setUp();
    store('a');
    await sweep();
    // Stored between the two sweeps: only one list has begun since.
    await clock.advance(1);
    store('a');
    expect([await sweep(), owners.size, await sweep()]).toEqual([0, 1, 1]);
  });
});

test('without blobs the API server is not asked', async () => {
  const { sweep, world } = setUp();
  await sweep();
  expect(world.lists).toBe(0);
});

test('a sweeper sweeps at once, then each interval, also after a failure, until it is stopped', async () => {
  const { clock, store, world, sweeper } = setUp();
  store('a');
  world.living.add('a');
  const stop = new AbortController();
  await clock.advance(1);
  const done = sweeper.run(60, stop.signal);
  await clock.advance(0);
  expect(world.lists).toBe(1);
  world.failing = true;
  await clock.advance(60_000);
  world.failing = false;
  await clock.advance(60_000);
  expect(world.lists).toBe(3);
  stop.abort();
  await done;
  expect(clock.pending).toBe(0);
});
