import { describe, expect, test } from 'vitest';
import { aMission } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import { taskOf } from '#testing/builders/task.ts';
import { applied, type Case, check, conditionsOf, failed, fresh, lines, running, succeeded, suite, type Surroundings, t0, underway, viewOf } from '../testing.ts';
import { decideMission } from './index.ts';
import type { MissionView } from './view.ts';

const two = aMission().withTasks('a', 'b');
const chain = aMission().withTask('a').withTask('b', { after: ['a'] }).withTask('c', { after: ['b'] });
const seconds = (count: number) => t0 + count * 1000;
/** The view of a mission that ended at t0 + 60 s, then edited. */
const ended = (mission = two, result: typeof succeeded = succeeded) => {
  const tasks = Object.fromEntries(mission.build().spec.tasks.map(({ name }) => [name, result]));
  return { mission: mission.status(decideMission(underway(mission, { tasks }), seconds(60)).status), tasks };
};

describe('a new mission', () => {
  suite({
    'creates its tasks in plan order and starts its run': {
      view: viewOf(two.spec({ runRequest: 'r' }).build()),
      intents: ['create a', 'create b'],
      conditions: { Accepted: 'True/Accepted', Ready: 'True/Running', Succeeded: 'Unknown/Running' },
      status: { runNumber: 1, observedRunRequest: 'r', startTime: '2026-01-01T00:00:00Z', tasksDone: '0/2', goalsMet: '0/0', plan: expect.objectContaining({ taskCount: 2, createdThrough: 2 }) as never },
    },
    'creates at most fifty tasks in a turn': {
      view: viewOf(aMission().withTasks(...Array.from({ length: 60 }, (_, index) => `t${index}`)).build()),
      intents: Array.from({ length: 50 }, (_, index) => `create t${index}`),
      status: { plan: expect.objectContaining({ createdThrough: 50 }) as never },
    },
    'creates only what a turn before it did not': { view: viewOf(two.build(), { tasks: { a: fresh } }), intents: ['create b'] },
    'creates nothing while it is suspended': { view: viewOf(two.spec({ operatingMode: 'Suspend' }).build()), intents: [], conditions: { Ready: 'True/Suspended', Succeeded: 'Unknown/Suspended', Suspended: 'True/Suspended' }, status: { plan: expect.objectContaining({ createdThrough: 0 }) as never } },
    'that is cancelled from the start ends without a task': { view: viewOf(two.spec({ operatingMode: 'Cancel' }).build()), intents: [], conditions: { Succeeded: 'False/Cancelled', Accepted: 'True/Accepted' } },
    'that is being deleted is left alone': { view: viewOf(two.meta({ deletionTimestamp: '2026-01-01T00:00:00Z' }).build()), intents: [], silent: true },
  });
});

