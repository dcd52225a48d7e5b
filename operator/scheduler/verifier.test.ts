import { describe, expect, test } from 'vitest';
import { aMission } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import { type TaskBuilder, taskOf } from '#testing/builders/task.ts';
import { admit } from './admission.ts';
import { createExplainer } from './explain.ts';
import { aScheduler, anAgent, begun } from './testing.ts';

const wish = begun(aMission().withTask('work').withTask('check', { after: ['work'] }).withTask('other', { after: ['work'] }));
const crew = aPool().spec({ slotsPerAgent: 2, scaling: { maxReplicas: 3 } });

/** A world in which `worker` has done the task `work` and nothing else is left but its check, and what `with` adds. */
async function checking(agents: readonly ReturnType<typeof anAgent>[], { pool = crew, executed = (task: TaskBuilder) => task.ended('Succeeded') } = {}) {
  const world = aScheduler([pool.build()]);
  const mission = world.mission(wish);
  const check = taskOf(mission, 'check').spec({ verifies: ['work'] });
  for (const agent of agents) world.scheduler.agentChanged(agent);
  world.see(executed(taskOf(mission, 'work')));
  world.see(check);
  return { ...world, mission, check, handed: await world.handed() };
}

const worker = anAgent('agent-1', { slots: 2 });
const explained = (world: Omit<Awaited<ReturnType<typeof checking>>, 'demand'>) =>
  createExplainer({
    runs: world.runs,
    roster: world.roster,
    pools: world.poolStore,
    ready: world.scheduler.ready,
    admit: (task) => admit(task, { missionByUid: () => world.mission, sibling: (_, name) => (name === 'work' ? taskOf(world.mission, 'work').ended('Succeeded').build() : undefined) }),
    sibling: () => undefined,
    missionUid: () => world.mission.metadata.uid,
  }).explain({ namespace: 'team-a', name: 'm' });

describe('a task that verifies', () => {
  test('is not given to the agent that did the work, however free it is', async () => {
    const { handed, scheduler, check } = await checking([worker]);
    expect(handed).toEqual([]);
    expect(scheduler.lacksVerifier(check.build())).toBe(true);
  });

  test('goes to another agent, also when that one has more to do', async () => {
    const busy = anAgent('zz', { slots: 2 });
    const { handed, scheduler, check } = await checking([worker, busy]);
    expect(handed).toEqual(['check@zz']);
    expect(scheduler.lacksVerifier(check.build())).toBe(false);
  });

  test('goes to the next agent that connects', async () => {
    const world = await checking([worker]);
    world.scheduler.agentChanged(anAgent('agent-2'));
    await world.settle();
    expect(world.handedOut).toEqual(['check@agent-2']);
  });

  test('avoids agents whose attempts at the work failed, too', async () => {
    const failedOn = (agent: string) => ({ attempt: 1, agent, epoch: { term: 1, counter: 1 }, reason: 'ActionFailed', message: '', endTime: '2026-01-01T00:00:00Z' });
    const { handed } = await checking([anAgent('agent-0'), worker], { executed: (task) => task.ended('Succeeded').status({ attempts: [failedOn('agent-0')] }) });
    expect(handed).toEqual([]);
  });

  test('that waits for a slot of an independent agent is an ordinary one', async () => {
    const world = await checking([worker]);
    world.scheduler.agentChanged(anAgent('agent-2', { slots: 1 }));
    await world.settle();
    world.see(taskOf(world.mission, 'other').spec({ verifies: ['work'] }));
    await world.settle();
    expect(world.scheduler.lacksVerifier(taskOf(world.mission, 'other').spec({ verifies: ['work'] }).build())).toBe(false);
  });

  test('asks for one more agent beside those that may not have it, and says so', async () => {
    const { demand, ...world } = await checking([worker]);
    expect(demand.apart('team-a/crew')).toBe(2);
    expect(explained(world)).toMatchObject([{ task: 'check', reason: 'NoIndependentVerifier', message: 'every connected agent of team-a/crew executed a task that this one checks; another agent is being started' }]);
    world.scheduler.agentChanged(anAgent('agent-2'));
    await world.settle();
    expect(demand.apart('team-a/crew')).toBe(0);
  });

  test('says what to do when the pool may not grow', async () => {
    const pool = crew.spec({ scaling: { maxReplicas: 1 } }).status({ replicas: 1 });
    expect(explained(await checking([worker], { pool }))).toMatchObject([{ reason: 'NoIndependentVerifier', message: expect.stringContaining('raise scaling.maxReplicas') as string }]);
  });

  test('is asked of the next pool when the first is full of agents that may not have it', async () => {
    const world = aScheduler([aPool('a').max(1).build(), aPool('b').build()]);
    const mission = world.mission(wish);
    world.scheduler.agentChanged(anAgent('agent-1', { pool: 'a' }));
    world.see(taskOf(mission, 'work').ended('Succeeded'));
    world.see(taskOf(mission, 'check').spec({ verifies: ['work'] }));
    await world.settle();
    expect([world.demand.queued('team-a/a'), world.demand.queued('team-a/b')]).toEqual([0, 1]);
  });
});

describe('isolation', () => {
  const cases: Record<string, { isolation: 'Any' | 'Partial' | 'Full'; boundary: 'none' | 'partial' | 'full'; want: string[] }> = {
    'a pool that asks for none takes every agent': { isolation: 'Any', boundary: 'none', want: ['work@agent-1'] },
    'a partial boundary is enough where it is asked for': { isolation: 'Partial', boundary: 'partial', want: ['work@agent-1'] },
    'an agent with less than is asked for gets nothing': { isolation: 'Full', boundary: 'partial', want: [] },
    'an agent without a boundary gets nothing': { isolation: 'Partial', boundary: 'none', want: [] },
  };
  test.each(Object.entries(cases))('%s', async (_, { isolation, boundary, want }) => {
    const world = aScheduler([crew.spec({ isolation }).build()]);
    const mission = world.mission(wish);
    world.scheduler.agentChanged(anAgent('agent-1', { boundary }));
    world.see(taskOf(mission, 'work'));
    expect(await world.handed()).toEqual(want);
  });

  test('counts as soon as the pool is changed', async () => {
    const world = aScheduler([crew.spec({ isolation: 'Full' }).build()]);
    const mission = world.mission(wish);
    world.scheduler.agentChanged(anAgent('agent-1', { boundary: 'none' }));
    world.see(taskOf(mission, 'work'));
    expect(await world.handed()).toEqual([]);
    world.poolStore.upsert(crew.meta({ resourceVersion: '2' }).build());
    world.scheduler.poolsChanged();
    expect(await world.handed()).toEqual(['work@agent-1']);
  });
});
