// Missions that are asked twice: what is known does not run again, and what is not known for sure runs.
import { afterEach, describe, expect, test } from 'vitest';
import { agentPools, missions, tasks } from '#api/v1alpha1/kinds.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { aMission, type MissionBuilder, type TaskWish } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import type { Script } from './agent.ts';
import { type Simulation, startSimulation, until } from './cluster.ts';

const memoize = {};
const tree = 'a'.repeat(40);
const unchanged = { treeBefore: tree, treeAfter: tree };
const script: Script = (name) => ({ ms: 5, result: 'Succeeded', output: { observed: { of: name }, artifacts: [`${name}.md`, 'log'] } });

const open: Simulation[] = [];
afterEach(async () => {
  for (const simulation of open.splice(0)) await simulation.stop();
});

async function aSimulation(by: Script = script): Promise<Simulation> {
  const simulation = await startSimulation({ seed: 1, script: by });
  open.push(simulation);
  simulation.put(aPool().max(3).spec({ slotsPerAgent: 4 }).build());
  await simulation.lead(true);
  return simulation;
}

/** Two tasks, of which the second reads a value and an artifact of the first. */
const asked = (name: string, wish: TaskWish = { memoize }, base = aMission(name)): MissionBuilder =>
  base
    .withTask('find', { ...wish, intent: { action: 'CountPatterns', params: { patterns: [{ name: 'todo', text: 'TODO' }] } } })
    .withTask('tell', {
      ...wish,
      after: ['find'],
      inputs: [{ name: 'count', task: 'find', field: 'observed.of' }, { name: 'page', task: 'find', field: 'artifacts.find.md' }],
      intent: { action: 'WriteReport', params: { title: 'Found' } },
    });

function taskOf(simulation: Simulation, mission: string, name: string): Task {
  const found = simulation.tasks().find(({ spec }) => spec.missionRef?.name === mission && spec.taskName === name);
  if (found === undefined) throw new Error(`find task ${name}: mission ${mission} has none of that name`);
  return found;
}

/** All that its two tasks name is kept, and is the mission's own. */
function expectOwnBlobs(simulation: Simulation, mission: string): void {
  const named = ['find', 'tell'].flatMap((name) => taskOf(simulation, mission, name).status?.artifacts ?? []).map(({ uri }) => uri);
  const owner = simulation.mission(mission)?.metadata.uid ?? '';
  expect(named).toHaveLength(4);
  expect(named.filter((uri) => !uri.includes(owner) || !simulation.blobs.has(uri))).toEqual([]);
}

const reasons = (simulation: Simulation, mission: string) => Object.fromEntries(simulation.tasks().filter(({ spec }) => spec.missionRef?.name === mission).map(({ spec, status }) => [spec.taskName, status?.outcome?.reason]));

async function run(simulation: Simulation, mission: MissionBuilder): Promise<void> {
  const built = mission.build();
  simulation.put(built);
  await until(`${built.metadata.name} has ended`, () => simulation.mission(built.metadata.name)?.status?.completionTime !== undefined);
}

/** Nothing was decided twice, run early or run twice. */
function expectOrder(simulation: Simulation): void {
  expect(simulation.violations).toEqual([]);
  const outcomes = simulation.writes(tasks.plural).filter(({ body }) => (body as { status?: { outcome?: object } }).status?.outcome !== undefined).map(({ key }) => key);
  expect(outcomes.length).toBe(new Set(outcomes).size);
}

