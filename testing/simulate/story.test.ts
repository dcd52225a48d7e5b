// Whole lives of missions over the API server double. The seed of each story is in its name: the same seed makes the same choices.
import { afterEach, describe, expect, test } from 'vitest';
import { missions, tasks } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import { seeded } from '#testing/seeded.ts';
import { aMission, type MissionBuilder } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import { aTask, taskOf } from '#testing/builders/task.ts';
import type { Script } from './agent.ts';
import { type Simulation, startSimulation, until } from './cluster.ts';

const quick: Script = () => ({ ms: 5, result: 'Succeeded' });
const crew = aPool().max(3).spec({ slotsPerAgent: 4 });
const key = { namespace: 'team-a', name: 'm' };
const anySeed = Math.floor(Math.random() * 1_000_000_000);

/** Twelve tasks in four layers. */
const dozen = (base = aMission()): MissionBuilder => {
  const layers = [['a1', 'a2', 'a3'], ['b1', 'b2', 'b3', 'b4'], ['c1', 'c2', 'c3'], ['d1', 'd2']];
  return layers.flat().reduce((mission, name) => {
    const above = layers[layers.findIndex((layer) => layer.includes(name)) - 1] ?? [];
    return mission.withTask(name, { after: above.filter((_, index) => index % 2 === name.charCodeAt(1) % 2), retryPolicy: { backoffSeconds: 0 } });
  }, base);
};

const open: Simulation[] = [];
afterEach(async () => {
  for (const simulation of open.splice(0)) await simulation.stop();
});

async function aSimulation(script: Script = quick, seed = 1): Promise<Simulation> {
  const simulation = await startSimulation({ seed, script });
  open.push(simulation);
  simulation.put(crew.build());
  return simulation;
}

const reasonOf = (mission: Mission | undefined, type: string) => mission?.status?.conditions?.find((condition) => condition.type === type)?.reason;
const hasEnded = (simulation: Simulation) => () => simulation.mission()?.status?.completionTime !== undefined;
const patched = (simulation: Simulation, spec: object) => simulation.user.mergePatch<Mission>(missions, key, { spec });

/** An order that crosses its own cancellation is aborted, but it is handed out: these stories begin when nothing is on its way. */
const firstLayerRuns = (simulation: Simulation) =>
  until('all of the first layer run', () => simulation.agents.reduce((sum, agent) => sum + simulation.tasks().filter(({ metadata }) => agent.runs(metadata.uid)).length, 0) === 3);

/** No outcome was written twice, nothing ran early or twice, and agents have put everything down. */
async function expectOrder(simulation: Simulation): Promise<void> {
  await until('agents are idle', () => simulation.agents.every(({ isIdle }) => isIdle));
  expect(simulation.violations).toEqual([]);
  const outcomes = simulation.writes(tasks.plural).filter(({ body }) => (body as { status?: { outcome?: object } }).status?.outcome !== undefined).map(({ key: task }) => task);
  expect(outcomes.length).toBe(new Set(outcomes).size);
}

/** Nothing is written while nothing happens. */
async function expectQuiet(simulation: Simulation): Promise<void> {
  const relevant = () => simulation.writes().filter(({ plural }) => plural !== 'agentpools' && plural !== 'pods').length;
  const before = relevant();
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(relevant()).toBe(before);
}

