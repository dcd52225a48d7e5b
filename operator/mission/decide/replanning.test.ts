// Runs whose plan did not get there: when another one is asked for, what it takes over, and when the run ends all the same.
import { describe, expect, test } from 'vitest';
import type { Approval } from '#api/v1alpha1/approval.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { planQuestion } from '#domain/approval/plan.ts';
import { revisionDigest } from '#domain/plan/question.ts';
import { anApproval } from '#testing/builders/approval.ts';
import { aMission } from '#testing/builders/mission.ts';
import { aPlan } from '#testing/builders/plan.ts';
import type { TaskBuilder } from '#testing/builders/task.ts';
import { applied, failed, fresh, lines, running, succeeded, suite, t0, viewOf } from '../testing.ts';
import { decideMission } from './index.ts';
import type { MissionView } from './view.ts';

const wish = aMission().spec({ failurePolicy: 'Replan', planner: { maxReplans: 1 } });
const mission = wish.build();
const first = aPlan(mission).withTask('look').withTask('fix').withTask('tests', 'fix').withTask('report', 'tests').build();
const ran = { look: succeeded, fix: failed, tests: fresh, report: fresh };
const inPlaceOf = (plan: Plan, spec: object = {}) => aPlan(mission).withTask('look').withTask('again').withTask('tests', 'again').spec({ revision: 2, requestDigest: revisionDigest(plan, 1), ...spec }).build();
const second = inPlaceOf(first);
/** The view of a run of `first`. */
const tried = (tasks: Record<string, (task: TaskBuilder) => TaskBuilder>, more: Parameters<typeof viewOf>[1] = {}, written = mission) => viewOf(written, { plan: first, tasks, ...more });
const leftOf = (view: MissionView): readonly Task[] => view.tasks;
const revisionAsked = (view: MissionView) => decideMission(view, t0).intents.flatMap((intent) => (intent.kind === 'requestPlan' ? [intent.revision] : []))[0];
const asking = 'ask the planner for another plan: task fix failed: it ended as Failed';

describe('a task that failed', () => {
  suite({
    'leads to another plan, and what waits for it stays as it is': { view: tried(ran), intents: [asking], conditions: { Succeeded: 'Unknown/Replanning' }, message: 'task fix failed' },
    'lets what does not depend on it end first': { view: tried({ ...ran, look: running }), intents: [], conditions: { Succeeded: 'Unknown/Running' } },
    'lets what does not depend on it begin first': { view: tried({ fix: failed }), intents: ['create look', 'create tests', 'create report'], conditions: { Succeeded: 'Unknown/Running' } },
    'waits for one that an agent may have': { view: tried(ran, { live: ['tests'] }), intents: [], conditions: { Succeeded: 'Unknown/Running' } },
    'is asked about once': { view: tried(ran, { planner: { kind: 'asking' } }), intents: [], conditions: { Succeeded: 'Unknown/Replanning' } },
    'is asked about later when the planner says so': { view: tried(ran, { planner: { kind: 'waiting', message: 'overloaded' } }), intents: [], conditions: { Succeeded: 'Unknown/Replanning' }, message: 'overloaded' },
    'is not asked about while the mission is suspended': { view: tried(ran, {}, wish.spec({ operatingMode: 'Suspend' }).build()), intents: [], conditions: { Succeeded: 'Unknown/Suspended' } },
    'ends the run at once when no other plan is wanted': { view: tried(ran, {}, wish.spec({ failurePolicy: 'FailFast' }).build()), intents: ['Cancelled report/MissionFailed', 'Cancelled tests/MissionFailed'] },
    'ends the run when the planner may not be asked': { view: tried({ ...ran, tests: (task) => task.ended('Skipped', 'DependencyFailed'), report: (task) => task.ended('Skipped', 'DependencyFailed') }, { planner: { kind: 'refused', message: 'budget_exceeded: raise it' } }), intents: [], conditions: { Succeeded: 'False/TaskFailed' }, message: 'raise it' },
    'ends the run when the run had its plans': { view: tried(ran, {}, wish.spec({ planner: { maxReplans: 0 } }).build()), intents: ['Cancelled report/MissionFailed', 'Cancelled tests/MissionFailed'], message: 'another plan took its place 0 of 0 times' },
    'ends the run when no valid plan came of it': { view: viewOf(mission, { plans: [first, inPlaceOf(first, { verdict: 'Rejected', tasks: [], faults: ['x'] })], tasks: ran }), intents: ['Cancelled report/MissionFailed', 'Cancelled tests/MissionFailed'], message: 'no valid plan came in its place' },
    'that was cancelled in the meantime ends the run': { view: tried(ran, { planner: { kind: 'asking' } }, wish.spec({ operatingMode: 'Cancel' }).build()), intents: ['stop asking the planner', 'Cancelled report/MissionCancelled', 'Cancelled tests/MissionCancelled'] },
    'does not outlive the deadline': { view: tried({ fix: failed, look: succeeded, tests: fresh, report: fresh }, {}, wish.spec({ activeDeadlineSeconds: 60 }).status({ runNumber: 1, startTime: '2025-12-31T23:00:00Z', observedRunRequest: '' }).build()), intents: ['Cancelled report/MissionDeadline', 'Cancelled tests/MissionDeadline'] },
  });

  test('is told to the planner with what was measured, and with what has not started', () => {
    const view = tried({ ...ran, look: (task) => succeeded(task).status({ observed: { files: 3 }, violations: [{ kind: 'UnexpectedChange', message: 'expected no change' }] }) });
    expect(revisionAsked(view)).toMatchObject({
      plan: first,
      run: 1,
      reason: 'TaskFailed',
      tasks: [
        { name: 'look', outcome: 'Succeeded', observed: '{"files":3}', violations: ['UnexpectedChange: expected no change'], changedFiles: false },
        { name: 'fix', outcome: 'Failed', reason: 'ActionFailed', message: 'it ended as Failed' },
        { name: 'tests', outcome: 'NotStarted' },
        { name: 'report', outcome: 'NotStarted' },
      ],
      earlier: [],
    });
  });
});