describe('the second of two equal missions', () => {
  test('runs nothing, has the same results, and its own blobs', async () => {
    const simulation = await aSimulation();
    await run(simulation, asked('m'));
    simulation.orders.length = 0;
    await run(simulation, asked('again').withGoal('found', 'tasks["find"].observed.of == "find"'));
    expect(simulation.orders).toEqual([]);
    expect(reasons(simulation, 'again')).toEqual({ find: 'Memoized', tell: 'Memoized' });
    expect(simulation.mission('again')?.status).toMatchObject({ goalsMet: '1/1', tasksDone: '2/2' });
    const [first, second] = [taskOf(simulation, 'm', 'tell'), taskOf(simulation, 'again', 'tell')];
    const { metadata, status = {} } = first;
    expect(second.status).toMatchObject({ observed: status.observed, memoizedFrom: { task: metadata.name, uid: metadata.uid, agents: [status.assignment?.agent] } });
    expect(second.status?.assignment).toBeUndefined();
    expectOwnBlobs(simulation, 'again');
    expectOrder(simulation);
  });

  test('needs no agent', async () => {
    const simulation = await aSimulation();
    await run(simulation, asked('m'));
    await simulation.user.delete(agentPools, { namespace: 'team-a', name: 'crew' });
    simulation.put(aPool().max(1).spec({ operatingMode: 'Pause' }).build());
    await run(simulation, asked('again'));
    expect(reasons(simulation, 'again')).toEqual({ find: 'Memoized', tell: 'Memoized' });
  });

  const running: Record<string, { second: () => MissionBuilder; want: Record<string, string> }> = {
    'runs what does not ask to be memoized': { second: () => asked('again', {}), want: { find: 'Completed', tell: 'Completed' } },
    'runs what asks something else': { second: () => aMission('again').withTask('find', { memoize, intent: { action: 'CountPatterns', params: { patterns: [{ name: 'todo', text: 'FIXME' }] } } }), want: { find: 'Completed' } },
  };
  test.each(Object.entries(running))('%s', async (_, { second, want }) => {
    const simulation = await aSimulation();
    await run(simulation, asked('m'));
    await run(simulation, second());
    expect(reasons(simulation, 'again')).toEqual(want);
  });

  test('runs what is too old', async () => {
    const simulation = await aSimulation();
    await run(simulation, asked('m'));
    for (const task of simulation.tasks()) {
      const { status } = task;
      if (status?.outcome !== undefined) simulation.put({ ...task, status: { ...status, outcome: { ...status.outcome, time: new Date(Date.now() - 61_000).toISOString() } } } as never);
    }
    await run(simulation, asked('again', { memoize: { maxAgeSeconds: 60 } }));
    expect(reasons(simulation, 'again')).toEqual({ find: 'Completed', tell: 'Completed' });
    await run(simulation, asked('young', { memoize: { maxAgeSeconds: 60 } }));
    expect(reasons(simulation, 'young')).toEqual({ find: 'Memoized', tell: 'Memoized' });
  });

  test('runs what lost a blob, and nothing else', async () => {
    const simulation = await aSimulation();
    await run(simulation, asked('m'));
    const lost = taskOf(simulation, 'm', 'tell').status?.artifacts?.find(({ name }) => name === 'tell.md');
    simulation.blobs.delete(lost?.uri ?? '');
    await run(simulation, asked('again'));
    expect(reasons(simulation, 'again')).toEqual({ find: 'Memoized', tell: 'Completed' });
    expectOrder(simulation);
  });

  test('runs when the first one is deleted', async () => {
    const simulation = await aSimulation();
    await run(simulation, asked('m'));
    await simulation.user.delete(missions, { namespace: 'team-a', name: 'm' });
    await until('its tasks are gone', () => simulation.tasks().length === 0);
    await run(simulation, asked('again'));
    expect(reasons(simulation, 'again')).toEqual({ find: 'Completed', tell: 'Completed' });
  });

  test('names no blob that is not its own, whenever the first one is deleted', async () => {
    const simulation = await aSimulation();
    await run(simulation, asked('m'));
    const before = simulation.copies;
    let deleted: Promise<unknown> | undefined;
    simulation.copies = {
      async keep(...wish) {
        const answer = await before.keep(...wish);
        deleted ??= simulation.user.delete(missions, { namespace: 'team-a', name: 'm' });
        await deleted;
        await until('its tasks are gone', () => !simulation.tasks().some(({ spec }) => spec.missionRef?.name === 'm'));
        return answer;
      },
    };
    await simulation.crash();
    await simulation.lead(true);
    await run(simulation, asked('again'));
    // Whether the operator sees the deletion before it writes is chance; either is right.
    expect(simulation.mission('again')?.status?.tasks).toMatchObject({ succeeded: 2 });
    expectOwnBlobs(simulation, 'again');
    expectOrder(simulation);
  });

  test('is never of another namespace', async () => {
    const simulation = await aSimulation();
    simulation.server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team-b' } });
    simulation.put(aPool('other').max(1).meta({ namespace: 'team-b', uid: 'pool-b' }).build());
    await run(simulation, asked('m'));
    await run(simulation, asked('again').meta({ namespace: 'team-b', uid: 'uid-again' }));
    expect(reasons(simulation, 'again')).toEqual({ find: 'Completed', tell: 'Completed' });
  });
});

