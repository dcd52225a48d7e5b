import { expect, test } from 'vitest';
import { aMission } from '#testing/builders/mission.ts';
import { storeOf } from '#testing/builders/store.ts';
import { collect } from './exchange.ts';
import { byUid, type KnownMission, type KnownPool, type KnownTask, toKnownMission, watchCharge } from './fence.ts';
import { account } from './testing.ts';

async function* chunks(...sizes: readonly number[]) {
  for (const size of sizes) yield Buffer.alloc(size);
}

test('a body that does not say its length is read no further than the limit', async () => {
  let read = 0;
  async function* endless() {
    for (;;) {
      read += 1;
      yield Buffer.alloc(10);
    }
  }
  expect(await collect(endless(), 100)).toBeUndefined();
  expect(read).toBe(11);
  expect(await collect(chunks(60, 40), 100)).toHaveLength(100);
});

test('a call that has ended is not watched any more', () => {
  const uids = { [byUid]: ({ metadata }: KnownMission | KnownTask) => [metadata.uid] };
  const mission = { ...toKnownMission(aMission('m').build()), metadata: { name: 'm', namespace: 'team-a', uid: account.missionUid, resourceVersion: '1' } };
  const sources = { missions: storeOf<KnownMission>([mission], uids), tasks: storeOf<KnownTask>([], uids), pools: storeOf<KnownPool>([], {}) };
  let calls = 0;
  const end = watchCharge(sources, { account }, () => (calls += 1));
  const change = (resourceVersion: string, hasEnded: boolean) => sources.missions.upsert({ ...mission, hasEnded, metadata: { ...mission.metadata, resourceVersion } });
  change('2', false);
  expect(calls).toBe(0);
  change('3', true);
  expect(calls).toBe(1);
  end();
  change('4', true);
  expect(calls).toBe(1);
});
