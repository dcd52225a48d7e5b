// What follows the tasks of the graph: those that check goals, the one that delivers the output, and finally.
import { describe, expect, test } from 'vitest';
import type { GoalStatus, MissionStatus } from '#api/v1alpha1/mission.ts';
import { aMission, type MissionBuilder } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import type { TaskBuilder } from '#testing/builders/task.ts';
import { applied, check, failed, fresh, lines, running, succeeded, suite, type Surroundings, t0, underway, viewOf } from '../testing.ts';
import { decideMission } from './index.ts';

const patch = { type: 'Coder', intent: { action: 'FormatCode' } };
const repository = { workspace: { git: { url: 'https://git.example/r' } } };
const fix = aMission().spec(repository).withTask('fix', patch).withCheck('tests', { command: { command: ['npm', 'test'] } });
const pushed = (mission: MissionBuilder) => mission.spec({ outputs: { git: { branch: 'fix', mode: 'Push' } } });

/** Changed the files on agent-1. */
const changed = (task: TaskBuilder) => task.ended('Succeeded').status({ workspace: { commit: 'c0', outputCommit: 'c1', treeBefore: 'base', treeAfter: 'fixed' } });
/** Ran the command on the changed files, on agent-2 unless told. */
const ran = (exitCode: number, agent = 'agent-2') => (task: TaskBuilder) => task.ended(exitCode === 0 ? 'Succeeded' : 'Failed').assigned(agent).status({ observed: { exitCode }, workspace: { commit: 'c0', treeBefore: 'fixed', treeAfter: 'fixed' } });
const verified = { fix: changed, 'verify-tests': ran(0) };
const refuted = { fix: changed, 'verify-tests': ran(1) };
const goals = (want: Partial<GoalStatus>) => ({ goals: [expect.objectContaining(want) as GoalStatus] });
const plan = (taskCount: number, createdThrough: number) => ({ plan: expect.objectContaining({ taskCount, createdThrough }) as never });

