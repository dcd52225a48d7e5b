import { describe, expect, test } from 'vitest';
import { aMission } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import { aTask, taskOf } from '#testing/builders/task.ts';
import { aScheduler, anAgent, begun } from './testing.ts';

const pair = aMission().withTask('a').withTask('b', { after: ['a'] });
const four = aMission().withTasks('a', 'b', 'c', 'd');

describe('handing out', () => {
  test('a ready task goes to a free slot, whichever of the two comes first', async () => {
    const { scheduler, ...world } = aScheduler();
    world.seeAll(world.mission(begun(aMission().withTasks('a', 'b'))));
    expect(await world.handed()).toEqual([]);
    scheduler.agentChanged(anAgent('x'));
    expect(await world.handed()).toEqual(['a@x']);
    scheduler.agentChanged(anAgent('y'));
    expect(await world.handed()).toEqual(['b@y']);
  });

  test('a slot that is free again gets the next task', async () => {
    const { scheduler, ...world } = aScheduler();
    const mission = world.mission(begun(four));
    scheduler.agentChanged(anAgent('x', { slots: 2 }));
    world.seeAll(mission);
    expect(await world.handed()).toEqual(['a@x', 'b@x']);
    world.see(taskOf(mission, 'b').ended('Succeeded'));
    expect(await world.handed()).toEqual(['c@x']);
  });

  test('an agent that drains, or is gone, gets nothing', async () => {
    const { scheduler, ...world } = aScheduler();
    world.seeAll(world.mission(begun(four)));
    scheduler.agentChanged(anAgent('x'));
    scheduler.agentChanged(anAgent('x', { draining: true }));
    scheduler.agentChanged(anAgent('y'));
    scheduler.agentGone('uid-y');
    expect(await world.handed()).toEqual([]);
  });

  test('a pool that is paused gives out nothing until it serves again', async () => {
    const { scheduler, poolStore, ...world } = aScheduler([aPool().spec({ operatingMode: 'Pause' }).build()]);
    world.seeAll(world.mission(begun(four)));
    scheduler.agentChanged(anAgent('x'));
    expect(await world.handed()).toEqual([]);
    poolStore.upsert(aPool().meta({ resourceVersion: '2' }).build());
    scheduler.poolsChanged();
    expect(await world.handed()).toEqual(['a@x']);
  });

  test('a task is known by what a new pool can do, not by what pools could do before', async () => {
    const { scheduler, poolStore, ...world } = aScheduler([]);
    world.seeAll(world.mission(begun(aMission().withTask('a'))));
    scheduler.agentChanged(anAgent('x'));
    expect(await world.handed()).toEqual([]);
    poolStore.upsert(aPool().build());
    scheduler.poolsChanged();
    expect(await world.handed()).toEqual(['a@x']);
  });
});

describe('dependencies', () => {
  test('a task starts when its dependency has succeeded, and not before', async () => {
    const { scheduler, ...world } = aScheduler();
    const mission = world.mission(begun(pair));
    scheduler.agentChanged(anAgent('x', { slots: 4 }));
    world.see(taskOf(mission, 'b'));
    world.see(taskOf(mission, 'a'));
    expect(await world.handed()).toEqual(['a@x']);
    world.see(taskOf(mission, 'a').ended('Succeeded'));
    expect(await world.handed()).toEqual(['b@x']);
  });

  test('one that was decided before its dependent was seen holds nothing up', async () => {
    const { scheduler, ...world } = aScheduler();
    const mission = world.mission(begun(pair));
    scheduler.agentChanged(anAgent('x'));
    world.see(taskOf(mission, 'a').ended('Succeeded'));
    world.see(taskOf(mission, 'b'));
    expect(await world.handed()).toEqual(['b@x']);
  });

  test.each([['Fail', []], ['Continue', ['b@x']]] as const)('a failure with onFailure %s frees %j', async (onFailure, want) => {
    const { scheduler, ...world } = aScheduler();
    const mission = world.mission(begun(aMission().withTask('a', { onFailure }).withTask('b', { after: ['a'] })));
    scheduler.agentChanged(anAgent('x'));
    world.see(taskOf(mission, 'b'));
    world.see(taskOf(mission, 'a').ended('Failed'));
    expect(await world.handed()).toEqual(want);
  });

  test('a success of an earlier run frees nothing', async () => {
    const { scheduler, ...world } = aScheduler();
    const mission = world.mission(pair.status({ runNumber: 2 }));
    scheduler.agentChanged(anAgent('x'));
    world.see(taskOf(mission, 'b', 2));
    world.see(taskOf(mission, 'a', 1).ended('Succeeded'));
    expect(await world.handed()).toEqual([]);
  });
});