describe('a faulty spec creates nothing and says why', () => {
  const refused = (reason: string, message: string, view: MissionView): Case => ({ view, intents: [], message, conditions: { Accepted: `False/${reason}`, Ready: 'False/NotAccepted', Succeeded: 'Unknown/NotAccepted', Stalled: 'True/NotAccepted' } });
  const mission = aMission();
  suite({
    'no tasks': refused('NoPlanner', 'spec.tasks', viewOf(mission.build())),
    'an unknown dependency': refused('InvalidGraph', 'tasks[1].dependsOn: there is no task x', viewOf(mission.withTask('a').withTask('b', { after: ['x'] }).build())),
    'a cycle': refused('InvalidGraph', 'cycle a -> b -> a', viewOf(mission.withTask('a', { after: ['b'] }).withTask('b', { after: ['a'] }).build())),
    'an unknown action': refused('InvalidIntent', 'tasks[0].intent.action', viewOf(mission.withTask('a', { intent: { action: 'Dance' } }).build())),
    'a broken expression': refused('InvalidExpression', 'goals[0].check.expression', viewOf(two.withGoal('g', 'tasks["a"].outcome ==').build())),
    'a goal that reads a claim': refused('UnverifiedEvidence', 'goals[0].check.expression', viewOf(two.withGoal('g', 'tasks["a"].claimed.good == true').build())),
'a task above 64 KiB': refused('TooLarge', 'the limit is 65536', viewOf(mission.withTask('a', { intent: { action: 'AnalyzeCode', params: { text: 'y'.repeat(66_000) } } }).build())),
    'a mission above 128 KiB': refused('TooLarge', 'the limit is 131072', viewOf(['a', 'b'].reduce((builder, name) => builder.withTask(name, { intent: { action: 'AnalyzeCode', params: { text: 'y'.repeat(66_000) } } }), mission).build())),
  });

  test('a fault that comes with an edit leaves what runs alone, and its deadline stands', () => {
    const mission = chain.spec({ activeDeadlineSeconds: 100 });
    const before = underway(mission, { tasks: { a: running } });
    const broken = mission.withTask('d', { after: ['x'] }).meta({ generation: 2 }).status(before.mission.status).build();
    const view = { ...viewOf(broken), tasks: before.tasks };
    check({ view, at: seconds(40), intents: [], wakeAfterMs: 60_000, conditions: { Accepted: 'False/InvalidGraph' }, status: { observedGeneration: 2, startTime: '2026-01-01T00:00:00Z' } });
    check({ view, at: seconds(100), intents: ['Cancelled a/MissionDeadline', 'Cancelled b/MissionDeadline', 'Cancelled c/MissionDeadline'] });
  });

  test('its time does not run: a deadline counts from the first moment it was accepted', () => {
    const faulty = two.spec({ activeDeadlineSeconds: 60 }).withTask('c', { after: ['x'] });
    const refusal = decideMission(viewOf(faulty.build()), t0).status;
    expect(refusal).not.toHaveProperty('startTime');
    const corrected = two.spec({ activeDeadlineSeconds: 60 }).meta({ generation: 2 }).status(refusal);
    check({ view: viewOf(corrected.build()), at: seconds(3600), intents: ['create a', 'create b'], status: { startTime: '2026-01-01T01:00:00Z' } });
  });

  test('cancelling it cancels what there is and ends it, still not accepted', () => {
    const before = underway(chain, { tasks: { a: running } });
    const broken = chain.withTask('d', { after: ['x'] }).spec({ operatingMode: 'Cancel' }).status(before.mission.status).build();
    const view = { ...viewOf(broken), tasks: before.tasks };
    check({ view, intents: ['Cancelled a/MissionCancelled', 'Cancelled b/MissionCancelled', 'Cancelled c/MissionCancelled'], conditions: { Succeeded: 'Unknown/Cancelling' } });
    const after = applied(view, decideMission(view, t0));
    check({ view: after, intents: [], conditions: { Accepted: 'False/InvalidGraph', Succeeded: 'False/Cancelled' } });
  });
});

describe('pools', () => {
  const coder = aMission().withTask('a').withTask('b', { type: 'Coder', intent: { action: 'FormatCode' } });
  const none = { pools: [aPool().build()] };
  suite({
    'without a matching pool nothing is created and the outcome stays open': {
      view: viewOf(coder.build(), none),
      intents: [],
      message: 'tasks[1] needs role Coder',
      conditions: { Accepted: 'False/NoMatchingPool', Ready: 'False/NotAccepted', Succeeded: 'Unknown/NotAccepted', Reconciling: 'True/NoMatchingPool' },
    },
    'a pool of another namespace must allow this one': { view: viewOf(coder.build(), { pools: [aPool().of('Analyzer', 'Coder').meta({ namespace: 'other' }).build()] }), conditions: { Accepted: 'False/NoMatchingPool' } },
    'decided tasks need no pool any more': { view: underway(coder, { pools: none.pools, tasks: { b: succeeded } }), conditions: { Accepted: 'True/Accepted' } },
    'a pool that vanished in mid-run is told, and dependents of failures are still skipped': {
      view: underway(chain.spec({ failurePolicy: 'Continue' }), { pools: [], tasks: { a: failed } }),
      intents: ['Skipped b/DependencyFailed', 'Skipped c/DependencyFailed'],
      conditions: { Accepted: 'False/NoMatchingPool' },
    },
    'a mission that waits for a pool can be cancelled': { view: viewOf(coder.spec({ operatingMode: 'Cancel' }).build(), none), conditions: { Accepted: 'False/NoMatchingPool', Succeeded: 'False/Cancelled' } },
  });

  test('once the pool is there, all tasks are created: those of an earlier run or plan prove nothing', () => {
    const first = ended(coder);
    const again = first.mission.spec({ runRequest: '2' }).meta({ generation: 2 });
    const waiting = decideMission(viewOf(again.build(), none), t0);
    expect(waiting.status).toMatchObject({ runNumber: 2, observedRunRequest: '2', plan: { createdThrough: 0 } });
    check({ view: viewOf(again.status(waiting.status).build()), intents: ['create a', 'create b'] });
  });
});