describe('a mission of twelve tasks', () => {
  test('runs to its end with two writes a task, and then everything is quiet', async () => {
    const simulation = await aSimulation();
    await simulation.lead(true);
    simulation.put(dozen().withGoal('done', 'tasks["d1"].outcome == "Succeeded" && tasks["d1"].observed.attempt == 1').build());
    await until('the mission has ended', hasEnded(simulation));
    expect(simulation.mission()?.status).toMatchObject({ tasksDone: '12/12', goalsMet: '1/1', tasks: { succeeded: 12 } });
    expect(reasonOf(simulation.mission(), 'Succeeded')).toBe('GoalsMet');
    expect(simulation.writes(tasks.plural).length / 12).toBeLessThanOrEqual(2.2);
    await expectOrder(simulation);
    await expectQuiet(simulation);
  });

  test('FailFast cancels what is left, also what runs', async () => {
    const simulation = await aSimulation((name) => ({ ms: name === 'b1' ? 5 : name.startsWith('b') ? 60_000 : 5, result: name === 'b1' ? 'Failed' : 'Succeeded' }));
    await simulation.lead(true);
    simulation.put(dozen(aMission().spec({ failurePolicy: 'FailFast' })).build());
    await until('the mission has ended', hasEnded(simulation));
    const { status } = simulation.mission() ?? {};
    expect(reasonOf(simulation.mission(), 'Succeeded')).toBe('TaskFailed');
    expect(status?.tasks).toMatchObject({ succeeded: 3, failed: 1, pending: 0, running: 0, cancelled: 8 });
    expect(status?.failedTasks).toMatchObject([{ name: 'b1', reason: 'ActionFailed' }]);
    await expectOrder(simulation);
  });

  test('a failed attempt is tried again and the mission succeeds', async () => {
    const simulation = await aSimulation((name, attempt) => ({ ms: 5, result: name === 'b2' && attempt === 1 ? 'Failed' : 'Succeeded' }));
    await simulation.lead(true);
    simulation.put(dozen().build());
    await until('the mission has ended', hasEnded(simulation));
    expect(reasonOf(simulation.mission(), 'Succeeded')).toBe('TasksSucceeded');
    expect(simulation.tasks().find(({ spec }) => spec.taskName === 'b2')?.status).toMatchObject({ attempt: 2, attempts: [{ reason: 'ActionFailed' }] });
    await expectOrder(simulation);
  });
});

describe('files from a ConfigMap', () => {
  const fromConfigMap = aMission().withTask('a').spec({ workspace: { configMap: { name: 'files' } } });

  test('go with the order', async () => {
    const simulation = await aSimulation();
    simulation.server.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'files', namespace: 'team-a' }, data: { 'a.txt': 'text' }, binaryData: { 'b.bin': 'AAE=' } });
    await simulation.lead(true);
    simulation.put(fromConfigMap.build());
    await until('the mission has ended', hasEnded(simulation));
    const [order] = simulation.orders;
    expect(order?.workspace?.source).toMatchObject({ case: 'files', value: { files: { 'a.txt': Buffer.from('text'), 'b.bin': Buffer.from([0, 1]) } } });
  });

  test('that does not exist fail the task', async () => {
    const simulation = await aSimulation();
    await simulation.lead(true);
    simulation.put(fromConfigMap.build());
    await until('the mission has ended', hasEnded(simulation));
    expect(simulation.mission()?.status?.failedTasks).toMatchObject([{ name: 'a', reason: 'WorkspaceFailed' }]);
  });
});

