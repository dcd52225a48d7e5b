// Events of a task, and of what differs from what was expected of it.
import type { TaskFacts } from '#api/events/change.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import { labels } from '#api/labels.ts';
import type { Task, TaskStatus, Violation } from '#api/v1alpha1/task.ts';
import { findCondition } from '#domain/conditions.ts';
import { canonicalJson, sha256Hex } from '#domain/digest.ts';
import { changeOf, createdMark, eventOf, type Sight } from './sight.ts';

const plural = 'tasks';

/** What happened to a task between two looks. */
export function taskEvents(sight: Sight<Task>): CloudEvent[] {
  const { now, told } = sight;
  const isNew = told === undefined;
  const mission = now.spec.missionRef;
  const data = { ...changeOf(sight), ...(mission === undefined ? {} : { mission }), facts: factsOf(now) };
  const step = stepOf(told, taskStage(now));
  const created = isNew ? [eventOf(sight, plural, { name: 'task.created', mark: createdMark, time: now.metadata.creationTimestamp }, { data, mission })] : [];
  const found = violationsOf(sight);
  // What is new and has done nothing yet has nothing further to tell.
  return isNew && step === 'task.changed' ? [...created, ...found] : [...created, ...found, eventOf(sight, plural, { name: step }, { data, mission })];
}

/** How far a task has come. */
export function taskStage({ status = {} }: Task): string {
  if (status.outcome !== undefined) return 'ended';
  return status.startTime === undefined ? 'waits' : `${status.attempt ?? 1} started`;
}

/** The last step that was taken. */
function stepOf(told: string | undefined, stage: string): 'task.ended' | 'task.started' | 'task.changed' {
  if (stage === told || stage === 'waits') return 'task.changed';
  return stage === 'ended' ? 'task.ended' : 'task.started';
}

/** Those that were not there before. They come with the outcome: where that was told, they were. */
function violationsOf(sight: Sight<Task>): CloudEvent[] {
  const { before, now, told } = sight;
  if (before === undefined && told === 'ended') return [];
  const known = new Set(before?.status?.violations?.map(wordsOf));
  const mission = now.spec.missionRef;
  const { name, uid, resourceVersion } = now.metadata;
  const attempt = now.status?.attempt ?? 0;
  const fresh = new Map((now.status?.violations ?? []).map((violation) => [wordsOf(violation), violation]));
  return [...fresh].filter(([words]) => !known.has(words)).map(([words, violation]) => {
    const data = { task: { name, uid }, ...(mission === undefined ? {} : { mission }), ...violation, attempt, agent: now.status?.assignment?.agent ?? '' };
    return eventOf(sight, plural, { name: 'violation.found', mark: `${resourceVersion}.${sha256Hex(words).slice(0, 12)}` }, { data, mission });
  });
}

function wordsOf(violation: Violation): string {
  return canonicalJson({ ...violation });
}

function factsOf({ metadata, spec, status = {} }: Task): TaskFacts {
  return {
    task: spec.taskName ?? metadata.name,
    type: spec.type,
    action: spec.intent.action,
    role: metadata.labels?.[labels.role] ?? '',
    run: spec.run ?? 0,
    dependsOn: spec.dependsOn,
    attempt: status.attempt ?? 0,
    state: findCondition(status.conditions, 'Succeeded')?.reason ?? '',
    ...agentOf(status),
    ...endOf(status),
  };
}

function agentOf({ assignment, boundary }: TaskStatus): Pick<TaskFacts, 'pool' | 'agent' | 'boundary'> {
  return { pool: assignment?.pool ?? '', agent: assignment?.agent ?? '', boundary: boundary ?? '' };
}

function endOf({ startTime, completionTime, outcome, memoizedFrom, violations = [] }: TaskStatus) {
  return {
    ...(startTime === undefined ? {} : { startTime }),
    ...(completionTime === undefined ? {} : { completionTime }),
    ...(outcome === undefined ? {} : { result: outcome.result }),
    reason: outcome?.reason ?? '',
    isMemoized: memoizedFrom !== undefined,
    violations: violations.length,
  };
}
