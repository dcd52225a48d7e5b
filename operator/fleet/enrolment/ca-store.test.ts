import { describe, expect, test } from 'vitest';
import { parseBundle } from '#platform/rpc/certificates.ts';
import { bundleOf } from '#platform/rpc/rotation.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { type CaData, type CaObjects, createCaStore } from './ca-store.ts';

const day = 86_400;
const policy = { periodSeconds: 365 * day, leafSeconds: 14 * day };

/** The Secret and the ConfigMap in memory; `meddle` runs once before the next write, like a second replica. */
function fakeObjects() {
  let secret: { data: CaData; version: number } | undefined;
  const world = { published: [] as string[], writes: 0, meddle: undefined as (() => Promise<unknown>) | undefined, data: () => secret?.data };
  const write = async (apply: () => void) => {
    const meddle = world.meddle;
    world.meddle = undefined;
    await meddle?.();
    apply();
  };
  const objects: CaObjects = {
    read: () => Promise.resolve(secret === undefined ? undefined : { data: secret.data, resourceVersion: String(secret.version) }),
    create: async (data) => {
      let answer: 'created' | 'taken' = 'taken';
      await write(() => {
        if (secret !== undefined) return;
        secret = { data, version: 1 };
        world.writes += 1;
        answer = 'created';
      });
      return answer;
    },
    replace: async (data, resourceVersion) => {
      let answer: 'replaced' | 'changed' = 'changed';
      await write(() => {
        if (String(secret?.version) !== resourceVersion) return;
        secret = { data, version: Number(resourceVersion) + 1 };
        world.writes += 1;
        answer = 'replaced';
      });
      return answer;
    },
    publish: (bundle) => {
      if (world.published.at(-1) !== bundle) world.published.push(bundle);
      return Promise.resolve();
    },
  };
  return { world, objects };
}

function setUp() {
  const clock = new ManualClock();
  const { world, objects } = fakeObjects();
  const store = () => createCaStore({ objects, policy, clock, log: silentLog });
  return { clock, world, store, objects };
}

test('the leader makes the CA, and whoever reads it afterwards has the same', async () => {
  const { store, world } = setUp();
  expect(await store().load()).toBeUndefined();
  const made = await store().maintain();
  expect(await store().load()).toEqual(made);
  expect(world.published).toEqual([bundleOf(made)]);
  expect(parseBundle(world.published[0] ?? '')).toHaveLength(1);
});

test('a reader makes nothing', async () => {
  const { store, world } = setUp();
  await store().load();
  expect(world.writes).toBe(0);
});

test('a lost race to create takes what the winner made', async () => {
  const { store, world } = setUp();
  world.meddle = () => store().maintain();
  const mine = await store().maintain();
  expect(world.writes).toBe(1);
  expect(await store().load()).toEqual(mine);
});

test('a rotation that somebody else has done is not done again', async () => {
  const { store, world, clock } = setUp();
  await store().maintain();
  await clock.advance(policy.periodSeconds * 1000);
  world.meddle = () => store().maintain();
  const mine = await store().maintain();
  expect(world.writes).toBe(2);
  expect(await store().load()).toEqual(mine);
  expect(mine.next).toBeDefined();
});

test('a year in the life of a CA: the next is published, then signs, then the old one is forgotten with its key', async () => {
  const { store, world, clock } = setUp();
  const leader = store();
  const first = await leader.maintain();
  await clock.advance(policy.periodSeconds * 1000);
  const both = await leader.maintain();
  expect(both.current).toEqual(first.current);
  await clock.advance(policy.leafSeconds * 1000);
  const after = await leader.maintain();
  expect(after.current.key).toBe(both.next?.key);
  expect(bundleOf(after)).toContain(first.current.certificate);
  expect(Object.values(world.data() ?? {})).not.toContain(first.current.key);
  await clock.advance(policy.leafSeconds * 1000);
  await leader.maintain();
  expect(world.published.map((bundle) => parseBundle(bundle).length)).toEqual([1, 2, 2, 1]);
});

describe('a Secret that was damaged is an error that says what to do', () => {
  const cases: Record<string, CaData> = { empty: {}, 'without a key': { 'current.crt': 'x', 'current.created': '1' }, 'without a certificate in it': { 'current.crt': 'x', 'current.key': 'y', 'current.created': '1' } };
  test.each(Object.entries(cases))('%s', async (_, data) => {
    const { store, objects } = setUp();
    await objects.create(data);
    await expect(store().maintain()).rejects.toThrow(/restore it/);
  });
});
