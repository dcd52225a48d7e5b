import { describe, expect, test } from 'vitest';
import { aMission } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import { taskOf } from '#testing/builders/task.ts';
import { aScheduler, anAgent, begun } from './testing.ts';

const tasks = (count: number) => aMission().withTasks(...Array.from({ length: count }, (_, index) => `t${index}`));

/** Demand by pool after `count` tasks became ready. */
async function demandOf(count: number, pools: Parameters<typeof aScheduler>[0], agents: readonly ReturnType<typeof anAgent>[] = []): Promise<Record<string, number>> {
  const world = aScheduler(pools);
  for (const agent of agents) world.scheduler.agentChanged(agent);
  world.seeAll(world.mission(begun(tasks(count))));
  await world.settle();
  return Object.fromEntries((pools ?? []).map(({ metadata: { namespace, name } }) => [name, world.demand.queued(`${namespace}/${name}`)]));
}

describe('demand', () => {
  const first = aPool('a');
  const second = aPool('b');
  const cases: Record<string, { count: number; pools: ReturnType<typeof aPool>[]; agents?: ReturnType<typeof anAgent>[]; want: Record<string, number> }> = {
    'goes to the first pool by name': { count: 3, pools: [second, first], want: { a: 3, b: 0 } },
    'spills over to the next pool when the first has no room left': { count: 5, pools: [first.max(2), second.max(9)], want: { a: 2, b: 3 } },
    'counts slots, not agents': { count: 5, pools: [first.max(2).spec({ slotsPerAgent: 2 }), second], want: { a: 4, b: 1 } },
    'leaves out slots that are in use': { count: 5, pools: [first.max(2), second], agents: [anAgent('x', { pool: 'a' })], want: { a: 1, b: 3 } },
    'goes past a pool that is paused': { count: 2, pools: [first.spec({ operatingMode: 'Pause' }), second], want: { a: 0, b: 2 } },
    'is told to the first pool that serves when there is no room anywhere': { count: 9, pools: [first.spec({ operatingMode: 'Drain' }), second.max(2)], want: { a: 0, b: 9 } },
    'is told to a paused pool when there is no other': { count: 2, pools: [first.spec({ operatingMode: 'Pause' })], want: { a: 2 } },
    'of a pool that somebody else scales ends at its replicas': { count: 4, pools: [first.spec({ scaling: { mode: 'External' }, replicas: 1 }), second], want: { a: 1, b: 3 } },
    'is none for pools that cannot serve': { count: 2, pools: [first.of('Coder'), second], want: { a: 0, b: 2 } },
  };
  test.each(Object.entries(cases))('%s', async (_, { count, pools, agents, want }) => {
    expect(await demandOf(count, pools.map((pool) => pool.build()), agents)).toEqual(want);
  });

  test('is told once for each change, also when it falls to nothing', async () => {
    const world = aScheduler();
    const mission = world.mission(begun(tasks(1)));
    world.seeAll(mission);
    await world.settle();
    expect(world.changedPools.splice(0)).toEqual(['team-a/crew']);
    world.scheduler.poolsChanged();
    await world.settle();
    expect(world.changedPools).toEqual([]);
    world.scheduler.taskGone(taskOf(mission, 't0').build());
    await world.settle();
    expect(world.changedPools).toEqual(['team-a/crew']);
  });

  test('two shapes share the room of a pool', async () => {
    const world = aScheduler([first.max(3).of('Analyzer', 'Coder').build(), second.of('Analyzer', 'Coder').build()]);
    world.seeAll(world.mission(begun(aMission().withTasks('a', 'b').withTask('c', { type: 'Coder' }).withTask('d', { type: 'Coder' }))));
    await world.settle();
    expect([world.demand.queued('team-a/a'), world.demand.queued('team-a/b')]).toEqual([3, 1]);
  });
});

describe('run times', () => {
  test('the median of the last 64 counts', () => {
    const { demand } = aScheduler();
    expect(demand.medianRunMs('p')).toBeUndefined();
    for (let ms = 1; ms <= 100; ms++) demand.ran('p', ms);
    expect(demand.medianRunMs('p')).toBe(69);
    demand.forget('p');
    expect(demand.medianRunMs('p')).toBeUndefined();
  });
});