describe('a check that somebody has to carry out', () => {
  suite({
    'is a task from the start': { view: viewOf(fix.build()), intents: ['create fix', 'create verify-tests'], status: { tasksDone: '0/2', ...plan(2, 2) } },
    'needs a pool, told by its goal': { view: viewOf(fix.build(), { pools: [aPool().of('Coder').build()] }), intents: [], message: 'goals[0].check.command needs role Tester', conditions: { Accepted: 'False/NoMatchingPool' } },
    'needs a pool with the credentials of the repository': { view: viewOf(fix.spec({ workspace: { git: { url: 'https://git.example/r', secretRef: { name: 'deploy' } } } }).build()), message: 'does not list git secret deploy', conditions: { Accepted: 'False/NoMatchingPool' } },
    'decides the goal by what it found elsewhere': { view: underway(fix, { tasks: verified }), conditions: { Succeeded: 'True/GoalsMet' }, status: goals({ state: 'Met', reason: 'CommandPassed', proof: { task: 'verify-tests', agent: 'agent-2', tree: 'fixed', command: 'npm test', exitCode: 0 } }) },
    'fails the mission by its goal, not as a task': { view: underway(fix, { tasks: refuted }), conditions: { Succeeded: 'False/GoalsUnmet' }, message: 'goal tests not met', status: goals({ reason: 'CommandFailed' }) },
    'that fails cancels nothing': { view: underway(fix.withTask('other'), { tasks: refuted }), intents: [], conditions: { Succeeded: 'Unknown/Running' } },
    'proves nothing on the agent that did the work': { view: underway(fix, { tasks: { fix: changed, 'verify-tests': ran(0, 'agent-1') } }), conditions: { Succeeded: 'False/GoalsUnmet' }, status: goals({ reason: 'UnverifiedEvidence' }) },
    'is skipped with what it was to check': { view: underway(fix.spec({ failurePolicy: 'Continue' }), { tasks: { fix: failed } }), intents: ['Skipped verify-tests/DependencyFailed'] },
    'and then its goal is not met': { view: underway(fix.spec({ failurePolicy: 'Continue', errorThreshold: 1 }), { tasks: { fix: failed, 'verify-tests': (task) => task.ended('Skipped', 'DependencyFailed') } }), conditions: { Succeeded: 'False/GoalsUnmet' }, status: goals({ reason: 'NotVerified' }) },
    'that only an agent of its subject could have says so, and is asked about again': { view: underway(fix, { tasks: { fix: changed }, withoutVerifier: ['verify-tests'] }), intents: [], status: goals({ state: 'Unknown', reason: 'NoIndependentVerifier' }), wakeAfterMs: 2000 },
    'that is ready may become such a one': { view: underway(fix, { tasks: { fix: changed } }), status: goals({ reason: 'Waiting' }), wakeAfterMs: 2000 },
    'wakes nobody when the deadline is nearer': { view: underway(fix.spec({ activeDeadlineSeconds: 10 }), { tasks: { fix: changed } }), at: t0 + 9000, wakeAfterMs: 1000 },
    'removed from the spec is deleted while it has not started': { view: { ...underway(fix), ...viewOf(fix.spec({ goals: [] }).status(underway(fix).mission.status).build()), tasks: underway(fix).tasks }, intents: ['delete verify-tests'] },
  });

  test.each<[string, MissionBuilder, Surroundings]>([
    ['before its subject has ended', fix, {}],
    ['while an agent has it', fix, { tasks: { fix: changed }, live: ['verify-tests'] }],
    ['while the mission is suspended', fix.spec({ operatingMode: 'Suspend' }), { tasks: { fix: changed } }],
  ])('wakes nobody %s', (_, mission, surroundings) => {
    expect(decideMission(underway(mission, surroundings), t0).wakeAfterMs).toBeUndefined();
  });

  test('and other derived tasks are told by their label; those of the graph have none', () => {
    const mission = pushed(fix).withFinally('report').build();
    const roles = (view: ReturnType<typeof viewOf>) => decideMission(view, t0).intents.map((intent) => (intent.kind === 'createTask' ? intent.task.metadata.labels['coditect.ai/role'] : ''));
    expect(roles(viewOf(mission))).toEqual([undefined, 'verifier']);
    expect(roles(viewOf(mission, { tasks: verified }))).toEqual(['output']);
    expect(roles(viewOf(mission, { tasks: { ...verified, 'push-output': succeeded } }))).toEqual(['finally']);
  });
});

