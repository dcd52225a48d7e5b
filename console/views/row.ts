// A mission as a row of the list. Pure.
import type { MissionRow } from '#api/console.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import { conditionOf } from '#domain/mission/view.ts';

/** The row of a mission. */
export function rowOf(mission: Mission): MissionRow {
  const { namespace, name, uid, creationTimestamp: created } = mission.metadata;
  return { namespace, name, uid, created, ...stateOf(mission), ...timesOf(mission), ...countsOf(mission), costUsd: mission.status?.usage?.costUsd ?? '0.00' };
}

function stateOf({ metadata, status = {} }: Mission): Pick<MissionRow, 'state' | 'verdict' | 'awaitsApproval' | 'refused'> {
  const { reason: state, status: verdict } = conditionOf(status, 'Succeeded') ?? { reason: 'Pending', status: 'Unknown' as const };
  const accepted = conditionOf(status, 'Accepted');
  const isCurrent = (status.observedGeneration ?? 0) >= metadata.generation;
  return {
    state,
    verdict: isCurrent ? verdict : 'Unknown',
    awaitsApproval: conditionOf(status, 'ApprovalRequired')?.status === 'True',
    ...(accepted?.status === 'False' ? { refused: accepted.reason } : {}),
  };
}

function timesOf({ status: { startTime: started, completionTime: ended } = {} }: Mission): Pick<MissionRow, 'started' | 'ended'> {
  return { ...(started === undefined ? {} : { started }), ...(ended === undefined ? {} : { ended }) };
}

function countsOf({ spec, status = {} }: Mission): Pick<MissionRow, 'goalsMet' | 'goals' | 'tasksDone' | 'tasks' | 'running' | 'failed'> {
  const [goalsMet, goals] = ofTotal(status.goalsMet) ?? [0, spec.goals.length];
  const [tasksDone, tasks] = ofTotal(status.tasksDone) ?? [0, spec.tasks.length];
  const { running, failed } = status.tasks ?? { running: 0, failed: 0 };
  return { goalsMet, goals, tasksDone, tasks, running, failed };
}

/** `3/5` as two numbers. */
function ofTotal(text: string | undefined): [number, number] | undefined {
  const [, done, total] = /^(\d{1,9})\/(\d{1,9})$/.exec(text ?? '') ?? [];
  return done === undefined || total === undefined ? undefined : [Number(done), Number(total)];
}