describe('names', () => {
  test('a name that somebody else holds refuses the mission, and nothing counts as deleted', () => {
    check({ view: viewOf(two.build(), { foreignNames: ['b'] }), intents: [], message: 'does not belong to this mission', conditions: { Accepted: 'False/NameTaken', Stalled: 'True/NotAccepted' } });
  });
});

describe('objects that vanish', () => {
  const continues = chain.spec({ failurePolicy: 'Continue' });
  const without = (view: MissionView, name: string): MissionView => ({ ...view, tasks: view.tasks.filter(({ spec }) => spec.taskName !== name) });
  suite({
    'a cache that does not show a task is no proof: the API server is asked, and nothing else happens': { view: without(underway(two), 'a'), intents: ['ask a'], wakeAfterMs: 0, silent: true },
    'a task that was deleted by hand has failed and is not made again': {
      view: without(underway(continues, { confirmedGone: ['a'] }), 'a'),
      intents: ['Skipped b/DependencyFailed', 'Skipped c/DependencyFailed'],
      status: { failedTasks: [expect.objectContaining({ name: 'a', reason: 'TaskDeleted' })], tasks: expect.objectContaining({ failed: 1 }) as never },
    },
    'above the mark a task that is not there is made': { view: viewOf(two.status({ ...underway(two).mission.status, plan: { ...underway(two).mission.status!.plan!, createdThrough: 1 } }).build(), { tasks: { a: fresh } }), intents: ['create b'] },
    'a goal reads a deleted task as failed': { view: without(underway(two.spec({ failurePolicy: 'Continue' }).withGoal('g', 'tasks["a"].outcome == "Failed"'), { confirmedGone: ['a'], tasks: { b: succeeded } }), 'a'), status: { goalsMet: '1/1' } },
  });
});

describe('edits of a running mission', () => {
  const edited = (mission: typeof two, surroundings: Surroundings, from = chain): MissionView => {
    const before = underway(from, surroundings);
    return { ...viewOf(mission.meta({ generation: 2 }).status(before.mission.status).build()), tasks: before.tasks, live: before.live };
  };
  const longer = { intent: { action: 'CountPatterns', params: { patterns: [{ name: 'x', text: 'y' }] } } };
  suite({
    'a task that is new is created, the others keep their objects': { view: edited(chain.withTask('d'), {}), intents: ['create d'], status: { plan: expect.objectContaining({ createdThrough: 4, taskCount: 4 }) as never } },
    'a task that has not started is replaced': { view: edited(aMission().withTask('a').withTask('b', { after: ['a'], ...longer }).withTask('c', { after: ['b'] }), {}), intents: ['delete b', 'create b'] },
    'a task that has not started can be removed': { view: edited(aMission().withTask('a').withTask('b', { after: ['a'] }), {}), intents: ['delete c'] },
    'an edit of a task that has a trace is refused': { view: edited(aMission().withTask('a', longer).withTask('b', { after: ['a'] }).withTask('c', { after: ['b'] }), { tasks: { a: running } }), intents: [], message: 'task a has started and was edited', conditions: { Accepted: 'False/StartedTaskChanged' } },
    'an edit of a task that an agent has, or may have, is refused': { view: edited(aMission().withTask('a', longer).withTask('b', { after: ['a'] }).withTask('c', { after: ['b'] }), { live: ['a'] }), conditions: { Accepted: 'False/StartedTaskChanged' } },
    'a started task cannot be removed': { view: edited(aMission().withTask('x'), { tasks: { a: succeeded } }), intents: [], conditions: { Accepted: 'False/StartedTaskRemoved' } },
    'undone, the edit is forgotten': { view: edited(chain, { tasks: { a: running } }), intents: [], conditions: { Accepted: 'True/Accepted' } },
    'a refused edit moves no mark: what is new is created later': { view: edited(aMission().withTask('z').withTask('a', longer).withTask('b', { after: ['a'] }), { tasks: { a: running } }), status: { plan: expect.objectContaining({ createdThrough: 0 }) as never } },
    'cancelling reaches tasks that the plan does not have any more': { view: edited(aMission().withTask('x').spec({ operatingMode: 'Cancel' }), { tasks: { a: running } }), intents: ['Cancelled a/MissionCancelled', 'Cancelled b/MissionCancelled', 'Cancelled c/MissionCancelled'] },
  });
});

