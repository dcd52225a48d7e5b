// Tasks of a mission as cards: those that exist, and those that the plan still wants. Pure.
import type { TaskCard } from '#api/console.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { planOf, type Planned } from '#domain/mission/planned.ts';
import { conditionOf, currentTasks, endingOf, type MissionView } from '#domain/mission/view.ts';

/** Cards in plan order; tasks that the plan no longer names come last. */
export function taskCards(view: MissionView): TaskCard[] {
  const { mission } = view;
  const existing = currentTasks(view);
  const planned = planOf(mission).filter(({ name, phase }) => phase === 'work' || existing.has(name) || endingOf(mission) === undefined);
  const named = new Set(planned.map(({ name }) => name));
  const others = [...existing].filter(([name]) => !named.has(name)).map(([name, { spec }]): Planned => ({ name, type: spec.type, dependsOn: spec.dependsOn, action: spec.intent.action, phase: 'work' }));
  return [...planned, ...others].map((one) => cardOf(one, existing.get(one.name)));
}

function cardOf({ name, type, action, dependsOn, phase }: Planned, task: Task | undefined): TaskCard {
  const base = { name, type, action, phase, dependsOn: [...dependsOn] };
  const status = task?.status ?? {};
  return { ...base, ...(task === undefined ? {} : { uid: task.metadata.uid }), ...stateOf(task), ...whoOf(status), ...timesOf(status), isMemoized: status.memoizedFrom !== undefined, ...leftBy(status) };
}

function stateOf(task: Task | undefined): Pick<TaskCard, 'state' | 'reason' | 'message'> {
  if (task === undefined) return { state: 'Planned', reason: '', message: '' };
  const { outcome } = task.status ?? {};
  if (outcome !== undefined) return { state: outcome.result, reason: outcome.reason, message: cut(outcome.message) };
  const succeeded = conditionOf(task.status, 'Succeeded');
  return { state: succeeded?.reason ?? 'Waiting', reason: '', message: cut(succeeded?.message ?? '') };
}

const longest = 512;

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

type Status = NonNullable<Task['status']>;

function whoOf(status: Status): Pick<TaskCard, 'agent' | 'pool' | 'attempt'> {
  return { agent: status.assignment?.agent ?? '', pool: status.assignment?.pool ?? '', attempt: status.attempt ?? 0 };
}

function timesOf(status: Status): Pick<TaskCard, 'started' | 'ended'> {
  const started = status.startTime ?? status.assignment?.assignedTime;
  const ended = status.completionTime ?? status.outcome?.time;
  return { ...(started === undefined ? {} : { started }), ...(ended === undefined ? {} : { ended }) };
}

function leftBy(status: Status): Pick<TaskCard, 'before' | 'violations' | 'artifacts'> {
  return {
    before: (status.attempts ?? []).map(({ attempt, agent = '', reason, message, endTime }) => ({ attempt, agent, reason, message, ended: endTime })),
    violations: (status.violations ?? []).map(({ kind, message }) => `${kind}: ${message}`.slice(0, 256)),
    artifacts: (status.artifacts ?? []).map(({ name, mediaType, sizeBytes }) => ({ name, mediaType, sizeBytes })),
  };
}