describe('files of a repository', () => {
  const fromGit = (name: string) => asked(name).spec({ workspace: { git: { url: 'https://git.example/r.git', ref: 'main' } } });
  const commitOf = (commit: string): Script => (name, attempt) => ({ ...script(name, attempt), output: { observed: { of: name }, artifacts: ['log', `${name}.md`], workspace: { ...unchanged, commit } } });

  test('are known once the first task has found them: from then on nothing runs', async () => {
    const simulation = await aSimulation(commitOf('1'.repeat(40)));
    await run(simulation, fromGit('m'));
    await run(simulation, fromGit('again').withGoal('found', 'tasks["tell"].outcome == "Succeeded"'));
    expect(reasons(simulation, 'again')).toEqual({ find: 'Completed', tell: 'Memoized' });
    expect(taskOf(simulation, 'again', 'tell').status?.workspace).toEqual({ ...unchanged, commit: '1'.repeat(40) });
    expect(simulation.mission('again')?.status?.goalsMet).toBe('1/1');
  });

  test('of another commit are other files', async () => {
    let commit = '1'.repeat(40);
    const simulation = await aSimulation((name, attempt) => commitOf(commit)(name, attempt));
    await run(simulation, fromGit('m'));
    commit = '2'.repeat(40);
    await run(simulation, fromGit('again'));
    expect(reasons(simulation, 'again')).toEqual({ find: 'Completed', tell: 'Completed' });
  });
});

test('a leader that dies between copy and outcome leaves a copy, and the next one decides the task once', async () => {
  const simulation = await aSimulation();
  await run(simulation, asked('m'));
  const before = simulation.copies;
  const copied = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  simulation.copies = {
    async keep(...wish) {
      const answer = await before.keep(...wish);
      copied.resolve();
      await released.promise;
      return answer;
    },
  };
  await simulation.crash();
  await simulation.lead(true);
  const second = asked('again').build();
  simulation.put(second);
  await copied.promise;
  await simulation.crash();
  released.resolve();
  simulation.copies = before;
  const owner = second.metadata.uid;
  expect([...simulation.blobs].filter((uri) => uri.includes(owner))).toHaveLength(1);
  expect(reasons(simulation, 'again')['find']).toBeUndefined();
  await simulation.lead();
  await until('it has ended', () => simulation.mission('again')?.status?.completionTime !== undefined);
  expect(reasons(simulation, 'again')).toEqual({ find: 'Memoized', tell: 'Memoized' });
  expectOrder(simulation);
});

test('a mission that is cancelled while a result is taken over is cancelled', async () => {
  const simulation = await aSimulation();
  await run(simulation, asked('m'));
  const before = simulation.copies;
  const asking = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  simulation.copies = {
    async keep(...wish) {
      asking.resolve();
      await released.promise;
      return before.keep(...wish);
    },
  };
  await simulation.crash();
  await simulation.lead(true);
  simulation.put(asked('again').build());
  await asking.promise;
  await simulation.user.mergePatch(missions, { namespace: 'team-a', name: 'again' }, { spec: { operatingMode: 'Cancel' } });
  await until('it has ended', () => simulation.mission('again')?.status?.completionTime !== undefined);
  released.resolve();
  expect(reasons(simulation, 'again')).toMatchObject({ find: 'MissionCancelled' });
  expectOrder(simulation);
});

test('what was used again is no source itself: its age stays that of the work', async () => {
  const simulation = await aSimulation();
  await run(simulation, asked('m'));
  await run(simulation, asked('again'));
  await simulation.user.delete(missions, { namespace: 'team-a', name: 'm' });
  await until('its tasks are gone', () => !simulation.tasks().some(({ spec }) => spec.missionRef?.name === 'm'));
  await run(simulation, asked('third'));
  expect(reasons(simulation, 'third')).toEqual({ find: 'Completed', tell: 'Completed' });
});

