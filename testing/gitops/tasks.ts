// Tasks in each situation that the writer of their status can describe.
import type { TaskReason } from '#api/conditions.ts';
import { type Assignment, type Attempt, type Task, type TaskResult, violationKinds } from '#api/v1alpha1/task.ts';
import { applyProposal, type AttemptResult, type Proposal } from '#operator/task/decide/proposal.ts';
import { t0 } from '#operator/mission/testing.ts';
import { aTask } from '../builders/task.ts';
import { commonSituations, type Situation, type Situations, type TrackedObject } from './situation.ts';

const time = '2026-01-01T00:00:00Z';
const epoch = { term: 1, counter: 1 } as const;
const assignment: Assignment = { pool: 'crew', poolNamespace: 'team-a', agent: 'crew-1', agentUid: 'uid-crew-1', epoch, assignedTime: time, matchReason: 'it fits' };
const lost: Attempt = { attempt: 1, agent: 'crew-1', epoch, reason: 'AgentLost', message: 'the pod vanished', endTime: time };

/** The task once these proposals were written, one after the other. */
function written(...proposals: readonly Proposal[]): TrackedObject {
  return proposals.reduce<Task>((task, proposal) => {
    const application = applyProposal(task, proposal, t0);
    if (application.kind !== 'write') throw new Error(`write ${proposal.kind} to task ${task.metadata.name}: it is ${application.kind}; correct the situation`);
    return { ...task, status: application.status };
  }, aTask('t').build());
}

const accepted: Proposal = { kind: 'judged', accepted: true, reason: 'Accepted', message: 'the spec is valid' };
const ended = (result: TaskResult, reason: TaskReason<'Succeeded'>, output?: Partial<AttemptResult>): Proposal => ({
  kind: 'outcome',
  result,
  reason,
  message: `it ended as ${result}`,
  ...(output === undefined ? {} : { attempt: { number: 1, epoch, assignment, startTime: time, output: { digest: 'd'.repeat(64), durationMs: 1400, ...output } } }),
});

const waits = (...proposals: readonly Proposal[]): Situation => ({ object: written(accepted, ...proposals), argo: 'Progressing', shows: 'Succeeded', kstatus: 'InProgress' });
const fails = (proposal: Proposal): Situation => ({ object: written(accepted, proposal), argo: 'Degraded', shows: 'Succeeded', kstatus: 'Failed' });
const fine = (proposal: Proposal): Situation => ({ object: written(accepted, proposal), argo: 'Healthy', shows: 'Succeeded', kstatus: 'Current' });

const failures = ['ActionRefused', 'BudgetExceeded', 'WorkspaceFailed', 'InputMissing', 'OutputTooLarge', 'TimedOut', 'AgentLost', 'LeaderLost', 'AgentStopped', 'OutcomeUnknown', 'ArtifactLost', 'AgentError', 'TaskDeleted'] as const satisfies readonly TaskReason<'Succeeded'>[];
const action: NonNullable<AttemptResult['action']> = { tool: 'vitest', expected: ['the files are as they were'] };
const violation: NonNullable<AttemptResult['violations']>[number] = { kind: violationKinds[0], message: 'a file was changed' };

/** Every situation of a Task. */
export const taskSituations: Situations = {
  ...commonSituations(written(accepted)),
  waiting: waits(),
  assigned: waits({ kind: 'assigned', attempt: 1, assignment }),
  running: waits({ kind: 'running', attempt: 1, assignment, startTime: time }),
  'in-back-off': waits({ kind: 'attemptEnded', attempt: lost }),
  completed: fine(ended('Succeeded', 'Completed', { boundary: 'full', action })),
  'completed-partly-isolated': fine(ended('Succeeded', 'Completed', { boundary: 'partial', action })),
  'completed-without-boundary': fine(ended('Succeeded', 'Completed', { boundary: 'none', action })),
  memoized: fine(ended('Succeeded', 'Memoized')),
  failed: { ...fails(ended('Failed', 'ActionFailed', { boundary: 'full', action, violations: [violation] })), alike: failures },
  skipped: fine(ended('Skipped', 'DependencyFailed')),
  cancelled: { ...fine(ended('Cancelled', 'MissionCancelled')), alike: ['MissionStopped', 'MissionFailed', 'MissionDeadline'] },
  refused: { object: written({ kind: 'judged', accepted: false, reason: 'InvalidIntent', message: 'spec.intent.action: unknown' }), argo: 'Degraded', shows: 'Accepted', kstatus: 'Failed', alike: ['NoMatchingPool', 'TooLarge', 'Orphaned'] },
};
