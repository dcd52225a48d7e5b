import { describe, expect, test } from 'vitest';
import { aMission } from '#testing/builders/mission.ts';
import { aPlan } from '#testing/builders/plan.ts';
import { aPool } from '#testing/builders/pool.ts';
import type { TaskBuilder } from '#testing/builders/task.ts';
import { applied, conditionsOf, failed, fresh, lines, running, succeeded, suite, t0, viewOf } from '../testing.ts';
import { decideMission } from './index.ts';

const planned = aMission().spec({ planner: { maxTasks: 20 } });
const mission = planned.build();
const withGoal = planned.withGoal('tidy', 'tasks["survey"].observed.importCycles == 0');
const plan = aPlan(mission).withTask('survey').withTask('report', 'survey');
const mode = (operatingMode: 'Suspend' | 'Stop' | 'Cancel') => planned.spec({ operatingMode }).build();

describe('a mission that asks a planner', () => {
  suite({
    'asks once': { view: viewOf(mission), intents: ['ask the planner'], conditions: { Accepted: 'True/Accepted', Succeeded: 'Unknown/Planning' }, status: { tasksDone: '0/0', startTime: '2026-01-01T00:00:00Z' } },
    'does not ask again while it is asked': { view: viewOf(mission, { planner: { kind: 'asking' } }), intents: [], conditions: { Succeeded: 'Unknown/Planning' } },
    'says why it waits': { view: viewOf(mission, { planner: { kind: 'waiting', message: 'the provider is overloaded' } }), intents: [], conditions: { Succeeded: 'Unknown/Planning' }, message: 'the provider is overloaded' },
    'is refused where there is no gateway': { view: viewOf(mission, { planner: { kind: 'absent' } }), intents: [], conditions: { Accepted: 'False/NoPlanner' }, message: 'spec.planner' },
    'waits for a pool before it asks': { view: viewOf(mission, { pools: [] }), intents: [], conditions: { Accepted: 'False/NoMatchingPool', Reconciling: 'True/NoMatchingPool' } },
    'is refused when its budget is spent': { view: viewOf(mission, { planner: { kind: 'refused', message: 'budget_exceeded: raise it' } }), intents: [], conditions: { Accepted: 'False/PlanRefused' }, message: 'raise it' },
    'is refused when no plan was valid, with the faults': { view: viewOf(mission, { plan: aPlan(mission).rejected('tasks[1].dependsOn: unknown task x').build() }), intents: [], conditions: { Accepted: 'False/PlanRejected' }, message: 'tasks[1].dependsOn: unknown task x' },
    'asks nothing while it is suspended': { view: viewOf(mode('Suspend')), intents: [], conditions: { Succeeded: 'Unknown/Suspended', Suspended: 'True/Suspended' } },
    'stops asking when it is cancelled': { view: viewOf(mode('Cancel'), { planner: { kind: 'asking' } }), intents: ['stop asking the planner'], conditions: { Succeeded: 'False/Cancelled' } },
    'ends when it is stopped before there is a plan': { view: viewOf(mode('Stop')), intents: [], conditions: { Succeeded: 'False/Stopped', Accepted: 'True/Accepted' } },
    'runs its plan as if it had written it': {
      view: viewOf(mission, { plan: plan.build() }),
      intents: ['create survey', 'create report'],
      conditions: { Accepted: 'True/Accepted', Succeeded: 'Unknown/Running' },
      status: { plan: { source: 'Planner', revision: 1, name: 'm-plan-1', taskCount: 2, createdThrough: 2, hash: expect.any(String) } },
    },
    'goals are checked on the tasks of the plan': { view: viewOf(withGoal.build(), { plan: aPlan(withGoal.build()).withTask('survey').build() }), intents: ['create survey'], status: { goals: [expect.objectContaining({ name: 'tidy', state: 'Unknown' })] } },
    'goals are no fault before there are tasks, and not decided': {
      view: viewOf(withGoal.build()),
      intents: ['ask the planner'],
      conditions: { Accepted: 'True/Accepted' },
      status: { goalsMet: '0/1', goals: [{ name: 'tidy', state: 'Unknown', reason: 'Waiting', evidence: 'there is no plan yet' }] },
    },
    'nothing of an earlier plan is deleted while the next is made': { view: viewOf(mission, { others: viewTasks() }), intents: ['ask the planner'] },
    'a plan that no longer fits is refused like a manifest': { view: viewOf(withGoal.build(), { plan: aPlan(withGoal.build()).withTask('other').build() }), intents: [], conditions: { Accepted: 'False/InvalidExpression' } },
  });

  test('its deadline counts while it is planned', () => {
    const limited = planned.spec({ activeDeadlineSeconds: 60 }).build();
    const asking = applied(viewOf(limited), decideMission(viewOf(limited), t0));
    expect(decideMission(asking, t0).wakeAfterMs).toBe(60_000);
    const later = decideMission(asking, t0 + 60_000);
    expect(conditionsOf(later)).toMatchObject({ Succeeded: 'False/DeadlineExceeded' });
    expect(later.intents.map(({ kind }) => kind)).toEqual(['abandonPlan']);
  });

  test('once carried out, its decision leaves nothing more to do', () => {
    for (const view of [viewOf(mission), viewOf(mission, { plan: plan.build() }), viewOf(mode('Cancel'), { planner: { kind: 'asking' } })]) {
      const next = applied(view, decideMission(view, t0));
      expect(lines(next, decideMission(next, t0))).toEqual([]);
    }
  });
});

