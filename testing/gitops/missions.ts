// Missions in each situation that their reconciler can describe.
import type { TaskReason } from '#api/conditions.ts';
import type { Usage } from '#api/llm.ts';
import { decideMission } from '#operator/mission/decide/index.ts';
import type { MissionView } from '#operator/mission/decide/view.ts';
import { failed, running, succeeded, t0, underway, viewOf } from '#operator/mission/testing.ts';
import { aMission, type MissionBuilder } from '../builders/mission.ts';
import type { TaskBuilder } from '../builders/task.ts';
import { commonSituations, type Situation, type Situations, type TrackedObject } from './situation.ts';

const minute = 60_000;
const two = (): MissionBuilder => aMission('m').withTask('a').withTask('b', { after: ['a'] });
const planned = aMission('m').spec({ planner: { maxTasks: 20 } });
const budgeted = () => two().spec({ budget: { maxCostUsd: '2.00' } });
const spent = (costMicroUsd: number): Usage => ({ settled: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, costMicroUsd }, reservedMicroUsd: 0, calls: 1 });

/** The mission of a view, with the status that the operator writes for it. */
function written(view: MissionView, at = t0): TrackedObject {
  const { status } = decideMission(view, at);
  const { kind, apiVersion, metadata, spec } = view.mission;
  return { apiVersion, kind, metadata, spec, status: { ...view.mission.status, ...status } };
}

const runs = (view: MissionView): Situation => ({ object: written(view), argo: 'Progressing', shows: 'Succeeded', kstatus: 'Current' });
const ends = (view: MissionView, at = t0 + minute): Situation => ({ object: written(view, at), argo: 'Degraded', shows: 'Succeeded', kstatus: 'Failed' });
const mode = (operatingMode: 'Suspend' | 'Stop' | 'Cancel') => two().spec({ operatingMode });
const cut = (reason: TaskReason<'Succeeded'>) => {
  const step = (task: TaskBuilder): TaskBuilder => task.ended('Cancelled', reason);
  return { a: step, b: step };
};
const asked = aMission('m').withTask('a').withCheck('looks-good', { approval: { question: 'Does it look good?' } });
const tracked = { annotations: { 'argocd.argoproj.io/tracking-id': 'missions:coditect.ai/Mission:team-a/m' } };
const both = { a: succeeded, b: succeeded };

/** A run that has ended, as the operator finds it when it looks again. */
function lookedAtAgain(mission: MissionBuilder): TrackedObject {
  const { status } = decideMission(underway(mission, { tasks: both }), t0 + minute);
  return written(viewOf(mission.status(status).build(), { tasks: both }), t0 + 2 * minute);
}

const refusals = ['NoPlanner', 'PlanRejected', 'PlanDenied', 'PlanRefused', 'InvalidIntent', 'InvalidGoal', 'InvalidOutput', 'InvalidExpression', 'UnverifiedEvidence', 'TooLarge', 'NameTaken', 'StartedTaskChanged', 'StartedTaskRemoved'];

/** Every situation of a Mission. */
export const missionSituations: Situations = {
  ...commonSituations(written(underway(two(), { tasks: { a: running }, live: ['a'] }))),
  planning: { ...runs(viewOf(planned.build(), { planner: { kind: 'asking' } })), alike: ['Replanning'] },
  running: runs(underway(two(), { tasks: { a: running }, live: ['a'] })),
  'within-budget': runs(underway(budgeted(), { tasks: { a: running }, live: ['a'], usage: spent(100_000) })),
  'calls-wait-for-money': runs(underway(budgeted(), { tasks: { a: running }, live: ['a'], usage: { ...spent(1_900_000), waiting: 1 } })),
  'left-something-unexpected': runs(underway(two(), { tasks: { a: (task) => task.ended('Succeeded').status({ violations: [{ kind: 'UnexpectedChange', message: 'a file was changed' }] }), b: running }, live: ['b'] })),
  'budget-low': runs(underway(budgeted(), { tasks: { a: running }, live: ['a'], usage: spent(1_900_000) })),
  'budget-spent': runs(underway(budgeted(), { tasks: { a: running }, live: ['a'], usage: spent(3_000_000) })),
  suspended: { object: written(underway(mode('Suspend'))), argo: 'Suspended', shows: 'Suspended', kstatus: 'Current' },
  'awaiting-approval': { object: written(underway(asked, { tasks: { a: succeeded } })), argo: 'Suspended', shows: 'ApprovalRequired', kstatus: 'Current' },
  stopping: runs(underway(mode('Stop'), { tasks: { a: running }, live: ['a'] })),
  cancelling: runs(underway(mode('Cancel'), { tasks: { a: running }, live: ['a'] })),
  failing: runs(underway(aMission('m').withTask('a').withTask('b'), { tasks: { a: failed, b: running }, live: ['b'] })),
  'without-a-pool': { object: written(viewOf(two().build(), { pools: [] })), argo: 'Progressing', shows: 'Reconciling', kstatus: 'InProgress' },
  refused: { object: written(viewOf(aMission('m').withTask('a', { after: ['nobody'] }).build())), argo: 'Degraded', shows: 'Accepted', kstatus: 'Failed', alike: refusals },
  'goals-met': { object: written(underway(two().withGoal('done', 'tasks["b"].outcome == "Succeeded"'), { tasks: both }), t0 + minute), argo: 'Healthy', shows: 'Succeeded', kstatus: 'Current' },
  'tasks-succeeded': { object: written(underway(two(), { tasks: both }), t0 + minute), argo: 'Healthy', shows: 'Succeeded', kstatus: 'Current' },
  'succeeded-and-tracked': { object: lookedAtAgain(two().spec({ ttlSecondsAfterFinished: 1 }).meta(tracked)), argo: 'Healthy', shows: 'Succeeded', kstatus: 'Current' },
  'goals-unmet': { ...ends(underway(two().withGoal('done', 'tasks["b"].outcome == "Failed"'), { tasks: both })), alike: ['OutputFailed'] },
  'task-failed': ends(underway(two(), { tasks: { a: failed, b: (task) => task.ended('Cancelled', 'MissionFailed') } })),
  'deadline-exceeded': ends(underway(two().spec({ activeDeadlineSeconds: 30 }), { tasks: cut('MissionDeadline') })),
  cancelled: ends(underway(mode('Cancel'), { tasks: cut('MissionCancelled') })),
  stopped: ends(underway(mode('Stop'), { tasks: cut('MissionStopped') })),
};