describe('failures', () => {
  const dozen = Array.from({ length: 12 }, (_, index) => `t${index}`);
  const wide = aMission().withTasks('a', 'b', 'c', 'd');
  suite({
    'FailFast cancels what is left': { view: underway(wide, { tasks: { a: failed, b: running }, live: ['b'] }), intents: ['Cancelled b/MissionFailed', 'Cancelled c/MissionFailed', 'Cancelled d/MissionFailed'], conditions: { Succeeded: 'Unknown/Failing', Ready: 'True/Running' }, message: 'task a failed; 1 of 4 tasks done' },
    'and then the mission has failed': { view: underway(wide, { tasks: { a: failed, b: succeeded, c: (task) => task.ended('Cancelled', 'MissionFailed'), d: (task) => task.ended('Cancelled', 'MissionFailed') } }), intents: [], conditions: { Succeeded: 'False/TaskFailed', Ready: 'False/Ended', Stalled: 'True/Ended' } },
    'Continue lets everything else run': { view: underway(wide.spec({ failurePolicy: 'Continue' }), { tasks: { a: failed } }), intents: [], conditions: { Succeeded: 'Unknown/Running' } },
    'and fails the mission at its end': { view: underway(wide.spec({ failurePolicy: 'Continue' }), { tasks: { a: failed, b: succeeded, c: succeeded, d: failed } }), conditions: { Succeeded: 'False/TaskFailed' }, message: 'tasks a, d failed' },
    'a threshold tolerates that many failures': { view: underway(wide.spec({ failurePolicy: 'Continue', errorThreshold: 1 }), { tasks: { a: failed, b: succeeded, c: succeeded, d: succeeded } }), conditions: { Succeeded: 'True/TasksSucceeded' } },
    'one more than the threshold cancels what is left': { view: underway(wide.spec({ failurePolicy: 'Continue', errorThreshold: 1 }), { tasks: { a: failed, b: failed } }), intents: ['Cancelled c/MissionFailed', 'Cancelled d/MissionFailed'] },
    'a failure with onFailure Continue does not count': { view: underway(aMission().withTask('a', { onFailure: 'Continue' }).withTask('b', { after: ['a'] }), { tasks: { a: failed } }), intents: [], conditions: { Succeeded: 'Unknown/Running' } },
    'dependents of a failed task are skipped, a whole chain at once': { view: underway(chain.spec({ failurePolicy: 'Continue' }), { tasks: { a: failed } }), intents: ['Skipped b/DependencyFailed', 'Skipped c/DependencyFailed'] },
    'a task waits for nothing once one of its dependencies failed': { view: underway(aMission().spec({ failurePolicy: 'Continue' }).withTasks('a', 'b').withTask('c', { after: ['a', 'b'] }), { tasks: { b: failed } }), intents: ['Skipped c/DependencyFailed'] },
    'only ten failed tasks are shown': { view: underway(aMission().spec({ failurePolicy: 'Continue' }).withTasks(...dozen), { tasks: Object.fromEntries(dozen.map((name) => [name, failed])) }), status: { failedTasks: dozen.slice(0, 10).map((name) => expect.objectContaining({ name }) as never) } },
  });
});

