// Redis is changed by hand behind the back of the mirror: what was changed, taken away or added is found, counted and put right, also for a large world.
import { afterEach, describe, expect, test } from 'vitest';
import { missions } from '#api/v1alpha1/kinds.ts';
import { allProviders } from '#testing/providers/index.ts';
import { aMission } from '#testing/builders/mission.ts';
import { aTask } from '#testing/builders/task.ts';
import { seeded } from '#testing/seeded.ts';
import { FakeLoad } from './fake-load.ts';
import { askRedis, type Rig, startRig, untilSo } from './testing.ts';
import { worldsAgree } from './witness/testing.ts';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.end();
  rig = undefined;
});

async function repairs(current: Rig, reason: string): Promise<number> {
  const found = new RegExp(`^coditect_world_repairs_total\\{reason="${reason}"\\} (\\d+)$`, 'm').exec(await current.metrics());
  return Number(found?.[1] ?? 0);
}

const world = (number: number): string => `coditect:{team-${'abc'[number % 3]}/uid-m-${number}}:world`;

describe.each(await allProviders())('a Redis that is tampered with, as $name', ({ provider }) => {
  async function start(): Promise<Rig | undefined> {
    rig = await startRig({ provider, kinds: ['nats', 'redis'] });
    for (const reason of rig.absent) process.stderr.write(`left out of the test of a Redis that is tampered with: ${reason}\n`);
    return rig.services.size === 2 ? rig : undefined;
  }

  test('is put right, and each kind of damage is counted', { timeout: 120_000 }, async ({ skip }) => {
    const current = await start();
    if (current === undefined) return skip('there is no Redis here');
    const load = new FakeLoad(current.cluster, current.tell, seeded(7));
    for (let step = 0; step < 300; step += 1) await load.step();
    await worldsAgree(current, load.told);
    const before = [await repairs(current, 'differs'), await repairs(current, 'leftover')];
    const body = await askRedis(current, 'HGET', world(1), 't:uid-m-1-t0');
    // The same version with other words: nothing but the digest shows it.
    await askRedis(current, 'HSET', world(1), 't:uid-m-1-t0', body.replaceAll('Analyzer', 'Impostor'));
    await askRedis(current, 'HDEL', world(2), 't:uid-m-2-t1', 'f:uid-m-2-t1');
    await askRedis(current, 'DEL', world(3));
    await askRedis(current, 'HSET', world(4), 't:uid-m-4-t2', `${'9'.repeat(48)} 999999 {}`);
    await askRedis(current, 'SET', world(5), 'no hash at all');
    for (const foreign of ['coditect:{team-a/uid-nobody}:world', 'coditect:{team-z/uid-m-1}:world']) await askRedis(current, 'HSET', foreign, 'm', body);
    await untilSo('all damage is found', 30, async () => (await repairs(current, 'differs')) >= (before[0] ?? 0) + 5 && (await repairs(current, 'leftover')) >= (before[1] ?? 0) + 2);
    await worldsAgree(current, load.told);
    expect(body).toContain('Analyzer');
    expect(await askRedis(current, 'HGET', world(1), 't:uid-m-1-t0')).toBe(body);
    expect([await askRedis(current, 'EXISTS', 'coditect:{team-a/uid-nobody}:world'), await askRedis(current, 'EXISTS', 'coditect:{team-z/uid-m-1}:world')]).toEqual([':0', ':0']);
    expect([await repairs(current, 'differs'), await repairs(current, 'leftover')]).toEqual([(before[0] ?? 0) + 5, (before[1] ?? 0) + 2]);
  });

  test('and emptied holds 20,000 tasks again within a minute', { timeout: 240_000 }, async ({ skip }) => {
    const current = await start();
    if (current === undefined) return skip('there is no Redis here');
    const many = 200;
    for (let number = 0; number < many; number += 1) putMission(current, number, 100);
    const worlds = async (): Promise<number> => Number((await askRedis(current, 'DBSIZE')).slice(1));
    await untilSo('the worlds are written', 90, async () => (await worlds()) >= many);
    await worldsAgree(current, new Set());
    await askRedis(current, 'FLUSHALL');
    const emptiedAt = performance.now();
    await untilSo('the worlds are written again', 60, async () => (await worlds()) >= many);
    await worldsAgree(current, new Set(), 60);
    process.stderr.write(`20,000 tasks of ${many} missions were in Redis again, as seen by another reader, ${((performance.now() - emptiedAt) / 1000).toFixed(1)} s after it was emptied; up to ${current.config.worldCheckSeconds} s of these until the mirror looks\n`);
    expect(current.cluster.objects(missions.plural)).toHaveLength(many);
  });
});

function putMission({ cluster }: Rig, number: number, tasks: number): void {
  const mission = { name: `big-${number}`, uid: `uid-big-${number}` };
  cluster.put({ ...aMission(mission.name).meta({ namespace: 'team-a', uid: mission.uid }).build() });
  for (let task = 0; task < tasks; task += 1) cluster.put({ ...aTask(`big-${number}-t${task}`).meta({ namespace: 'team-a', uid: `${mission.uid}-t${task}` }).spec({ missionRef: mission, taskName: `t${task}`, run: 1 }).build() });
}
