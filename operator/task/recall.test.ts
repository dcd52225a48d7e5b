import { expect, test } from 'vitest';
import { type BlobAddress, blobUri } from '#api/blobs.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task, TaskStatus } from '#api/v1alpha1/task.ts';
import { messageOf } from '#platform/errors.ts';
import { KubeError } from '#platform/kube/error.ts';
import { wrap } from '#platform/telemetry/log.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { createTaskBoard } from './board.ts';
import { FakeTasks } from './fake-tasks.ts';
import { createMemory } from './memory.ts';
import { createRecall } from './recall.ts';
import { aTask, digestOf } from './testing.ts';
import { createTaskWriter } from './writer.ts';

const report = { name: 'report.md', uri: blobUri({ namespaceUid: 'ns', ownerUid: 'mission', sha256: digestOf('a') }), sha256: digestOf('a'), sizeBytes: 3, mediaType: 'text/markdown' };
const assignment = { pool: 'crew', poolNamespace: 'team-a', agent: 'p-1', agentUid: 'uid-p-1', epoch: { term: 1, counter: 1 }, assignedTime: '', matchReason: '' };

/** A task of another mission than the first, which wants known results. */
const asking = (name = 'b', spec: object = {}): Task => aTask(name, { memoize: {}, missionRef: { name: 'n', uid: 'other' }, ...spec });

const succeeded = (name = 'a', changes: TaskStatus = {}): Task =>
  aTask(name, {}, { outcome: { result: 'Succeeded', reason: 'Completed', message: '', epoch: { term: 1, counter: 1 }, time: '2026-01-01T00:00:00Z' }, observed: { passed: 3 }, artifacts: [report], assignment, ...changes });

/** A recall over these tasks; what the blob service is asked goes through `keep`. */
function aRecall(...given: readonly Task[]) {
  const tasks = new FakeTasks(...given);
  const clock = new ManualClock();
  const lines: string[] = [];
  const log = wrap((level, message, fields) => void (level === 'warn' && lines.push(`warn ${message}: ${String(fields?.['error'])}`)), {});
  const board = createTaskBoard(tasks);
  const world = {
    tasks,
    clock,
    lines,
    board,
    isLeading: true,
    missions: new Map<string, Mission>(),
    copied: [] as string[],
    keep: async (_from: BlobAddress, _ownerUid: string, _signal: AbortSignal): Promise<'kept' | 'missing'> => 'kept',
    begin: (name = 'b') => recall.begin(tasks.at(name)),
    beginThis: (task: Task) => recall.begin(task),
    status: (name = 'b') => tasks.at(name).status,
    /** Everything that needs no time has happened. */
    settled: () => clock.advance(0),
  };
  const fence = () => {
    if (!world.isLeading) throw new KubeError('lead', 'the lease is lost', { status: 0, reason: 'NotLeader' });
  };
  const recall = createRecall({
    board, clock, log, fence,
    memory: createMemory({ board, sources: { sibling: (task, name) => board.sibling(task, name), mission: ({ spec }) => world.missions.get(spec.missionRef?.uid ?? '') } }),
    ledger: createTaskWriter({ client: tasks, clock, log, onRecorded: (task) => board.record(task) }),
    copies: {
      keep(from, ownerUid, signal) {
        world.copied.push(`${from.ownerUid} to ${ownerUid}`);
        return world.keep(from, ownerUid, signal);
      },
    },
    sources: { namespaceUid: async () => 'ns' },
    listener: { notRecalled: (task) => lines.push(`run ${task.metadata.name}`), said: (task, state, _agent, message) => lines.push(`said ${task.metadata.name} ${state}: ${message}`) },
  });
  return world;
}