describe('operating modes', () => {
  const busy = { tasks: { a: running }, live: ['a'] };
  const cancelled = (task: Parameters<typeof succeeded>[0]) => task.ended('Cancelled', 'MissionCancelled');
  suite({
    'Suspend creates nothing and cancels nothing': { view: underway(chain.spec({ operatingMode: 'Suspend' }), busy), intents: [], conditions: { Succeeded: 'Unknown/Suspended', Suspended: 'True/Suspended' } },
    'a suspended mission whose tasks are all decided ends': { view: underway(two.spec({ operatingMode: 'Suspend' }), { tasks: { a: succeeded, b: succeeded } }), conditions: { Succeeded: 'True/TasksSucceeded' } },
    'Cancel aborts what runs': { view: underway(chain.spec({ operatingMode: 'Cancel' }), busy), intents: ['Cancelled a/MissionCancelled', 'Cancelled b/MissionCancelled', 'Cancelled c/MissionCancelled'], conditions: { Succeeded: 'Unknown/Cancelling' } },
    'Stop lets running attempts finish': { view: underway(chain.spec({ operatingMode: 'Stop' }), busy), intents: ['Cancelled b/MissionStopped', 'Cancelled c/MissionStopped'], conditions: { Succeeded: 'Unknown/Stopping' } },
    'a stopped attempt that failed is not tried again': { view: underway(two.spec({ operatingMode: 'Stop' }), { tasks: { a: succeeded, b: (task) => task.status({ attempt: 1 }) } }), intents: ['Cancelled b/MissionStopped'] },
    'Stop does not outlive the deadline': { view: underway(chain.spec({ operatingMode: 'Stop', activeDeadlineSeconds: 60 }), busy), at: seconds(60), intents: ['Cancelled a/MissionStopped', 'Cancelled b/MissionStopped', 'Cancelled c/MissionStopped'] },
    'and wakes up for it': { view: underway(chain.spec({ operatingMode: 'Stop', activeDeadlineSeconds: 60 }), busy), at: seconds(20), wakeAfterMs: 40_000 },
    'a stopped mission has the result Stopped': { view: underway(two.spec({ operatingMode: 'Stop' }), { tasks: { a: succeeded, b: (task) => task.ended('Cancelled', 'MissionStopped') } }), conditions: { Succeeded: 'False/Stopped' } },
    'a mission whose tasks had all ended before the Cancel has the result of its tasks': { view: underway(two.spec({ operatingMode: 'Cancel' }), { tasks: { a: succeeded, b: succeeded } }), conditions: { Succeeded: 'True/TasksSucceeded' } },
    'Cancel after Stop is Cancelled': { view: underway(two.spec({ operatingMode: 'Cancel' }), { tasks: { a: succeeded, b: (task) => task.ended('Cancelled', 'MissionStopped') } }), conditions: { Succeeded: 'False/Cancelled' } },
    'what was cancelled stays cancelled when the mode is Run again': { view: underway(two, { tasks: { a: cancelled } }), intents: ['Cancelled b/MissionCancelled'], conditions: { Succeeded: 'Unknown/Cancelling' } },
    'and can never count as success': { view: underway(two, { tasks: { a: cancelled, b: succeeded } }), conditions: { Succeeded: 'False/Cancelled' } },
    'FailFast that has begun goes on when the policy becomes Continue': { view: underway(aMission().withTasks('a', 'b', 'c').spec({ failurePolicy: 'Continue', errorThreshold: 5 }), { tasks: { a: failed, b: (task) => task.ended('Cancelled', 'MissionFailed') } }), intents: ['Cancelled c/MissionFailed'] },
  });
});

