// The impure half: what is read from the caches, and what each intent does to the cluster.
import { describe, expect, test } from 'vitest';
import type { Usage } from '#api/llm.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { KubeError } from '#platform/kube/error.ts';
import type { KubeReason } from '#platform/kube/types.ts';
import { aMission } from '#testing/builders/mission.ts';
import { aPlan } from '#testing/builders/plan.ts';
import { aPool } from '#testing/builders/pool.ts';
import { storeOf } from '#testing/builders/store.ts';
import { aTask, taskOf } from '#testing/builders/task.ts';
import { decideMission } from './decide/index.ts';
import type { MissionIntent } from './decide/intents.ts';
import { type MissionCluster, missionParts, missionsOfPool, poolSpecChanged, waitsForName } from './index.ts';
import { t0 } from './testing.ts';

const mission = aMission().withTask('a').withTask('b', { after: ['a'] }).build();
const key = { namespace: 'team-a', name: 'm' };
const task = taskOf(mission, 'a').build();
const refusedWith = (reason: KubeReason) => new KubeError('patch', 'refused', { status: 409, reason });

/** A mission reconciler over caches with these objects; what it asks of the cluster is noted in `calls`. */
function aReconciler({ missions = [mission], tasks = [], pools = [aPool().build()], plans = [] }: { missions?: readonly Mission[]; tasks?: readonly Task[]; pools?: readonly AgentPool[]; plans?: readonly Plan[] } = {}) {
  const calls: string[] = [];
  const stores = { missions: storeOf(missions), tasks: storeOf(tasks), pools: storeOf(pools) };
  const answers = { found: undefined as Task | undefined, existing: undefined as Task | undefined, deleted: 'deleted' as 'deleted' | 'gone' | 'changed', patchError: undefined as Error | undefined };
  const cluster: MissionCluster = {
    client: {
      get: <T>() => Promise.resolve(answers.found as T | undefined),
      delete: async (type, { name }, options) => (calls.push(`delete ${type.plural} ${name} ${options?.uid ?? ''} ${options?.resourceVersion ?? ''}`.trim()), answers.deleted),
      mergePatch: async <T>(_type: unknown, _key: unknown, patch: object) => {
        if (answers.patchError !== undefined) throw answers.patchError;
        calls.push(`patch ${JSON.stringify(patch)}`);
        return { ...mission, ...patch, metadata: { ...mission.metadata, resourceVersion: '9' } } as T;
      },
    },
    createIfAbsent: async (wanted) => (calls.push(`create ${wanted.metadata.name}`), { object: answers.existing ?? task, created: answers.existing === undefined }),
    planner: { ask: ({ metadata }) => void calls.push(`ask about ${metadata.name}`), abandon: (uid) => void calls.push(`abandon ${uid}`) },
    events: { record: ({ type, reason, note }) => void calls.push(`event ${type} ${reason}: ${note}`) },
    decideTask: async (decided, result, reason) => void calls.push(`decide ${decided.metadata.name} ${result}/${reason}`),
    gate: {
      expect: (owner, plural, _key, { resourceVersion }) => void calls.push(`expect ${owner} ${plural} ${resourceVersion}`),
      expectGone: (owner, plural, _key, uid) => void calls.push(`expectGone ${owner} ${plural} ${uid}`),
    },
  };
  const live = new Set<string>();
  const stuck = new Set<string>();
  const used = new Map<string, Usage>();
  const parts = missionParts({ ...stores, plansOf: (uid) => plans.filter(({ spec }) => spec.missionRef.uid === uid), approvalsOf: () => [], planner: { stateOf: () => ({ kind: 'idle' }) }, usage: { of: (uid) => used.get(uid), settledAt: (uid) => (used.has(uid) ? 7 : undefined) }, tasksOf: (uid) => stores.tasks.list().filter(({ spec }) => spec.missionRef?.uid === uid), isLive: ({ metadata }) => live.has(metadata.uid), isWithoutVerifier: ({ metadata }) => stuck.has(metadata.uid) }, cluster);
  const view = () => {
    const seen = parts.observe(key);
    if (seen === undefined) throw new Error('observe: the mission is gone');
    return seen;
  };
  return { calls, answers, stores, live, stuck, used, parts, view, act: (intent: MissionIntent) => parts.act(intent, view()) };
}