describe('hands of people', () => {
  const slow: Script = () => ({ ms: 60_000, result: 'Succeeded' });
  const underway = async (script: Script, mission = dozen()) => {
    const simulation = await aSimulation(script);
    await simulation.lead(true);
    simulation.put(mission.build());
    await until('a task runs', () => simulation.agents.some((agent) => !agent.isIdle));
    return simulation;
  };

  test('Cancel ends a mission although attempts run', async () => {
    const simulation = await underway(slow);
    await firstLayerRuns(simulation);
    await patched(simulation, { operatingMode: 'Cancel' });
    await until('the mission has ended', hasEnded(simulation));
    expect(reasonOf(simulation.mission(), 'Succeeded')).toBe('Cancelled');
    expect(simulation.mission()?.status?.tasks).toMatchObject({ cancelled: 12 });
    await expectOrder(simulation);
  });

  test('Stop lets running attempts finish, and an attempt that fails is not tried again', async () => {
    const simulation = await underway((name) => ({ ms: 300, result: name === 'a1' ? 'Failed' : 'Succeeded' }));
    await firstLayerRuns(simulation);
    await patched(simulation, { operatingMode: 'Stop' });
    await until('the mission has ended', hasEnded(simulation));
    expect(reasonOf(simulation.mission(), 'Succeeded')).toBe('Stopped');
    expect(simulation.mission()?.status?.tasks).toMatchObject({ succeeded: 2, cancelled: 10 });
    await expectOrder(simulation);
  });

  test('Stop also ends what an agent gives back: nothing is written of that', async () => {
    const simulation = await aSimulation(() => ({ ms: 200, result: 'Refused' }));
    await simulation.lead(true);
    simulation.put(aMission().withTask('a').build());
    await until('the order has left', () => simulation.orders.length === 1);
    await patched(simulation, { operatingMode: 'Stop' });
    await until('the mission has ended', hasEnded(simulation));
    expect([reasonOf(simulation.mission(), 'Succeeded'), simulation.orders.length]).toEqual(['Stopped', 1]);
  });

  test('Suspend holds what has not started until the mode is Run again', async () => {
    const simulation = await underway(() => ({ ms: 100, result: 'Succeeded' }));
    await patched(simulation, { operatingMode: 'Suspend' });
    await until('the running ones have finished', () => simulation.mission()?.status?.tasksDone === '3/12' && reasonOf(simulation.mission(), 'Succeeded') === 'Suspended');
    await expectQuiet(simulation);
    expect(simulation.explain().slice(0, 2)).toEqual(['b1 MissionSuspended', 'b2 MissionSuspended']);
    await patched(simulation, { operatingMode: 'Run' });
    await until('the mission has ended', hasEnded(simulation));
    expect(simulation.mission()?.status?.tasksDone).toBe('12/12');
    await expectOrder(simulation);
  });

  test('a mission that is deleted in mid-flight takes everything along', async () => {
    const simulation = await underway(slow);
    await simulation.user.delete(missions, key);
    await until('the tasks are gone', () => simulation.tasks().length === 0);
    await expectOrder(simulation);
    expect(simulation.writes(tasks.plural).filter(({ verb, status }) => verb === 'patch' && status === 200)).toEqual([]);
  });

  test('a task that is deleted by hand has failed and is not made again', async () => {
    const simulation = await underway(slow, dozen(aMission().spec({ failurePolicy: 'FailFast' })));
    const victim = simulation.tasks().find(({ spec }) => spec.taskName === 'a2');
    await simulation.user.delete(tasks, { namespace: 'team-a', name: victim?.metadata.name ?? '' });
    await until('the mission has ended', hasEnded(simulation));
    expect(simulation.mission()?.status).toMatchObject({ tasks: { failed: 1, cancelled: 11 }, failedTasks: [{ name: 'a2', reason: 'TaskDeleted' }] });
    await expectOrder(simulation);
  });

  test('an edit that takes a started task away is refused, undone it is forgotten', async () => {
    const simulation = await underway(slow);
    const before = simulation.mission()?.spec;
    await patched(simulation, { tasks: before?.tasks.filter(({ name }) => name.startsWith('b')).map((task) => ({ ...task, dependsOn: [] })) });
    await until('the edit is refused', () => reasonOf(simulation.mission(), 'Accepted') === 'StartedTaskRemoved');
    expect(simulation.tasks()).toHaveLength(12);
    await patched(simulation, { tasks: before?.tasks });
    await until('the mission is accepted', () => reasonOf(simulation.mission(), 'Accepted') === 'Accepted');
    expect(simulation.violations).toEqual([]);
  });

  test('a finished mission runs again when it is asked to, and keeps the objects of one earlier run', async () => {
    const simulation = await aSimulation();
    await simulation.lead(true);
    simulation.put(aMission().withTasks('a', 'b').build());
    await until('the first run has ended', hasEnded(simulation));
    for (const run of [2, 3]) {
      await patched(simulation, { runRequest: `again-${run}` });
      await until('the next run has ended', () => simulation.mission()?.status?.runNumber === run && hasEnded(simulation)());
    }
    await until('the first run is gone', () => simulation.tasks().every(({ spec }) => spec.run !== 1));
    expect(simulation.tasks()).toHaveLength(4);
    await expectOrder(simulation);
  });
});