describe('a goal', () => {
  const withGoal = wish.withGoal('tidy', 'tasks["look"].observed.files == 0');
  const plan = aPlan(withGoal.build()).withTask('look').build();
  const measured = (files: number) => (task: TaskBuilder) => succeeded(task).status({ observed: { files } });
  const finished = withGoal.withFinally('last').build();
  const view = (files: number, written = withGoal.build()) => viewOf(written, { plan: aPlan(written).withTask('look').build(), tasks: { look: measured(files) } });
  suite({
    'that is unmet leads to another plan': { view: view(3), intents: ['ask the planner for another plan: goal tidy not met: tasks.look: observed.files=3 (attempt 1)'], conditions: { Succeeded: 'Unknown/Replanning' } },
    'that is unmet is planned for before finally runs': { view: view(3, finished), conditions: { Succeeded: 'Unknown/Replanning' } },
    'that is met ends the run': { view: view(0), intents: [], conditions: { Succeeded: 'True/GoalsMet' } },
    'that nobody requires leads to none': { view: view(3, wish.withGoal('tidy', 'tasks["look"].observed.files == 0', false).build()), intents: [], conditions: { Succeeded: 'True/GoalsMet' } },
    'that is unmet ends the run once it had its plans': { view: view(3, withGoal.spec({ planner: { maxReplans: 0 } }).build()), intents: [], conditions: { Succeeded: 'False/GoalsUnmet' }, message: 'goal tidy not met; another plan took its place 0 of 0 times' },
    'that is met, by a task that left something else behind than expected, leads to another plan': {
      view: viewOf(withGoal.build(), { plan, tasks: { look: (task) => measured(0)(task).status({ violations: [{ kind: 'UnexpectedChange', message: 'expected no change' }] }) } }),
      intents: ['ask the planner for another plan: task look left something else behind than was expected: expected no change'],
    },
    'that is met beside a task that may fail, and did, ends the run': {
      view: viewOf(withGoal.build(), { plan: aPlan(withGoal.build()).withTask('look').spec({ tasks: [{ name: 'look', type: 'Analyzer', intent: { action: 'AnalyzeCode' } }, { name: 'probe', type: 'Tester', intent: { action: 'RunTests' }, onFailure: 'Continue' }] }).build(), tasks: { look: measured(0), probe: (task) => failed(task).status({ violations: [{ kind: 'TestFailed', message: 'expected passing tests' }] }) } }),
      intents: [],
      conditions: { Succeeded: 'True/GoalsMet' },
    },
    'that is met by a slow task ends the run': { view: viewOf(withGoal.build(), { plan, tasks: { look: (task) => measured(0)(task).status({ violations: [{ kind: 'Timeout', message: 'slow' }] }) } }), intents: [], conditions: { Succeeded: 'True/GoalsMet' } },
  });

  test('that was cancelled while another plan was made is told as cancelled', () => {
    const cancelled = withGoal.spec({ operatingMode: 'Cancel' }).build();
    expect(decideMission(view(3, cancelled), t0).status?.conditions).toContainEqual(expect.objectContaining({ type: 'Succeeded', reason: 'Cancelled' }));
  });
});

