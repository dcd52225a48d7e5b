import { expect, test } from 'vitest';
import { aMission } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import { taskOf } from '#testing/builders/task.ts';
import { admit } from './admission.ts';
import { createExplainer, type Explanation } from './explain.ts';
import { aScheduler, anAgent, begun } from './testing.ts';

/** Why the tasks of the mission wait, after `happens`. */
async function explained(wish: ReturnType<typeof aMission>, pool: ReturnType<typeof aPool>, happens: (world: ReturnType<typeof aScheduler>, mission: ReturnType<ReturnType<typeof aScheduler>['mission']>) => void): Promise<readonly Explanation[]> {
  const world = aScheduler([pool.build()]);
  const mission = world.mission(begun(wish));
  world.seeAll(mission);
  happens(world, mission);
  await world.settle();
  const explainer = createExplainer({
    runs: world.runs,
    roster: world.roster,
    pools: world.poolStore,
    ready: world.scheduler.ready,
    admit: (task) => admit(task, { missionByUid: () => begun(wish).build(), sibling: () => undefined }),
    sibling: (_, name) => (name === 'later' ? undefined : taskOf(mission, name).build()),
    missionUid: ({ name }) => (name === 'm' ? mission.metadata.uid : undefined),
  });
  expect(explainer.explain({ namespace: 'team-a', name: 'other' })).toBeUndefined();
  return explainer.explain({ namespace: 'team-a', name: 'm' }) ?? [];
}

const one = aMission().withTask('a');
const connected = (world: ReturnType<typeof aScheduler>) => world.scheduler.agentChanged(anAgent('x'));

const cases: Record<string, { mission?: typeof one; pool?: ReturnType<typeof aPool>; happens?: Parameters<typeof explained>[2]; want: readonly string[] }> = {
  'a dependency': { mission: one.withTask('b', { after: ['a'] }), happens: connected, want: ['a Assigned', 'b WaitingForDependencies waits for a'] },
  'a suspended mission': { mission: one.spec({ operatingMode: 'Suspend' }), want: ['a MissionSuspended operatingMode of the mission is Suspend'] },
  'parallelism': { mission: aMission().withTasks('a', 'b').spec({ parallelism: 1 }), want: ['a Queued', 'b ParallelismReached'] },
  'a paused pool': { pool: aPool().spec({ operatingMode: 'Pause' }), want: ['a PoolPaused pool team-a/crew is paused'] },
  'a pool at its maximum': { pool: aPool().max(2).status({ replicas: 2 }), want: ['a PoolAtMaximum no agent of team-a/crew is connected; team-a/crew is at its most agents'] },
  'an agent that starts': { pool: aPool().status({ desiredReplicas: 2, readyReplicas: 1 }), want: ['a PoolScalingUp'] },
  'no pool': { pool: aPool().of('Coder'), want: ['a NoMatchingPool the task needs role Analyzer'] },
  'a place in the queue': { mission: aMission().withTasks('a', 'b', 'c'), happens: connected, want: ['a Assigned', 'b Queued every slot of team-a/crew is in use', 'c Queued'] },
  'an earlier attempt': {
    happens: (world, mission) => {
      connected(world);
      const attempts = [{ attempt: 1, epoch: { term: 1, counter: 1 }, reason: 'ActionFailed', message: 'exit 1', endTime: '2026-01-01T00:00:00Z' }];
      void world.handed();
      world.scheduler.recovered(taskOf(mission, 'a').build(), { recordFirst: false, live: true, afterMs: 0 });
      world.requeue(taskOf(mission, 'a').status({ attempts }).build(), 1000);
    },
    want: ['a Backoff attempt 1 ended as ActionFailed: exit 1'],
  },
  'a new leader': { happens: (world, mission) => world.scheduler.recovering(taskOf(mission, 'a').build()), want: ['a Recovering'] },
};

test.each(Object.entries(cases))('explains %s', async (_, { mission = one, pool = aPool(), happens = () => {}, want }) => {
  const told = await explained(mission, pool, happens);
  expect(told.map(({ task, reason, message }) => `${task} ${reason} ${message}`)).toEqual(want.map((line) => expect.stringContaining(line)));
});

test('says the place among all that wait, and answers for one task', async () => {
  const told = await explained(aMission().withTasks('a', 'b', 'c'), aPool(), connected);
  expect(told.map(({ position }) => position)).toEqual([0, 1, 2]);
});
