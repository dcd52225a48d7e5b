import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { type Task, TaskSpec, type TaskStatus } from '#api/v1alpha1/task.ts';
import { emptyTree } from '#domain/goals/facts.ts';
import { isRepeatable, memoKey } from './key.ts';
import { isSource, knownMessage, knownResult, newestOf } from './result.ts';
import { filesOfRun, type RunFiles, type Start, startFound, startToCome } from './start.ts';

const epoch = { term: 1, counter: 1 };
const now = Date.parse('2026-01-02T00:00:00Z');
const git = { workspace: { git: { url: 'https://git.example/r.git' } } };
const trees = (treeBefore: string, treeAfter = treeBefore, more: object = {}) => ({ workspace: { treeBefore, treeAfter, ...more } });
const blob = (name: string, letter: string, owner = 'o') => ({ name, uri: `blob:ns/${owner}/${letter.repeat(64)}`, sha256: letter.repeat(64), sizeBytes: 1, mediaType: 'text/plain' });
const output = (commit: string, treeAfter: string) => ({ ...trees('before', treeAfter, { outputCommit: commit }), artifacts: [blob('output.bundle', 'b')] });

function aTask(spec: object = {}, status?: TaskStatus, uid = 'u'): Task {
  const metadata = { name: `m-${uid}`, namespace: 'team-a', uid, resourceVersion: '1', generation: 1, creationTimestamp: '' };
  return { apiVersion: 'coditect.ai/v1alpha1', kind: 'Task', metadata, spec: TaskSpec.parse({ type: 'Tester', intent: { action: 'RunTests' }, ...spec }), ...(status === undefined ? {} : { status }) };
}

const done = (more: TaskStatus = {}, time = '2026-01-01T00:00:00Z'): TaskStatus => ({ outcome: { result: 'Succeeded', reason: 'Completed', message: '', epoch, time }, ...more });

describe('the key of a task', () => {
  const inputs: JsonObject = { count: 3, page: blob('page.md', 'a') };
  const spec = { ...git, capabilities: ['go', 'node'], dependsOn: ['b'], inputs: [{ name: 'count', task: 'b', field: 'observed.n' }, { name: 'page', task: 'b', field: 'artifacts.page.md' }] };
  const start: Start = { tree: 't', base: 't', commit: 'c' };
  const keyOf = (changes: object = {}, said: JsonObject = inputs, from: Start = start) => memoKey(TaskSpec.parse({ type: 'Tester', intent: { action: 'RunTests', params: { area: 'src' } }, ...spec, ...changes }), said, from);

  const same: Record<string, string> = {
    'its mission, name and run': keyOf({ missionRef: { name: 'other', uid: 'other' }, taskName: 'other', run: 7 }),
    'the order of capabilities': keyOf({ capabilities: ['node', 'go'] }),
    'retries, deadline, budget, resources and what its failure means': keyOf({ retryPolicy: { limit: 9 }, activeDeadlineSeconds: 5, budget: { maxCostUsd: '1.00' }, onFailure: 'Continue', resources: { cpu: '1' } }),
    'how old a result may be': keyOf({ memoize: { maxAgeSeconds: 5 } }),
    'which task an input came from': keyOf({ inputs: [{ name: 'count', task: 'x', field: 'observed.m' }, { name: 'page', task: 'y', field: 'artifacts.page.md' }] }),
    'the order of inputs': keyOf({ inputs: spec.inputs.toReversed() }),
    'where an artifact lies': keyOf({}, { ...inputs, page: blob('page.md', 'a', 'another-owner') }),
    'the repository and ref that files come from': keyOf({ workspace: { git: { url: 'https://mirror.example/r.git', ref: 'v1' } } }),
  };
  test.each(Object.entries(same))('is the same whatever is %s', (_, key) => expect(key).toBe(keyOf()));

  const other: Record<string, string> = {
    role: keyOf({ type: 'Analyzer' }),
    action: keyOf({ intent: { action: 'RunCommand', params: { area: 'src' } } }),
    parameter: keyOf({ intent: { action: 'RunTests', params: { area: 'lib' } } }),
    'missing parameter': keyOf({ intent: { action: 'RunTests' } }),
    capability: keyOf({ capabilities: ['go'] }),
    'allowed tool': keyOf({ toolPolicy: { allow: ['search'] } }),
    'denied tool': keyOf({ toolPolicy: { deny: ['search'] } }),
    model: keyOf({ modelPolicy: { tiers: ['m'] } }),
    'value of an input': keyOf({}, { ...inputs, count: 4 }),
    'name of an input': keyOf({ inputs: [{ name: 'n', task: 'b', field: 'observed.n' }] }, { n: 3 }),
    'content of an artifact': keyOf({}, { ...inputs, page: blob('page.md', 'c') }),
    'name of an artifact': keyOf({}, { ...inputs, page: blob('log.md', 'a') }),
    tree: keyOf({}, inputs, { ...start, tree: 'u' }),
    'tree before all changes': keyOf({}, inputs, { ...start, base: 'u' }),
    commit: keyOf({}, inputs, { ...start, commit: 'd' }),
    'folder of the repository': keyOf({ workspace: { git: { url: 'https://git.example/r.git', subPath: 'api' } } }),
  };
  test.each(Object.entries(other))('is another one for another %s', (_, key) => expect(key).not.toBe(keyOf()));
  test('tells all of these apart', () => expect(new Set(Object.values(other)).size).toBe(Object.keys(other).length));
});