test('a task is decided in one write by what an equal one found, with blobs of its own', async () => {
  const world = aRecall(succeeded(), asking());
  await world.clock.advance(7_200_000);
  expect(world.begin()).toBe(true);
  await world.settled();
  const message = 'nothing ran: task a was asked the same 2 h ago, and its result is used again';
  expect(world.lines).toEqual([`said b Memoized: ${message}`]);
  expect(world.copied).toEqual(['mission to other']);
  expect(world.tasks.writes).toHaveLength(1);
  expect(world.status()).toMatchObject({
    outcome: { result: 'Succeeded', reason: 'Memoized', message },
    observed: { passed: 3 },
    artifacts: [{ ...report, uri: blobUri({ namespaceUid: 'ns', ownerUid: 'other', sha256: digestOf('a') }) }],
    memoizedFrom: { task: 'a', uid: 'uid-a', agents: ['p-1'] },
  });
  for (const absent of ['assignment', 'attempt', 'startTime', 'durationSeconds'] as const) expect(world.status()?.[absent]).toBeUndefined();
  expect(world.status()?.outcome).not.toHaveProperty('epoch');
});

test('what succeeded before this leader saw it, and what succeeds later, is known', async () => {
  const world = aRecall(asking());
  expect(world.begin()).toBe(false);
  world.tasks.put(succeeded());
  expect(world.begin()).toBe(true);
  expect(world.begin()).toBe(true);
  await world.settled();
  expect(world.copied).toHaveLength(1);
});

const unknown: Record<string, readonly [Task, Task]> = {
  'it does not ask for it': [succeeded(), aTask('b', { missionRef: { name: 'n', uid: 'other' } })],
  'it has effects': [succeeded(), asking('b', { sideEffects: 'Idempotent' })],
  'it checks others': [succeeded(), asking('b', { verifies: ['x'] })],
  'it asks something else': [succeeded(), asking('b', { intent: { action: 'RunTests', params: { area: 'src' } } })],
  'the only equal one failed': [succeeded('a', { outcome: { result: 'Failed', reason: 'ActionFailed', message: '', epoch: { term: 1, counter: 1 }, time: '2026-01-01T00:00:00Z' } }), asking()],
  'the result is too old': [succeeded('a', { outcome: { result: 'Succeeded', reason: 'Completed', message: '', epoch: { term: 1, counter: 1 }, time: '2025-12-31T23:59:00Z' } }), asking('b', { memoize: { maxAgeSeconds: 60 } })],
  'nobody knows the files it starts from': [succeeded(), asking('b', { workspace: { git: { url: 'https://git.example/r.git' } } })],
  'an input cannot be had': [succeeded(), asking('b', { dependsOn: ['x'], inputs: [{ name: 'n', task: 'x', field: 'observed.n' }] })],
  'the equal one is of another namespace': [{ ...succeeded(), metadata: { ...succeeded().metadata, namespace: 'team-b' } }, asking()],
};
test.each(Object.entries(unknown))('a task runs when %s', (_, [source, task]) => {
  expect(aRecall(source, task).begin()).toBe(false);
});

test('a tenant never has what another one found, though that one asks for it too', () => {
  const elsewhere = (task: Task): Task => ({ ...task, metadata: { ...task.metadata, namespace: 'team-b' } });
  const theirs = elsewhere(asking('c'));
  const world = aRecall(elsewhere(succeeded()), theirs, asking());
  expect(world.beginThis(theirs)).toBe(true);
  expect(world.begin()).toBe(false);
});

test('a missing blob makes the task run, and it is not asked again', async () => {
  const world = aRecall(succeeded(), asking());
  world.keep = async () => 'missing';
  expect(world.begin()).toBe(true);
  await world.settled();
  expect(world.lines).toEqual(['run b']);
  expect(world.begin()).toBe(false);
  expect(world.status()).toBeUndefined();
});

test('a blob service that refuses, or takes too long, makes the task run', async () => {
  const world = aRecall(succeeded(), asking('b'), asking('c'));
  world.keep = () => Promise.reject(new Error('connection refused'));
  world.begin('b');
  await world.settled();
  world.keep = (_from, _owner, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error(messageOf(signal.reason)))));
  world.begin('c');
  await world.clock.advance(30_000);
  expect(world.lines).toEqual([
    'warn a known result could not be used again; the task runs: connection refused',
    'run b',
    'warn a known result could not be used again; the task runs: copying its blobs took longer than 30 s',
    'run c',
  ]);
});