describe('the view', () => {
  test('holds the plan, the own tasks of all runs, who runs, and who holds a name', () => {
    const foreign = aTask(taskOf(mission, 'b').build().metadata.name).build();
    const old = taskOf(mission, 'a', 7).meta({ uid: 'old' }).build();
    const { view, live } = aReconciler({ tasks: [task, foreign, old, aTask('other').build()] });
    live.add(task.metadata.uid);
    const seen = view();
    expect([seen.run, seen.plan.map(({ name }) => name), [...seen.live], seen.foreignNames]).toEqual([1, ['a', 'b'], [task.metadata.uid], [foreign.metadata.name]]);
    expect(new Set(seen.tasks)).toEqual(new Set([task, old]));
  });

  test('holds the tasks of the plan that a planner made for what the mission asks now', () => {
    const planned = aMission().spec({ planner: { maxTasks: 20 } }).build();
    const edited = aMission().spec({ planner: { maxTasks: 20 }, goal: 'another' }).build();
    const plan = aPlan(planned).withTask('survey').build();
    const seen = aReconciler({ missions: [planned], plans: [plan, aPlan(edited).build()] }).view();
    expect([seen.planning.chain, seen.plan.map(({ name }) => name), seen.mission.spec.tasks.map(({ name }) => name)]).toEqual([[plan], ['survey'], ['survey']]);
    const unplanned = aReconciler({ missions: [edited], plans: [plan] }).view();
    expect([unplanned.planning, unplanned.plan]).toEqual([{ chain: [], candidate: undefined, planner: { kind: 'idle' }, superseded: new Set() }, []]);
  });

  test('holds what the mission has used, once that is known', () => {
    const { view, used } = aReconciler();
    const usage: Usage = { settled: { inputTokens: 1, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0, costMicroUsd: 3 }, reservedMicroUsd: 0, calls: 1 };
    const before = view();
    used.set(mission.metadata.uid, usage);
    const after = view();
    expect([before.usage, before.usageSettledAt, after.usage, after.usageSettledAt]).toEqual([undefined, undefined, usage, 7]);
  });

  test('asks and abandons through the planner', async () => {
    const { act, calls } = aReconciler();
    await act({ kind: 'requestPlan' });
    await act({ kind: 'abandonPlan' });
    expect(calls).toEqual(['ask about m', `abandon ${mission.metadata.uid}`]);
  });

  test('holds the open tasks that no agent may have because each did what they check', () => {
    const checked = aMission().withTask('a').withCheck('g', { command: { command: ['true'], from: 'a' } }).withCheck('h', { command: { command: ['false'], from: 'a' } }).build();
    const tasks = [taskOf(checked, 'a').build(), taskOf(checked, 'verify-g').build(), taskOf(checked, 'verify-h').ended('Succeeded').build()];
    const { view, stuck } = aReconciler({ missions: [checked], tasks });
    expect(view().withoutVerifier.size).toBe(0);
    for (const { metadata } of tasks) stuck.add(metadata.uid);
    expect([...view().withoutVerifier]).toEqual([tasks[1]?.metadata.uid]);
  });

  test('and so the decision does not depend on the order in which caches hold objects', () => {
    const many = aMission().spec({ failurePolicy: 'Continue' }).withTasks('a', 'b', 'c', 'd').build();
    const tasks = ['a', 'b', 'c', 'd'].map((name, index) => taskOf(many, name).status({}).meta({ uid: `u${index}` }).build());
    const pools = [aPool('y').of('Coder').build(), aPool('x').of('Coder').build(), aPool('x').of('Coder').meta({ namespace: 'a' }).build()];
    const bytes = (reversed: boolean) => {
      const order = <T>(list: readonly T[]) => (reversed ? list.toReversed() : list);
      return JSON.stringify(decideMission(aReconciler({ missions: [many], tasks: order(tasks), pools: order(pools) }).view(), t0));
    };
    expect(bytes(true)).toBe(bytes(false));
  });

  test('is expanded anew for another generation, another run, and another mission of the same name', () => {
    const { view, stores } = aReconciler();
    const plan = () => view().plan.map(({ objectName }) => objectName);
    const first = plan();
    expect(view().plan).toBe(view().plan);
    const now = (change: Partial<Mission['metadata']>, status?: Mission['status']) => stores.missions.replace([{ ...mission, metadata: { ...mission.metadata, ...change }, ...(status === undefined ? {} : { status }) }], new Set(), '9');
    now({ resourceVersion: '2' }, { runNumber: 2 });
    const second = plan();
    expect(second).not.toEqual(first);
    now({ resourceVersion: '3', uid: 'another' });
    expect([first, second]).not.toContainEqual(plan());
  });

  test('of a mission that is gone does not exist', () => {
    expect(aReconciler({ missions: [] }).parts.observe(key)).toBeUndefined();
  });
});

