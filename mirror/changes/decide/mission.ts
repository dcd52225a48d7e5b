// Events of a mission.
import type { MissionFacts } from '#api/events/change.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import type { Mission, MissionStatus, MissionUsage } from '#api/v1alpha1/mission.ts';
import { findCondition } from '#domain/conditions.ts';
import { microUsdOf } from '#domain/cost/money.ts';
import { changeOf, createdMark, eventOf, type Sight } from './sight.ts';

const plural = 'missions';

/** What happened to a mission between two looks. */
export function missionEvents(sight: Sight<Mission>): CloudEvent[] {
  const { now, told } = sight;
  const isNew = told === undefined;
  const mission = { name: now.metadata.name, uid: now.metadata.uid };
  const data = { ...changeOf(sight), facts: factsOf(now) };
  const step = stepOf(told, missionStage(now));
  const created = isNew ? [eventOf(sight, plural, { name: 'mission.created', mark: createdMark, time: now.metadata.creationTimestamp }, { data, mission })] : [];
  // What is new and has done nothing yet has nothing further to tell.
  return isNew && step === 'mission.changed' ? created : [...created, eventOf(sight, plural, { name: step }, { data, mission })];
}

/** How far a mission has come. */
export function missionStage({ status = {} }: Mission): string {
  const { runNumber = 0, startTime, completionTime } = status;
  if (completionTime !== undefined) return `${runNumber} ended`;
  return startTime === undefined ? `${runNumber} waits` : `${runNumber} started`;
}

/** The last step that was taken. */
function stepOf(told: string | undefined, stage: string): 'mission.ended' | 'mission.started' | 'mission.changed' {
  if (stage === told || stage.endsWith('waits')) return 'mission.changed';
  return stage.endsWith('ended') ? 'mission.ended' : 'mission.started';
}

function factsOf({ spec, status = {} }: Mission): MissionFacts {
  const succeeded = findCondition(status.conditions, 'Succeeded');
  return {
    run: status.runNumber ?? 0,
    state: succeeded?.reason ?? '',
    succeeded: succeeded?.status ?? 'Unknown',
    goals: spec.goals.length,
    goalsMet: (status.goals ?? []).filter(({ state }) => state === 'Met').length,
    ...tasksOf(spec, status),
    replans: status.plan?.replans ?? 0,
    ...timesOf(status),
    ...usageOf(status.usage),
  };
}

function tasksOf(spec: Mission['spec'], { tasks, plan }: MissionStatus): Pick<MissionFacts, 'tasks' | 'tasksDone'> {
  if (tasks === undefined) return { tasks: plan?.taskCount ?? spec.tasks.length, tasksDone: 0 };
  return { tasks: tasks.total, tasksDone: tasks.succeeded + tasks.failed + tasks.skipped + tasks.cancelled };
}

function timesOf({ startTime, completionTime }: MissionStatus): Pick<MissionFacts, 'startTime' | 'completionTime'> {
  return { ...(startTime === undefined ? {} : { startTime }), ...(completionTime === undefined ? {} : { completionTime }) };
}

const unused: MissionUsage = { calls: 0, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: '0.00', reservedUsd: '0.00' };

function usageOf(usage = unused) {
  const { calls, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd, savedUsd = '0.00', cachedCalls = 0 } = usage;
  return { costMicroUsd: microUsdOf(costUsd), savedMicroUsd: microUsdOf(savedUsd), calls, cachedCalls, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens };
}