test('a blob of a namespace that had the same name before is not asked for', async () => {
  const elsewhere = { ...report, uri: blobUri({ namespaceUid: 'before', ownerUid: 'mission', sha256: digestOf('a') }) };
  const world = aRecall(succeeded('a', { artifacts: [elsewhere] }), asking());
  world.begin();
  await world.settled();
  expect(world.copied).toEqual([]);
  expect(world.lines).toEqual(['run b']);
});

test('a source that is deleted while its blobs are copied is no source', async () => {
  const world = aRecall(succeeded(), asking());
  world.keep = async () => {
    world.tasks.remove('a');
    return 'kept';
  };
  world.begin();
  await world.settled();
  expect(world.lines).toEqual(['run b']);
  expect(world.tasks.writes).toEqual([]);
});

const meanwhile: Record<string, { happens: (tasks: FakeTasks) => void; lines: readonly string[]; result: string | undefined }> = {
  'was decided stays as it is': { happens: (tasks) => tasks.put({ ...tasks.at('b'), status: { outcome: { result: 'Cancelled', reason: 'MissionCancelled', message: '', time: '' } } }), lines: [], result: 'Cancelled' },
  'was handed out is left to its agent': { happens: (tasks) => tasks.put({ ...tasks.at('b'), status: { attempt: 1, assignment } }), lines: ['run b'], result: undefined },
};
test.each(Object.entries(meanwhile))('a task that %s', async (_, { happens, lines, result }) => {
  const world = aRecall(succeeded(), asking());
  world.tasks.beforeWrite = () => {
    world.tasks.beforeWrite = () => {};
    happens(world.tasks);
  };
  world.begin();
  await world.settled();
  expect(world.lines).toEqual(lines);
  expect(world.status()?.outcome?.result).toBe(result);
  expect(world.status()?.memoizedFrom).toBeUndefined();
});

test('a task that is deleted meanwhile is nobody\'s matter', async () => {
  const world = aRecall(succeeded(), asking());
  world.tasks.beforeWrite = () => world.tasks.remove('b');
  world.begin();
  await world.settled();
  expect(world.lines).toEqual([]);
});

test('a write whose reply is lost is not made twice', async () => {
  const world = aRecall(succeeded(), asking());
  world.tasks.faults.push({ reason: 'LostReply', applied: true });
  world.begin();
  await world.settled();
  expect(world.tasks.writes).toHaveLength(1);
  expect(world.lines).toHaveLength(1);
});

test('a deposed leader copies nothing and hands nothing out', async () => {
  const world = aRecall(succeeded(), asking());
  world.isLeading = false;
  expect(world.begin()).toBe(true);
  await world.settled();
  expect(world.copied).toEqual([]);
  expect(world.lines.filter((line) => !line.startsWith('warn'))).toEqual([]);
});

test('files are those that the mission has recorded for this run, and no others', async () => {
  const git = { workspace: { git: { url: 'https://git.example/r.git' } } };
  const found = { commit: 'c', treeBefore: 't', treeAfter: 't' };
  const source = { ...succeeded('a', { workspace: found }), spec: { ...succeeded().spec, ...aTask('x', git).spec, taskName: 'a' } };
  const world = aRecall(source, asking('b', git), asking('c', { ...git, run: 2 }));
  world.missions.set('other', { status: { runNumber: 1, workspace: { tree: 't', commit: 'c' } } } as Mission);
  expect(world.begin('c')).toBe(false);
  expect(world.begin('b')).toBe(true);
  await world.settled();
  expect(world.status('b')).toMatchObject({ outcome: { reason: 'Memoized' }, workspace: found });
});