describe('intents', () => {
  test('a task is created owned and labelled, and the cache has to show it', async () => {
    const { parts, view, calls } = aReconciler();
    const [intent] = parts.decide(view(), t0).intents;
    expect(intent).toMatchObject({ kind: 'createTask', task: { metadata: { namespace: 'team-a', labels: { 'coditect.ai/mission': 'uid-m', 'coditect.ai/run': '1' }, ownerReferences: [{ kind: 'Mission', uid: 'uid-m', controller: true }] }, spec: { missionRef: { name: 'm', uid: 'uid-m' }, taskName: 'a', run: 1 } } });
    if (intent !== undefined) await parts.act(intent, view());
    expect(calls).toEqual([`create ${task.metadata.name}`, 'expect Mission/team-a/m tasks 1']);
  });

  test('a name that somebody else took in between ends the turn before a mark is written', async () => {
    const { parts, view, answers, act } = aReconciler();
    answers.existing = aTask(task.metadata.name).build();
    const [intent] = parts.decide(view(), t0).intents;
    await expect(intent && act(intent)).rejects.toThrow('held by an object of somebody else');
  });

  test('a deletion names the very version that was looked at, and the cache has to show it', async () => {
    const { act, calls } = aReconciler();
    await act({ kind: 'deleteTask', task });
    expect(calls).toEqual([`delete tasks ${task.metadata.name} ${task.metadata.uid} 1`, `expectGone Mission/team-a/m tasks ${task.metadata.uid}`]);
  });

  test('a task that was changed in between is not deleted, and nothing may take its place', async () => {
    const { act, answers } = aReconciler();
    answers.deleted = 'changed';
    await expect(act({ kind: 'deleteTask', task })).rejects.toThrow('it was changed in between');
    answers.deleted = 'gone';
    await expect(act({ kind: 'deleteTask', task })).resolves.toBeUndefined();
  });

  test('outcomes go to the writer of task statuses', async () => {
    const { act, calls } = aReconciler();
    await act({ kind: 'decideTask', task, result: 'Skipped', reason: 'DependencyFailed', message: '' });
    expect(calls).toEqual([`decide ${task.metadata.name} Skipped/DependencyFailed`]);
  });

  test('the mission is deleted by its uid', async () => {
    const { act, calls } = aReconciler();
    await act({ kind: 'deleteMission' });
    expect(calls).toEqual(['delete missions m uid-m']);
  });

  test('a task that the API server does not have is gone for good; one that it has must first be seen', async () => {
    const { act, answers, calls, view } = aReconciler();
    const ask = { kind: 'confirmGone', name: task.metadata.name } as const;
    answers.found = task;
    await act(ask);
    expect([calls, [...view().confirmedGone]]).toEqual([['expect Mission/team-a/m tasks 1'], []]);
    answers.found = undefined;
    await act(ask);
    expect([...view().confirmedGone]).toEqual([task.metadata.name]);
  });

  test('what was known of absences goes with the mission', async () => {
    const { act, view, stores, parts } = aReconciler();
    await act({ kind: 'confirmGone', name: 'x' });
    stores.missions.remove(mission);
    parts.observe(key);
    stores.missions.upsert({ ...mission, metadata: { ...mission.metadata, resourceVersion: '9' } });
    expect(view().confirmedGone.size).toBe(0);
  });

  test('no two kinds of intents are carried out together', () => {
    const { parts } = aReconciler();
    expect(parts.together?.({ kind: 'deleteMission' })).not.toBe(parts.together?.({ kind: 'confirmGone', name: '' }));
  });
});

describe('the status', () => {
  test('is patched with uid and version as preconditions, and the cache has to show it', async () => {
    const { parts, view, calls } = aReconciler();
    await parts.patchStatus(view(), { runNumber: 1 });
    expect(calls).toEqual(['patch {"metadata":{"uid":"uid-m","resourceVersion":"1"},"status":{"runNumber":1}}', 'expect Mission/team-a/m missions 9']);
  });

  test('is told in an event when it has a new reason, after the API server has it', async () => {
    const { parts, view, calls } = aReconciler();
    const conditions = [{ type: 'Succeeded', status: 'False', reason: 'TaskFailed', message: 'task a failed', lastTransitionTime: '2026-01-01T00:00:00Z' }];
    await parts.patchStatus(view(), { conditions });
    expect(calls.at(-1)).toBe('event Warning TaskFailed: task a failed');
  });

  test.each<[KubeReason, boolean]>([['Conflict', true], ['NotFound', true], ['ServerError', false]])('%s is left to the next turn: %s', async (reason, isLeft) => {
    const { parts, view, answers } = aReconciler();
    answers.patchError = refusedWith(reason);
    const written = parts.patchStatus(view(), {});
    if (isLeft) await expect(written).resolves.toBeUndefined();
    else await expect(written).rejects.toMatchObject({ reason });
  });
});

describe('which events concern which missions', () => {
  test('pools concern every mission that has not ended', () => {
    const done = aMission('done').status({ completionTime: '2026-01-01T00:00:00Z' }).build();
    expect(missionsOfPool([mission, done])).toEqual(['team-a/m']);
  });

  test.each<[string, AgentPool, boolean]>([
    ['another generation', aPool().meta({ generation: 2 }).build(), true],
    ['another label', aPool().meta({ labels: { a: 'b' } }).build(), true],
    ['another status', aPool().status({ replicas: 3 }).meta({ resourceVersion: '2' }).build(), false],
  ])('%s of a pool counts: %s', (_, pool, want) => expect(poolSpecChanged(pool, aPool().build())).toBe(want));

  test('a mission waits for a name while it is refused for it', () => {
    const refused = aMission().status({ conditions: [{ type: 'Accepted', status: 'False', reason: 'NameTaken', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }] });
    expect([waitsForName(refused.build()), waitsForName(mission)]).toEqual([true, false]);
  });
});