describe('deadlines', () => {
  const limited = chain.spec({ activeDeadlineSeconds: 60 });
  suite({
    'the mission wakes up when its deadline passes': { view: underway(limited), at: seconds(10), wakeAfterMs: 50_000 },
    'a passed deadline cancels what is left': { view: underway(limited, { tasks: { a: running }, live: ['a'] }), at: seconds(60), intents: ['Cancelled a/MissionDeadline', 'Cancelled b/MissionDeadline', 'Cancelled c/MissionDeadline'], conditions: { Succeeded: 'Unknown/Failing' } },
    'the mission then has the result DeadlineExceeded': { view: underway(limited, { tasks: { a: succeeded, b: succeeded, c: (task) => task.ended('Cancelled', 'MissionDeadline') } }), at: seconds(61), conditions: { Succeeded: 'False/DeadlineExceeded' } },
    'what the deadline has cut stays cut without it': { view: underway(chain, { tasks: { a: succeeded, b: (task) => task.ended('Cancelled', 'MissionDeadline') } }), intents: ['Cancelled c/MissionDeadline'] },
    'a deadline says nothing of tasks that were all decided before': { view: underway(limited, { tasks: { a: succeeded, b: succeeded, c: succeeded } }), at: seconds(90), conditions: { Succeeded: 'True/TasksSucceeded' } },
  });
});

describe('goals', () => {
  const tested = aMission().withTasks('a', 'b').withGoal('good', 'tasks["a"].observed.failed == 0').withGoal('nice', 'tasks["b"].observed.failed == 0', false);
  const measured = (count: number) => (task: Parameters<typeof succeeded>[0]) => task.ended('Succeeded').status({ observed: { failed: count } });
  suite({
    'are told while tasks run': { view: underway(tested, { tasks: { a: measured(0) } }), status: { goalsMet: '1/2', goals: [expect.objectContaining({ name: 'good', state: 'Met' }), expect.objectContaining({ name: 'nice', state: 'Unknown' })] as never } },
    'that are required and not met fail the mission': { view: underway(tested, { tasks: { a: measured(3), b: measured(0) } }), conditions: { Succeeded: 'False/GoalsUnmet' }, message: 'goal good not met' },
    'that are not required do not': { view: underway(tested, { tasks: { a: measured(0), b: measured(1) } }), conditions: { Succeeded: 'True/GoalsMet' } },
    'do not save a mission whose task failed': { view: underway(tested.spec({ failurePolicy: 'Continue' }), { tasks: { a: measured(0), b: failed } }), conditions: { Succeeded: 'False/TaskFailed' } },
  });

  test('the files of a run are those that the first task found, and stay', () => {
    const at = (time: string, tree: string) => (task: Parameters<typeof succeeded>[0]) => task.ended('Succeeded', undefined, time).status({ workspace: { commit: `c-${tree}`, treeBefore: tree, treeAfter: tree } });
    const mission = two.spec({ workspace: { git: { url: 'https://git.example/r' } } });
    const view = underway(mission, { tasks: { a: at('2026-01-01T00:00:20Z', 'late'), b: at('2026-01-01T00:00:10Z', 'early') } });
    check({ view, status: { workspace: { commit: 'c-early', tree: 'early' } } });
    const known = underway(mission.status({ ...view.mission.status, workspace: { tree: 'known' } }), {});
    expect(known.mission.status?.workspace).toEqual({ tree: 'known' });
  });
});