describe('a mission whose workspace is looked at before there is a plan', () => {
  const looks = aMission().spec({ planner: { survey: 'Analyze' }, workspace: { git: { url: 'https://git.example/r' } } });
  const looked = looks.build();
  const made = aPlan(looked).withTask('report').build();
  const measured = (task: TaskBuilder) => succeeded(task).status({ observed: { files: 12, importCycles: 1 } });
  suite({
    'lets an Analyzer look first': { view: viewOf(looked), intents: ['create survey-workspace'], conditions: { Succeeded: 'Unknown/Planning' }, status: { tasksDone: '0/1' }, message: 'an Analyzer looks at the workspace' },
    'asks nobody while it looks': { view: viewOf(looked, { tasks: { 'survey-workspace': running } }), intents: [] },
    'asks once it has looked': { view: viewOf(looked, { tasks: { 'survey-workspace': measured } }), intents: ['ask the planner'] },
    'asks all the same when nothing could be found': { view: viewOf(looked, { tasks: { 'survey-workspace': failed } }), intents: ['ask the planner'] },
    'looks once: the plan keeps what was found': { view: viewOf(looked, { plan: made, tasks: { 'survey-workspace': measured } }), intents: ['create report'], status: { tasksDone: '1/2' } },
    'succeeds although nothing could be found': { view: viewOf(looked, { plan: made, tasks: { 'survey-workspace': failed, report: succeeded } }), intents: [], conditions: { Succeeded: 'True/TasksSucceeded' } },
    'does not look while it is suspended': { view: viewOf(looks.spec({ operatingMode: 'Suspend' }).build()), intents: [] },
    'needs a pool that can look': { view: viewOf(looked, { pools: [aPool().of('Coder').build()] }), intents: [], conditions: { Accepted: 'False/NoMatchingPool' } },
    'has nothing to look at without a workspace': { view: viewOf(aMission().spec({ planner: { survey: 'Analyze' } }).build()), intents: ['ask the planner'] },
  });

  test('tells the planner what was found', () => {
    const { intents } = decideMission(viewOf(looked, { tasks: { 'survey-workspace': measured } }), t0);
    expect(intents).toEqual([expect.objectContaining({ kind: 'requestPlan', survey: '{"files":12,"importCycles":1}' })]);
  });

  test('once carried out, its decision leaves nothing more to do', () => {
    const next = applied(viewOf(looked), decideMission(viewOf(looked), t0));
    expect(lines(next, decideMission(next, t0))).toEqual([]);
  });
});

/** Tasks of a plan for another question. */
function viewTasks() {
  const before = planned.spec({ goal: 'another' }).build();
  return viewOf(before, { plan: aPlan(before).withTask('old').build(), tasks: { old: running } }).tasks;
}

test('a task of the plan is built from the mission with its plan', () => {
  expect(viewOf(mission, { plan: plan.build(), tasks: { survey: fresh } }).tasks[0]?.spec).toMatchObject({ taskName: 'survey', missionRef: { name: 'm' } });
});