describe('a result', () => {
  const sources: Record<string, { task: Task; want: boolean }> = {
    'of an attempt that succeeded may be used again': { task: aTask({}, done()), want: true },
    'that is not there yet may not': { task: aTask(), want: false },
    'of a failed attempt may not': { task: aTask({}, { outcome: { result: 'Failed', reason: 'ActionFailed', message: '', epoch, time: '' } }), want: false },
    'of no attempt may not, so that ages are those of work': { task: aTask({}, { outcome: { result: 'Succeeded', reason: 'Memoized', message: '', time: '' } }), want: false },
    'that was not what was expected may not': { task: aTask({}, done({ violations: [{ kind: 'FileMismatch', message: '' }] })), want: false },
    'of a task with effects may not': { task: aTask({ sideEffects: 'Idempotent' }, done()), want: false },
    'of a check may not': { task: aTask({ missionRef: { name: 'm', uid: 'm' }, taskName: 'v', run: 1, verifies: ['a'] }, done()), want: false },
    'of a push may not': { task: aTask({ type: 'Coder', intent: { action: 'PushCommit' } }, done()), want: false },
    'of a task that is being deleted may not': { task: { ...aTask({}, done()), metadata: { ...aTask().metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }, want: false },
  };
  test.each(Object.entries(sources))('%s', (_, { task, want }) => expect(isSource(task)).toBe(want));

  test('is wanted of a task without effects that checks nobody', () => expect(isRepeatable(aTask().spec)).toBe(true));

  test('is the newest that is young enough', () => {
    const [old, young, equal] = [aTask({}, done({}, '2026-01-01T23:58:00Z'), 'old'), aTask({}, done({}, '2026-01-01T23:59:00Z'), 'young'), aTask({}, done({}, '2026-01-01T23:59:00Z'), 'equal')];
    expect(newestOf([old, young, equal], 600, now)).toBe(equal);
    expect(newestOf([old], 121, now)).toBe(old);
    expect(newestOf([old], 120, now)).toBeUndefined();
    expect(newestOf([aTask({}, done({}, 'no time'))], 600, now)).toBeUndefined();
  });

  test('is taken over with its files, artifacts where they lie now, and everyone who worked on it', () => {
    const assignment = { pool: 'p', poolNamespace: 'n', agent: 'p-2', agentUid: 'u', epoch, assignedTime: '', matchReason: '' };
    const attempts = [{ attempt: 1, agent: 'p-1', epoch, reason: 'AgentLost', message: '', endTime: '' }];
    const source = aTask({}, done({ observed: { n: 1 }, claimed: { m: 2 }, ...trees('t'), artifacts: [blob('log', 'a')], assignment, attempts, startTime: 'x', durationSeconds: 5 }));
    expect(knownResult(source, [blob('log', 'a', 'new')])).toEqual({
      observed: { n: 1 },
      claimed: { m: 2 },
      workspace: { treeBefore: 't', treeAfter: 't' },
      artifacts: [blob('log', 'a', 'new')],
      memoizedFrom: { task: 'm-u', uid: 'u', time: '2026-01-01T00:00:00Z', agents: ['p-1', 'p-2'] },
    });
  });

  const ages: Record<string, string> = { '2026-01-01T23:59:18Z': '42 s', '2026-01-01T23:58:10Z': '1 min', '2026-01-01T21:00:00Z': '3 h', '2025-12-30T00:00:00Z': '3 d', '2026-01-02T00:00:05Z': '0 s' };
  test.each(Object.entries(ages))('of %s is told by its age', (time, age) => expect(knownMessage(aTask({}, done({}, time)), now)).toBe(`nothing ran: task m-u was asked the same ${age} ago, and its result is used again`));
});

describe('the files of a run', () => {
  const found = (tree: string, commit = 'c') => aTask(git, trees(tree, tree, { commit }));
  const cases: Record<string, { spec?: object; recorded?: RunFiles; run?: Task[]; want: RunFiles | undefined }> = {
    'are none without a workspace': { spec: {}, run: [found('t')], want: { tree: emptyTree } },
    'are what the mission has recorded': { recorded: { tree: 'r', commit: 'c' }, run: [found('t')], want: { tree: 'r', commit: 'c' } },
    'are what those agree on that started from them': { run: [aTask(git), found('t'), found('t'), aTask({ ...git, workspaceFrom: 'a', missionRef: { name: 'm', uid: 'm' }, taskName: 'b', run: 1 }, trees('other'))], want: { tree: 't', commit: 'c' } },
    'are unknown when trees differ': { run: [found('t'), found('u')], want: undefined },
    'are unknown when commits differ': { run: [found('t'), found('t', 'd')], want: undefined },
    'are unknown before anybody has looked': { run: [aTask(git)], want: undefined },
  };
  test.each(Object.entries(cases))('%s', (_, { spec = git, recorded, run = [], want }) => expect(filesOfRun(aTask(spec).spec, recorded, run)).toEqual(want));
});

describe('what a task will find', () => {
  const files = { tree: 't', commit: 'c' };
  const later = (from: string, spec: object = git) => aTask({ ...spec, workspaceFrom: from, dependsOn: [from], missionRef: { name: 'm', uid: 'm' }, taskName: 'x', run: 1 });
  const siblings: Record<string, Task> = {
    changed: { ...aTask(git, output('out', 'u')) },
    unchanged: aTask(git, trees('t')),
    'after-the-change': { ...later('changed'), status: trees('u') },
    'lost-its-change': aTask(git, trees('t', 'u')),
    unmeasured: aTask(git, done()),
    'in-a-circle': { ...later('in-a-circle'), status: trees('t') },
  };
  const cases: Record<string, { task: Task; files?: RunFiles | undefined; want: Start | undefined }> = {
    'are the files of the run': { task: aTask(git), want: { tree: 't', base: 't', commit: 'c' } },
    'are those of a ConfigMap without a commit': { task: aTask({ workspace: { configMap: { name: 'f' } } }), files: { tree: 't' }, want: { tree: 't', base: 't' } },
    'is nothing without a workspace': { task: aTask(), files: { tree: emptyTree }, want: { tree: emptyTree, base: emptyTree } },
    'is unknown while the files of the run are': { task: aTask(git), files: undefined, want: undefined },
    'is unknown while the commit is': { task: aTask(git), files: { tree: 't' }, want: undefined },
    'is what another task changed': { task: later('changed'), want: { tree: 'u', base: 't', commit: 'out' } },
    'is what a task before that one changed': { task: later('after-the-change'), want: { tree: 'u', base: 't', commit: 'out' } },
    'is what nobody changed': { task: later('unchanged'), want: { tree: 't', base: 't', commit: 'c' } },
    'is unknown when the change was not kept': { task: later('lost-its-change'), want: undefined },
    'is unknown when nobody measured it': { task: later('unmeasured'), want: undefined },
    'is unknown when the task is gone': { task: later('nobody'), want: undefined },
    'ends in a circle': { task: later('in-a-circle'), want: { tree: 't', base: 't', commit: 'c' } },
  };
  test.each(Object.entries(cases))('%s', (_, one) => expect(startToCome(one.task, { files: 'files' in one ? one.files : files, sibling: (name) => siblings[name] })).toEqual(one.want));
});

describe('what a task found', () => {
  const from = { workspaceFrom: 'a', dependsOn: ['a'], missionRef: { name: 'm', uid: 'm' }, taskName: 'x', run: 1 };
  const cases: Record<string, { task: Task; files?: RunFiles; want: Start | undefined }> = {
    'is what its agent measured': { task: aTask(git, trees('t', 'u', { commit: 'c' })), want: { tree: 't', base: 't', commit: 'c' } },
    'was nothing without a workspace': { task: aTask({}, done()), want: { tree: emptyTree, base: emptyTree } },
    'is unknown when nobody measured it': { task: aTask(git, done()), want: undefined },
    'came of the files of the run': { task: aTask({ ...git, ...from }, trees('u', 'u', { commit: 'out' })), files: { tree: 't' }, want: { tree: 'u', base: 't', commit: 'out' } },
    'is unknown when the files of the run are': { task: aTask({ ...git, ...from }, trees('u')), want: undefined },
  };
  test.each(Object.entries(cases))('%s', (_, { task, files, want }) => expect(startFound(task, files)).toEqual(want));
});