describe('a finished mission', () => {
  const view = (change: (mission: typeof two) => typeof two, surroundings: Surroundings = {}) => viewOf(change(ended().mission).build(), { tasks: ended().tasks, ...surroundings });
  const ttl = { ttlSecondsAfterFinished: 100 };
  suite({
    'says when and how it ended': { view: underway(two, { tasks: { a: succeeded, b: succeeded } }), at: seconds(60), status: { completionTime: '2026-01-01T00:01:00Z', durationSeconds: 60, tasksDone: '2/2' }, conditions: { Succeeded: 'True/TasksSucceeded', Ready: 'True/Completed' } },
    'gets one write for a new generation, and nothing else changes': { view: view((mission) => mission.meta({ generation: 7 }).withTask('late')), intents: [], status: { ...ended().mission.build().status, observedGeneration: 7, conditions: ended().mission.build().status?.conditions?.map((condition) => ({ ...condition, observedGeneration: 7 })) } },
    'runs again for a new runRequest': { view: view((mission) => mission.spec({ runRequest: 'again' }), { tasks: {} }), at: seconds(90), intents: ['create a', 'create b'], status: { runNumber: 2, observedRunRequest: 'again', startTime: '2026-01-01T00:01:30Z', tasksDone: '0/2' }, conditions: { Succeeded: 'Unknown/Running' } },
    'runs again with a whole deadline before it': { view: view((mission) => mission.spec({ runRequest: 'again', activeDeadlineSeconds: 10 }), { tasks: {} }), at: seconds(90), intents: ['create a', 'create b'] },
    'waits for its time to live': { view: view((mission) => mission.spec(ttl)), at: seconds(100), intents: [], wakeAfterMs: 60_000 },
    'is deleted when that has passed': { view: view((mission) => mission.spec(ttl)), at: seconds(160), intents: ['delete the mission'], silent: true },
    'is kept when Argo CD would create it again': { view: view((mission) => mission.spec(ttl).meta({ annotations: { 'argocd.argoproj.io/tracking-id': 'x' } })), at: seconds(1000), intents: [], conditions: { TTLIgnored: 'True/TrackedByGitOps', Succeeded: 'True/TasksSucceeded' } },
    'is kept when Flux would': { view: view((mission) => mission.spec(ttl).meta({ labels: { 'kustomize.toolkit.fluxcd.io/name': 'x' } })), at: seconds(1000), intents: [], conditions: { TTLIgnored: 'True/TrackedByGitOps' } },
    'says so with its end, not in a write of its own': { view: underway(two.spec(ttl).meta({ annotations: { 'argocd.argoproj.io/tracking-id': 'x' } }), { tasks: { a: succeeded, b: succeeded } }), conditions: { TTLIgnored: 'True/TrackedByGitOps' } },
  });

  test('has no completion of the run before once it runs again', () => {
    const { status } = decideMission(view((mission) => mission.spec({ runRequest: 'again' }), { tasks: {} }), seconds(90));
    expect(status).not.toHaveProperty('completionTime');
    expect(status).not.toHaveProperty('durationSeconds');
  });

  test('loses the condition TTLIgnored when it is not tracked any more', () => {
    const tracked = ended(two.spec(ttl).meta({ annotations: { 'argocd.argoproj.io/tracking-id': 'x' } })).mission;
    expect(conditionsOf(decideMission(viewOf(tracked.meta({ annotations: {} }).build()), seconds(61)))).not.toHaveProperty('TTLIgnored');
  });

  test.each([[0, ['delete a', 'delete b', 'delete a', 'delete b']], [1, ['delete a', 'delete b']], [2, []]])('keeps the objects of %i earlier runs', (runRetention, want) => {
    const mission = two.spec({ runRetention, runRequest: '3' });
    const status = { ...ended().mission.build().status, runNumber: 3, observedRunRequest: '3' };
    const earlier = [1, 2].flatMap((run) => ['a', 'b'].map((name) => taskOf(mission.build(), name, run).ended('Succeeded').build()));
    const finished = viewOf(mission.status(status).build(), { others: earlier });
    expect(lines(finished, decideMission(finished, t0)).toSorted()).toEqual([...want].toSorted());
  });

  test('objects of earlier runs go as soon as a new run begins', () => {
    const mission = two.spec({ runRetention: 0, runRequest: '2' });
    const again = viewOf(ended().mission.spec({ runRetention: 0, runRequest: '2' }).build(), { others: ['a', 'b'].map((name) => taskOf(mission.build(), name, 1).ended('Succeeded').build()) });
    expect(lines(again, decideMission(again, t0)).toSorted()).toEqual(['create a', 'create b', 'delete a', 'delete b']);
  });
});