describe('order', () => {
  test('a mission of higher priority goes first, also when its priority is raised while it waits', async () => {
    const { scheduler, ...world } = aScheduler();
    const low = world.mission(begun(aMission('low').withTasks('l1', 'l2')));
    const high = aMission('high').withTasks('h1', 'h2');
    world.seeAll(low);
    world.seeAll(world.mission(begun(high)));
    world.mission(begun(high.spec({ priority: 5 })));
    scheduler.agentChanged(anAgent('x', { slots: 3 }));
    expect(await world.handed()).toEqual(['h1@x', 'h2@x', 'l1@x']);
  });

  test('of equals the namespace that runs less goes first', async () => {
    const { scheduler, ...world } = aScheduler([aPool().spec({ allowedNamespaces: ['team-b'] }).build()]);
    world.seeAll(world.mission(begun(aMission('m1').withTasks('a1', 'a2', 'a3'))));
    world.seeAll(world.mission(begun(aMission('m2').meta({ namespace: 'team-b' }).withTasks('b1', 'b2'))));
    scheduler.agentChanged(anAgent('x', { slots: 4 }));
    expect(await world.handed()).toEqual(['a1@x', 'b1@x', 'a2@x', 'b2@x']);
  });
});

describe('parallelism', () => {
  const limited = (parallelism: number) => begun(four.spec({ parallelism }));

  test('never more run at once, and the next follows when one ends', async () => {
    const { scheduler, ...world } = aScheduler();
    const mission = world.mission(limited(2));
    scheduler.agentChanged(anAgent('x', { slots: 9 }));
    world.seeAll(mission);
    expect(await world.handed()).toEqual(['a@x', 'b@x']);
    world.see(taskOf(mission, 'a').ended('Succeeded'));
    expect(await world.handed()).toEqual(['c@x']);
    scheduler.taskGone(taskOf(mission, 'b').build());
    expect(await world.handed()).toEqual(['d@x']);
  });

  test('raised, it lets more start; lowered, it keeps the order', async () => {
    const { scheduler, ...world } = aScheduler();
    world.seeAll(world.mission(limited(4)));
    await world.settle();
    expect(world.demand.queued('team-a/crew')).toBe(4);
    world.mission(limited(1));
    await world.settle();
    expect(world.demand.queued('team-a/crew')).toBe(1);
    scheduler.agentChanged(anAgent('x', { slots: 9 }));
    expect(await world.handed()).toEqual(['a@x']);
    world.mission(limited(3));
    expect(await world.handed()).toEqual(['b@x', 'c@x']);
  });

  test('a task that waits for the next attempt leaves its room to others', async () => {
    const { scheduler, ...world } = aScheduler();
    const mission = world.mission(limited(1));
    scheduler.agentChanged(anAgent('x', { slots: 9 }));
    world.seeAll(mission);
    expect(await world.handed()).toEqual(['a@x']);
    world.requeue(taskOf(mission, 'a').build(), 5000);
    expect(await world.handed()).toEqual(['b@x']);
    await world.clock.advance(5000);
    expect(await world.handed()).toEqual([]);
    world.see(taskOf(mission, 'b').ended('Succeeded'));
    expect(await world.handed()).toEqual(['a@x']);
  });

  test('a role without agents does not hold up the others', async () => {
    const { scheduler, ...world } = aScheduler([aPool().build(), aPool('coders').of('Coder').build()]);
    const mission = world.mission(begun(aMission().spec({ parallelism: 1 }).withTask('code', { type: 'Coder' }).withTask('look')));
    world.seeAll(mission);
    scheduler.agentChanged(anAgent('x'));
    expect(await world.handed()).toEqual(['look@x']);
    expect(world.demand.queued('team-a/coders')).toBe(0);
    scheduler.agentChanged(anAgent('c', { pool: 'coders', agentTypes: ['Coder'] }));
    expect(await world.handed()).toEqual([]);
    world.see(taskOf(mission, 'look').ended('Succeeded'));
    expect(await world.handed()).toEqual(['code@c']);
  });

  test('what an agent has from before this term takes its room', async () => {
    const { scheduler, ...world } = aScheduler();
    const mission = world.mission(limited(1));
    scheduler.agentChanged(anAgent('x', { slots: 9 }));
    const old = taskOf(mission, 'a').running().build();
    scheduler.recovering(old);
    world.see(taskOf(mission, 'b'));
    expect(await world.handed()).toEqual([]);
    scheduler.recovered(old, { recordFirst: false, live: false, afterMs: 60_000 });
    expect(await world.handed()).toEqual(['b@x']);
  });
});