describe('the output', () => {
  const push = pushed(fix);
  suite({
    'does not exist before its files are checked': { view: underway(push, { tasks: { fix: changed } }), intents: [], status: { tasksDone: '1/3', ...plan(3, 2) } },
    'is pushed once all required goals are met': { view: underway(push, { tasks: verified }), intents: ['create push-output'], conditions: { Succeeded: 'Unknown/Running' }, status: { outputs: { git: { commit: 'c1', branch: 'fix', state: 'Kept' } }, ...plan(3, 3) } },
    'is pushed although a goal is not met that is not required': { view: underway(push.withGoal('nice', 'tasks.fix.observed.x == 1', false), { tasks: verified }), intents: ['create push-output'] },
    'is not given up for a goal that cannot be read': { view: underway(push.withGoal('typo', 'tasks.fix.outcome =='), { tasks: verified }), intents: [], conditions: { Accepted: 'False/InvalidExpression' }, status: plan(3, 0) },
    'is never made when a goal is not met': { view: underway(push, { tasks: refuted }), intents: [], conditions: { Succeeded: 'False/GoalsUnmet' }, status: { tasksDone: '2/2', ...plan(2, 2) } },
    'nor when too many tasks failed': { view: underway(push.withTask('other').spec({ failurePolicy: 'Continue' }), { tasks: { ...verified, other: failed } }), conditions: { Succeeded: 'False/TaskFailed' }, status: plan(3, 3) },
    'is not created while the mission is suspended': { view: underway(push.spec({ operatingMode: 'Suspend' }), { tasks: verified }), intents: [] },
    'ends the mission well when it was delivered': { view: underway(push, { tasks: { ...verified, 'push-output': succeeded } }), conditions: { Succeeded: 'True/GoalsMet' }, status: { outputs: { git: { commit: 'c1', branch: 'fix', state: 'Pushed' } } } },
    'that could not be delivered fails the mission, and the commit is still there': { view: underway(push, { tasks: { ...verified, 'push-output': failed } }), conditions: { Succeeded: 'False/OutputFailed' }, message: 'branch fix was not pushed: it ended as Failed', status: { outputs: { git: { commit: 'c1', branch: 'fix', state: 'Kept' } } } },
    'whose task was deleted was not delivered': { view: { ...underway(push.status({ ...underway(push).mission.status, plan: { ...underway(push).mission.status!.plan!, createdThrough: 3 } }), { tasks: verified, confirmedGone: ['push-output'] }), mission: push.status({ ...underway(push).mission.status, plan: { ...underway(push).mission.status!.plan!, createdThrough: 3 } }).build() }, conditions: { Succeeded: 'False/OutputFailed' }, message: 'its task was deleted' },
    'that is only kept needs no task': { view: underway(fix.spec({ outputs: { git: { branch: 'fix' } } }), { tasks: verified }), intents: [], conditions: { Succeeded: 'True/GoalsMet' }, status: { outputs: { git: { commit: 'c1', branch: 'fix', state: 'Kept' } } } },
  });

  test('is the newest commit of those whose hands the files went through', () => {
    const look = aMission().spec({ ...repository, outputs: { git: { branch: 'x', from: 'look' } } }).withTask('fix', patch).withTask('look', { after: ['fix'], workspaceFrom: 'fix' });
    const tasks = { fix: changed, look: (task: TaskBuilder) => task.ended('Succeeded').status({ workspace: { treeBefore: 'fixed', treeAfter: 'fixed' } }) };
    expect(decideMission(underway(look, { tasks }), t0).status?.outputs).toEqual({ git: { commit: 'c1', branch: 'x', state: 'Kept' } });
    expect(decideMission(underway(look, { tasks: { ...tasks, fix: succeeded } }), t0).status).not.toHaveProperty('outputs');
  });

  test('that was left out because the goals were not met stays out when they are rewritten', () => {
    const mission = push.withFinally('report');
    const before = underway(mission, { tasks: refuted });
    const after = applied(before, decideMission(before, t0));
    const easy = { ...after.mission, spec: { ...after.mission.spec, goals: mission.withGoal('easy', 'tasks.fix.outcome != ""').build().spec.goals.map((goal) => ({ ...goal, required: false })) } };
    const view = { ...viewOf(easy, { tasks: { ...refuted, report: succeeded } }) };
    check({ view, intents: [], conditions: { Succeeded: 'False/OutputFailed' }, message: 'the goals were not met when it was due' });
  });
});