describe('what is missing comes', () => {
  test('a mission waits for a pool and goes on by itself', async () => {
    const simulation = await aSimulation();
    simulation.server.remove('agentpools', { namespace: 'team-a', name: 'crew' });
    await simulation.lead(true);
    simulation.put(aMission().withTasks('a', 'b').spec({ activeDeadlineSeconds: 3600 }).build());
    await until('the mission is refused', () => reasonOf(simulation.mission(), 'Accepted') === 'NoMatchingPool');
    expect([simulation.tasks(), reasonOf(simulation.mission(), 'Succeeded')]).toEqual([[], 'NotAccepted']);
    simulation.put(crew.build());
    await until('the mission has ended', hasEnded(simulation));
    await expectOrder(simulation);
  });

  test('a name that somebody else holds is free again', async () => {
    const simulation = await aSimulation();
    await simulation.lead(true);
    const mission = aMission().withTasks('a', 'b');
    const taken = taskOf(mission.build(), 'b').build().metadata.name;
    simulation.put(aTask(taken).spec({ type: 'Coder' }).build());
    await until('it was seen', () => simulation.tasks()[0]?.status !== undefined);
    simulation.put(mission.build());
    await until('the mission is refused', () => reasonOf(simulation.mission(), 'Accepted') === 'NameTaken');
    expect(simulation.tasks()).toHaveLength(1);
    await expectQuiet(simulation);
    simulation.server.remove('tasks', { namespace: 'team-a', name: taken });
    await until('the mission has ended', hasEnded(simulation));
    expect(simulation.mission()?.status?.tasks?.succeeded).toBe(2);
    await expectOrder(simulation);
  });

  test('tasks whose mission went without them are told that they are orphans', async () => {
    const simulation = await aSimulation();
    await simulation.lead(true);
    const orphan = taskOf(aMission('gone').withTask('a').build(), 'a').build();
    simulation.put(orphan);
    await until('it is told', () => simulation.tasks()[0]?.status?.conditions?.find(({ type }) => type === 'Accepted')?.reason === 'Orphaned');
    expect(simulation.agents.every(({ isIdle }) => isIdle)).toBe(true);
  });
});

describe('the operator is replaced in the middle', () => {
  test.each([7, 8, anySeed])('again and again, and everything is decided once (seed %i)', { timeout: 60_000 }, async (seed) => {
    const chance = seeded(seed);
    const courses = new Map<string, number>();
    const script: Script = (name, attempt) => {
      const ms = courses.get(`${name}/${attempt}`) ?? Math.floor(chance() * 60);
      courses.set(`${name}/${attempt}`, ms);
      return { ms, result: 'Succeeded' };
    };
    const simulation = await aSimulation(script, seed);
    await simulation.lead();
    simulation.put(dozen().build());
    for (let term = 2; term <= 4 && !hasEnded(simulation)(); term++) {
      await new Promise((resolve) => setTimeout(resolve, chance() * 150));
      if (chance() < 0.5) simulation.restartAgent();
      await simulation.crash();
      if (chance() < 0.3) simulation.restartAgent();
      await simulation.lead();
    }
    await until('the mission has ended', hasEnded(simulation));
    expect(simulation.mission()?.status?.tasks).toMatchObject({ total: 12, succeeded: 12 });
    await expectOrder(simulation);
    await expectQuiet(simulation);
  });

  test('and a Stop waits for what may still run from before', async () => {
    const simulation = await aSimulation((name) => ({ ms: name === 'a1' ? 2500 : 5, result: 'Succeeded' }));
    await simulation.lead();
    simulation.put(aMission().withTask('a1').withTask('b1', { after: ['a1'] }).build());
    await until('it runs', () => simulation.agents.some((agent) => !agent.isIdle));
    await simulation.crash();
    await patched(simulation, { operatingMode: 'Stop' });
    await simulation.lead();
    await until('the mission has ended', hasEnded(simulation));
    expect(simulation.mission()?.status?.tasks).toMatchObject({ succeeded: 1, cancelled: 1 });
    await expectOrder(simulation);
  });
});