describe('missions', () => {
  test.each(['Suspend', 'Stop', 'Cancel'] as const)('operatingMode %s lets nothing start, and asks no pool for anything', async (operatingMode) => {
    const { scheduler, ...world } = aScheduler();
    world.seeAll(world.mission(begun(four)));
    await world.settle();
    expect(world.demand.queued('team-a/crew')).toBe(4);
    world.mission(begun(four.spec({ operatingMode })));
    await world.settle();
    expect(world.demand.queued('team-a/crew')).toBe(0);
    scheduler.agentChanged(anAgent('x'));
    expect(await world.handed()).toEqual([]);
    world.mission(begun(four));
    expect(await world.handed()).toEqual(['a@x']);
  });

  test('tasks of a run that has not begun, or is over, do not start', async () => {
    const { scheduler, ...world } = aScheduler();
    const mission = world.mission(four);
    scheduler.agentChanged(anAgent('x'));
    world.seeAll(mission);
    expect(await world.handed()).toEqual([]);
    world.mission(four.status({ runNumber: 2 }));
    expect(await world.handed()).toEqual([]);
    world.mission(begun(four));
    expect(await world.handed()).toEqual(['a@x']);
  });

  test('a refused edit holds what has not started; a missing pool holds only what needs it', async () => {
    const { scheduler, ...world } = aScheduler();
    const refused = (reason: string) => four.status({ runNumber: 1, conditions: [{ type: 'Accepted', status: 'False', reason, message: 'no', lastTransitionTime: '2026-01-01T00:00:00Z' }] });
    world.seeAll(world.mission(refused('StartedTaskChanged')));
    scheduler.agentChanged(anAgent('x'));
    expect(await world.handed()).toEqual([]);
    world.mission(refused('NoMatchingPool'));
    expect(await world.handed()).toEqual(['a@x']);
  });

  test('tasks of a mission that is gone do not start, and nothing is remembered once they are gone too', async () => {
    const { scheduler, runs, ...world } = aScheduler();
    const mission = world.mission(begun(pair));
    world.seeAll(mission);
    world.missionGone(mission);
    scheduler.agentChanged(anAgent('x'));
    expect(await world.handed()).toEqual([]);
    for (const name of ['b', 'a']) scheduler.taskGone(taskOf(mission, name).build());
    expect([runs.size, runs.ofMission(mission.metadata.uid), scheduler.ready.byShape()]).toEqual([0, [], []]);
  });

  test('a run that ended leaves nothing behind', async () => {
    const { scheduler, runs, ...world } = aScheduler();
    const mission = world.mission(begun(pair));
    world.seeAll(mission);
    scheduler.agentChanged(anAgent('x'));
    for (const name of ['a', 'b']) {
      await world.settle();
      world.see(taskOf(mission, name).ended('Failed'));
    }
    await world.settle();
    expect([runs.size, world.clock.pending, scheduler.ready.byShape()]).toEqual([0, 0, []]);
  });
});

describe('two objects of one name in the plan', () => {
  test('neither is handed out twice, and the end of one does not take the other along', async () => {
    const { scheduler, ...world } = aScheduler();
    const mission = world.mission(begun(aMission().withTask('a')));
    scheduler.agentChanged(anAgent('x', { slots: 9 }));
    const old = taskOf(mission, 'a').meta({ name: 'old', uid: 'old' });
    world.see(old);
    expect(await world.handed()).toEqual(['a@x']);
    world.see(taskOf(mission, 'a'));
    world.see(old.running());
    expect(await world.handed()).toEqual(['a@x']);
    scheduler.taskGone(old.build());
    expect([await world.handed(), scheduler.mayRun(taskOf(mission, 'a').build()), scheduler.mayRun(old.build())]).toEqual([[], true, false]);
  });
});