describe('finally', () => {
  const last = fix.withFinally('report').withFinally('notify', { after: ['report'] });
  const cut = (task: TaskBuilder) => task.status({ outcome: { result: 'Cancelled', reason: 'MissionFailed', message: 'task fix failed', time: '2026-01-01T00:00:20Z' } });
  suite({
    'does not exist before all else is decided': { view: underway(last, { tasks: { fix: changed } }), intents: [], status: plan(4, 2) },
    'runs when the goals are met': { view: underway(last, { tasks: verified }), intents: ['create report', 'create notify'], conditions: { Succeeded: 'Unknown/Running' }, status: plan(4, 4) },
    'runs when they are not': { view: underway(last, { tasks: refuted }), intents: ['create report', 'create notify'] },
    'runs after the push': { view: underway(pushed(last), { tasks: verified }), intents: ['create push-output'] },
    'does not wait for a push that will never be': { view: underway(pushed(last), { tasks: refuted }), intents: ['create report', 'create notify'], status: { tasksDone: '2/4', ...plan(4, 4) } },
    'runs after a push that failed': { view: underway(pushed(last), { tasks: { ...verified, 'push-output': failed } }), intents: ['create report', 'create notify'] },
    'leaves the result to the goals': { view: underway(last, { tasks: { ...refuted, report: succeeded, notify: succeeded } }), conditions: { Succeeded: 'False/GoalsUnmet' } },
    'that failed fails the mission': { view: underway(last, { tasks: { ...verified, report: succeeded, notify: failed } }), conditions: { Succeeded: 'False/TaskFailed' }, message: 'task notify of finally failed' },
    'that failed and may, does not': { view: underway(fix.withFinally('report', { onFailure: 'Continue' }), { tasks: { ...verified, report: failed } }), conditions: { Succeeded: 'True/GoalsMet' } },
    'cancels nothing of itself when a part of it failed, and skips what depends on that': { view: underway(last.withFinally('other'), { tasks: { ...verified, report: failed, notify: fresh, other: running } }), intents: ['Skipped notify/DependencyFailed'] },
    'waits until what a failure cuts is cut': { view: underway(last.withTask('late'), { tasks: { fix: failed } }), intents: ['Cancelled late/MissionFailed', 'Cancelled verify-tests/MissionFailed'], conditions: { Succeeded: 'Unknown/Failing' } },
    'runs for a failure, whatever else has passed by then, but not past the deadline': { view: underway(last.withTask('late').spec({ activeDeadlineSeconds: 5 }), { tasks: { fix: failed } }), at: t0 + 5000, intents: ['Cancelled late/MissionFailed', 'Cancelled verify-tests/MissionFailed'] },
    'runs after that, while the mission is failing': { view: underway(last, { tasks: { fix: failed, 'verify-tests': cut } }), intents: ['create report', 'create notify'], conditions: { Succeeded: 'Unknown/Failing' }, message: 'task fix failed; 2 of 4 tasks done' },
    'is let be by the failure': { view: underway(last, { tasks: { fix: failed, 'verify-tests': cut, report: running, notify: fresh } }), intents: [], conditions: { Succeeded: 'Unknown/Failing' } },
    'and then the mission has failed for what failed first': { view: underway(last, { tasks: { fix: failed, 'verify-tests': cut, report: failed, notify: (task) => task.ended('Skipped') } }), conditions: { Succeeded: 'False/TaskFailed' }, message: 'task fix failed' },
    'does not run after Cancel': { view: underway(last.spec({ operatingMode: 'Cancel' }), { tasks: verified }), intents: [], conditions: { Succeeded: 'False/Cancelled' } },
    'nor after Stop': { view: underway(last.spec({ operatingMode: 'Stop' }), { tasks: verified }), intents: [], conditions: { Succeeded: 'False/Stopped' } },
    'nor past the deadline': { view: underway(last.spec({ activeDeadlineSeconds: 5 }), { tasks: verified }), at: t0 + 5000, intents: [], conditions: { Succeeded: 'False/DeadlineExceeded' } },
    'is cut by the deadline': { view: underway(last.spec({ activeDeadlineSeconds: 5 }), { tasks: { ...verified, report: running, notify: fresh }, live: ['report'] }), at: t0 + 5000, intents: ['Cancelled notify/MissionDeadline', 'Cancelled report/MissionDeadline'] },
    'is cut by the deadline after a failure, too': { view: underway(last.spec({ activeDeadlineSeconds: 5 }), { tasks: { fix: failed, 'verify-tests': cut, report: running, notify: fresh } }), at: t0 + 5000, intents: ['Cancelled notify/MissionFailed', 'Cancelled report/MissionFailed'] },
    'is cut by Cancel': { view: underway(last.spec({ operatingMode: 'Cancel' }), { tasks: { ...verified, report: running, notify: fresh } }), intents: ['Cancelled notify/MissionCancelled', 'Cancelled report/MissionCancelled'] },
    'is not created while the mission is suspended': { view: underway(last.spec({ operatingMode: 'Suspend' }), { tasks: verified }), intents: [] },
    'needs a pool as soon as the mission is applied': { view: viewOf(fix.withFinally('report').build(), { pools: [aPool().of('Coder', 'Tester').build()] }), message: 'finally[0] needs role Analyzer', conditions: { Accepted: 'False/NoMatchingPool' } },
  });

  test('begins after a failure although tasks were never created, and these never will be', () => {
    const wide = aMission().withTasks(...Array.from({ length: 60 }, (_, index) => `t${index}`)).withFinally('report').spec({ failurePolicy: 'FailFast' });
    const first = applied(viewOf(wide.build()), decideMission(viewOf(wide.build()), t0));
    const lost = first.tasks.map((task) => ({ ...task, status: { outcome: { result: task.spec.taskName === 't0' ? ('Failed' as const) : ('Succeeded' as const), reason: 'x', message: '', epoch: { term: 1, counter: 1 }, time: '2026-01-01T00:00:00Z' } } }));
    const failing = { ...first, tasks: lost };
    const decision = decideMission(failing, t0);
    expect(lines(failing, decision)).toEqual(['create report']);
    expect(decision.status).toMatchObject({ tasksDone: '50/51', ...plan(51, 51) });
    const next = applied(failing, decision);
    const tolerant = { ...next, mission: { ...next.mission, spec: { ...next.mission.spec, failurePolicy: 'Continue' as const, errorThreshold: 9 } } };
    check({ view: tolerant, intents: [], conditions: { Succeeded: 'Unknown/Running' }, status: { tasksDone: '50/51' } });
  });

  test('waits for a spec that was broken in between to be corrected', () => {
    const before = underway(last, { tasks: { fix: failed, 'verify-tests': cut } });
    const broken = last.withTask('d', { after: ['x'] }).meta({ generation: 2 }).status(before.mission.status).build();
    check({ view: { ...viewOf(broken), tasks: before.tasks }, intents: [], conditions: { Accepted: 'False/InvalidGraph' } });
  });
});