describe('the plan in the place of another', () => {
  const left = leftOf(tried(ran));
  suite({
    'deletes what had not started, keeps what it takes over, and leaves what ran': {
      view: viewOf(mission, { plans: [first, second], others: left }),
      intents: ['delete report', 'delete tests', 'create again', 'create tests'],
      status: { plan: { source: 'Planner', revision: 2, replans: 1, name: 'm-plan-2', taskCount: 3, createdThrough: 3, hash: expect.any(String) }, failedTasks: [], tasksDone: '1/3' },
      conditions: { Succeeded: 'Unknown/Running', Accepted: 'True/Accepted' },
    },
    'ends the run when it did not get there either': {
      view: viewOf(mission, { plans: [first, second], others: left.filter(({ spec }) => spec.taskName !== 'tests' && spec.taskName !== 'report'), tasks: { look: succeeded, again: failed, tests: fresh } }),
      intents: ['Cancelled tests/MissionFailed'],
      message: 'another plan took its place 1 of 1 times',
    },
  });

  test('makes tasks that carry its revision', () => {
    const created = decideMission(viewOf(mission, { plans: [first, second], others: left }), t0).intents.flatMap((intent) => (intent.kind === 'createTask' ? [intent.task.metadata.labels] : []));
    expect(created).toEqual([expect.objectContaining({ 'coditect.ai/plan-revision': '2' }), expect.objectContaining({ 'coditect.ai/plan-revision': '2' })]);
  });

  test('does not undo what a user did: a task that was removed by an edit is still missed', () => {
    const edited = wish.spec({ goal: 'another' }).build();
    const view = viewOf(edited, { plan: aPlan(edited).withTask('other').build(), others: left });
    expect(decideMission(view, t0).status?.conditions).toContainEqual(expect.objectContaining({ type: 'Accepted', reason: 'StartedTaskRemoved' }));
  });

  test('once carried out, each decision leaves nothing more to do', () => {
    for (const view of [tried(ran), viewOf(mission, { plans: [first, second], others: left })]) {
      const next = applied(view, decideMission(view, t0));
      expect(lines(next, decideMission(next, t0))).toEqual([]);
    }
  });
});

describe('a plan that people have to approve', () => {
  const asks = aMission().spec({ failurePolicy: 'Replan', planner: { maxReplans: 1, planApproval: 'Always' } });
  const asked = asks.build();
  const one = aPlan(asked).withTask('look').withTask('fix').build();
  const two = aPlan(asked).withTask('look').withTask('again').spec({ revision: 2, requestDigest: revisionDigest(one, 1) }).build();
  const said = (plan: Plan, decision: Approval['spec']['decision'] = 'Approve') => anApproval(planQuestion(plan, 1).subject, { by: 'ann', decision, comment: 'hm' });
  const begun = viewOf(asked, { plan: one, approvals: [said(one)], tasks: { look: succeeded, fix: failed } }).tasks.map((task) => ({ ...task, metadata: { ...task.metadata, labels: { ...task.metadata.labels, 'coditect.ai/plan-revision': '1' } } }));
  suite({
    'runs nothing before': {
      view: viewOf(asked, { plan: one }),
      intents: [],
      conditions: { Succeeded: 'Unknown/AwaitingApproval', ApprovalRequired: 'True/AwaitingApproval', Accepted: 'True/Accepted' },
      message: 'kubectl mission approve m',
      status: { approvals: [expect.objectContaining({ kind: 'Plan', name: 'm-plan-1', required: 1, approvedBy: [] })], plan: expect.objectContaining({ name: 'm-plan-1', taskCount: 0 }) },
    },
    'runs once it is approved': { view: viewOf(asked, { plan: one, approvals: [said(one)] }), intents: ['create look', 'create fix'], conditions: { Succeeded: 'Unknown/Running' } },
    'does not run by a word about another plan': { view: viewOf(asked, { plan: one, approvals: [said(two)] }), intents: [], conditions: { Succeeded: 'Unknown/AwaitingApproval' } },
    'is refused when it is rejected': { view: viewOf(asked, { plan: one, approvals: [said(one, 'Reject')] }), intents: [], conditions: { Accepted: 'False/PlanDenied' }, message: 'rejected by ann: hm' },
    'goes on when the approval is deleted after it began': { view: viewOf(asked, { plan: one, others: begun.map((task) => ({ ...task, status: {} })) }), intents: [], conditions: { Succeeded: 'Unknown/Running' } },
    'is asked about anew when it takes the place of another': { view: viewOf(asked, { plans: [one, two], approvals: [said(one)], others: begun }), intents: [], conditions: { Succeeded: 'Unknown/AwaitingApproval', ApprovalRequired: 'True/AwaitingApproval' }, message: 'm-plan-2' },
    'takes the place of another once it is approved': { view: viewOf(asked, { plans: [one, two], approvals: [said(one), said(two)], others: begun }), intents: ['create again'], status: { tasksDone: '1/2' } },
    'that took the place of none, as it was rejected, ends the run': { view: viewOf(asked, { plans: [one, two], approvals: [said(one), said(two, 'Reject')], others: begun }), intents: [], conditions: { Succeeded: 'False/TaskFailed' }, message: 'm-plan-2 was rejected by ann' },
  });
});