describe('attempts that follow', () => {
  test('a task waits out its back-off', async () => {
    const { scheduler, ...world } = aScheduler();
    const mission = world.mission(begun(aMission().withTask('a')));
    scheduler.agentChanged(anAgent('x'));
    world.seeAll(mission);
    await world.handed();
    world.requeue(taskOf(mission, 'a').build(), 2000);
    await world.clock.advance(1999);
    expect(await world.handed()).toEqual([]);
    await world.clock.advance(1);
    expect(await world.handed()).toEqual(['a@x']);
  });

  test('the end of an attempt that is told twice shortens no back-off', async () => {
    const { scheduler, ...world } = aScheduler();
    const mission = world.mission(begun(aMission().withTask('a')));
    scheduler.agentChanged(anAgent('x', { slots: 9 }));
    world.seeAll(mission);
    await world.handed();
    const task = taskOf(mission, 'a').build();
    world.requeue(task, 1000);
    scheduler.requeue(task, 0);
    await world.clock.advance(999);
    expect(await world.handed()).toEqual([]);
    await world.clock.advance(1);
    expect(await world.handed()).toEqual(['a@x']);
    await world.clock.advance(60_000);
    expect([await world.handed(), world.clock.pending]).toEqual([[], 0]);
  });

  test('a task that is decided while it waits takes its timer along', async () => {
    const { scheduler, ...world } = aScheduler();
    const mission = world.mission(begun(aMission().withTask('a')));
    scheduler.agentChanged(anAgent('x'));
    world.seeAll(mission);
    await world.handed();
    world.requeue(taskOf(mission, 'a').build(), 1000);
    world.see(taskOf(mission, 'a').ended('Cancelled', 'MissionCancelled'));
    expect(world.clock.pending).toBe(0);
  });

  test('a mission suspended during the back-off holds the task afterwards', async () => {
    const { scheduler, ...world } = aScheduler();
    const alone = aMission().withTask('a');
    const mission = world.mission(begun(alone));
    scheduler.agentChanged(anAgent('x'));
    world.seeAll(mission);
    await world.handed();
    world.requeue(taskOf(mission, 'a').build(), 1000);
    world.mission(begun(alone.spec({ operatingMode: 'Suspend' })));
    await world.clock.advance(1000);
    expect(await world.handed()).toEqual([]);
  });
});

describe('a new term', () => {
  const one = aMission().withTask('a');

  test('what may run somewhere waits until that is known', async () => {
    const { scheduler, ...world } = aScheduler();
    const mission = world.mission(begun(one));
    const task = taskOf(mission, 'a').build();
    scheduler.recovering(task);
    world.see(taskOf(mission, 'a'));
    scheduler.agentChanged(anAgent('x'));
    expect([await world.handed(), scheduler.mayRun(task)]).toEqual([[], true]);
    scheduler.recovered(task, { recordFirst: true, live: false, afterMs: 0 });
    await world.clock.advance(0);
    expect([await world.handed()]).toEqual([['a@x recorded']]);
  });

  test('what an agent has is not handed out again until it comes back', async () => {
    const { scheduler, ...world } = aScheduler();
    const mission = world.mission(begun(one));
    const task = taskOf(mission, 'a').build();
    scheduler.recovering(task);
    scheduler.recovered(task, { recordFirst: false, live: true, afterMs: 0 });
    scheduler.agentChanged(anAgent('x'));
    expect(await world.handed()).toEqual([]);
    scheduler.requeue(task, 0);
    await world.clock.advance(0);
    expect(await world.handed()).toEqual(['a@x']);
  });
});

describe('tasks applied alone', () => {
  test('start once they are accepted, the more important first', async () => {
    const { scheduler, ...world } = aScheduler();
    world.see(aTask('plain'));
    world.see(aTask('low').accepted());
    world.see(aTask('high').spec({ priority: 3 }).accepted());
    scheduler.agentChanged(anAgent('x', { slots: 9 }));
    expect(await world.handed()).toEqual(['high@x', 'low@x']);
    world.see(aTask('plain').accepted());
    expect(await world.handed()).toEqual(['plain@x']);
  });

  test('one that is refused while it waits is held again', async () => {
    const { scheduler, ...world } = aScheduler();
    world.see(aTask().accepted());
    world.see(aTask().status({ conditions: [{ type: 'Accepted', status: 'False', reason: 'NoMatchingPool', message: 'no pool', lastTransitionTime: '2026-01-01T00:00:00Z' }] }));
    scheduler.agentChanged(anAgent('x'));
    expect(await world.handed()).toEqual([]);
  });

  test('one that is being deleted does not start', async () => {
    const { scheduler, runs, ...world } = aScheduler();
    world.see(aTask().accepted());
    world.see(aTask().accepted().meta({ deletionTimestamp: '2026-01-01T00:00:00Z' }));
    scheduler.agentChanged(anAgent('x'));
    expect([await world.handed(), runs.size]).toEqual([[], 0]);
  });
});