test('what reads an artifact has no files, so it does not say what the files of the run are', () => {
  const mission = aMission().spec(repository).withTask('a').withCheck('g', { artifact: { task: 'a', name: 'x.json', expression: 'json.ok' } });
  const at = (time: string, tree: string) => (task: TaskBuilder) => task.ended('Succeeded', undefined, time).status({ workspace: { treeBefore: tree, treeAfter: tree } });
  const view = underway(mission, { tasks: { a: at('2026-01-01T00:00:20Z', 'base'), 'verify-g': at('2026-01-01T00:00:10Z', 'empty') } });
  expect(decideMission(view, t0).status?.workspace).toEqual({ tree: 'base' });
});

describe('what the status repeats', () => {
  const named = aMission().withTask('a').withFinally('b').spec({ results: [{ name: 'lines', task: 'a', field: 'observed.size.lines' }, { name: 'word', task: 'b', field: 'claimed.word' }, { name: 'none', task: 'a', field: 'observed.gone' }] });
  const measured = (task: TaskBuilder) => task.ended('Succeeded').status({ observed: { size: { lines: 12 } } });
  const wrong = (kind: 'TestFailed' | 'Timeout') => (task: TaskBuilder) => task.ended('Succeeded').status({ violations: [{ kind, message: 'x' }, { kind, message: 'y' }] });
  suite({
    'results are there as far as they are known': { view: underway(named, { tasks: { a: measured } }), status: { results: { lines: 12 } } },
    'also those of finally': { view: underway(named, { tasks: { a: measured, b: (task) => task.ended('Succeeded').status({ claimed: { word: 'done' } }) } }), status: { results: { lines: 12, word: 'done' } } },
    'violations are told while tasks run': { view: underway(aMission().withTasks('a', 'b'), { tasks: { a: wrong('TestFailed') } }), conditions: { Consistent: 'False/Violated' }, message: 'task a (TestFailed) left something else behind' },
    'and with the end, all of them': { view: underway(aMission().withTasks('a', 'b'), { tasks: { a: wrong('TestFailed'), b: wrong('Timeout') } }), conditions: { Consistent: 'False/Violated', Succeeded: 'True/TasksSucceeded' }, message: 'tasks a (TestFailed), b (Timeout) left' },
    'a run that ended without is consistent': { view: underway(named, { tasks: { a: measured, b: succeeded } }), conditions: { Consistent: 'True/Consistent' } },
  });

  test.each<[string, MissionBuilder, keyof MissionStatus | 'Consistent']>([['no results before there are any', named, 'results'], ['no output of a mission without', fix, 'outputs']])('there are %s', (_, mission, field) => {
    expect(decideMission(underway(mission), t0).status).not.toHaveProperty(field);
  });

  test('consistency is not claimed before the end', () => {
    expect(decideMission(underway(named), t0).status?.conditions?.map(({ type }) => type)).not.toContain('Consistent');
  });
});
