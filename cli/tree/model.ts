// What the tree shows: one row a task, a head for the mission. Pure: made of what the API server and the operator's stream said.
import type { TaskReason } from '#api/conditions.ts';
import { parseTime, type Instant } from '#api/time.ts';
import type { MissionUsage } from '#api/v1alpha1/mission.ts';
import type { Task, TaskResult } from '#api/v1alpha1/task.ts';
import type { Phase } from '#domain/plan/phase.ts';
import { defined } from '../world/defined.ts';
import { waitsForApproval } from '../world/approvals.ts';
import { isUnplanned, type Planned, planOf } from '#domain/mission/planned.ts';
import { conditionOf, currentTasks, endingOf, type Ending, type MissionView } from '#domain/mission/view.ts';
import { layout, type Branch } from './layout.ts';

export type TaskState = 'Waiting' | 'Assigned' | 'Running' | 'Backoff' | TaskResult;

/** Reason of a task that did not run because its result was known: the one success worth a word. */
export const memoized: TaskReason<'Succeeded'> = 'Memoized';

/** What only the operator's stream knows of a task. */
export interface LiveTask {
  readonly state?: string;
  readonly agent?: string;
  readonly percent?: number;
  readonly message?: string;
  /** Why it waits, by Explain. */
  readonly wait?: string;
}
export type Live = ReadonlyMap<string, LiveTask>;

export interface TaskRow {
  readonly name: string;
  readonly branches: readonly Branch[];
  readonly type: string;
  readonly action: string;
  readonly state: TaskState;
  /** Dependencies that have not ended yet. */
  readonly after: readonly string[];
  /** Why it is in this state: reason of the outcome, or what the operator says it waits for. */
  readonly reason?: string;
  readonly message?: string;
  readonly agent?: string;
  /** Number of the attempt, from 1; 0 before the first. */
  readonly attempt: number;
  readonly startTime?: Instant;
  /** Run time in milliseconds, once it is over. */
  readonly durationMs?: number;
}

export interface MissionTree {
  readonly name: string;
  readonly namespace: string;
  /** Reason of the Succeeded condition. */
  readonly state: string;
  readonly ending?: Ending;
  /** Why the mission is not accepted, with what to correct. */
  readonly problem?: string;
  /** That people have to approve something, and how. */
  readonly awaiting?: string;
  /** What the planner does, while there are no tasks yet. */
  readonly planning?: string;
  readonly done: number;
  readonly total: number;
  readonly goals: string;
  /** What language models have done for it, unless nobody called one. */
  readonly usage?: MissionUsage;
  /** Its budget, in US dollars. */
  readonly maxCostUsd?: string;
  readonly startTime?: Instant;
  readonly durationMs?: number;
  readonly rows: readonly TaskRow[];
}

/** The tree of a mission's current run. */
export function missionTree(view: MissionView, live: Live = new Map()): MissionTree {
  const { mission } = view;
  const existing = currentTasks(view);
  const definitions = definitionsOf(view, existing);
  const ended = new Set([...existing].filter(([, task]) => task.status?.outcome !== undefined).map(([name]) => name));
  const places = layout(definitions);
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  const rows = places.flatMap(({ name, branches }) => {
    const definition = byName.get(name);
    return definition === undefined ? [] : [{ branches, ...rowOf(definition, existing.get(name), live.get(name) ?? {}, ended) }];
  });
  return {
    name: mission.metadata.name,
    namespace: mission.metadata.namespace,
    state: conditionOf(mission.status, 'Succeeded')?.reason ?? 'Pending',
    ...defined({ ending: endingOf(mission), problem: problemOf(view), awaiting: waitsForApproval(mission), planning: planningOf(view) }),
    done: ended.size,
    total: definitions.length,
    goals: mission.status?.goalsMet ?? `0/${mission.spec.goals.length}`,
    ...defined({ usage: mission.status?.usage, maxCostUsd: mission.spec.budget?.maxCostUsd }),
    ...times(mission.status),
    rows,
  };
}

function problemOf({ mission }: MissionView): string | undefined {
  const accepted = conditionOf(mission.status, 'Accepted');
  return accepted?.status === 'False' ? `${accepted.reason}: ${accepted.message}` : undefined;
}

function planningOf(view: MissionView): string | undefined {
  const { mission } = view;
  if (!isUnplanned(mission) || endingOf(mission) !== undefined || problemOf(view) !== undefined) return undefined;
  return conditionOf(mission.status, 'Succeeded')?.message || 'the operator has not looked at this mission yet';
}

/** The plan as spec or planner tell it, then tasks of this run that the spec no longer names. What was left out once a mission has ended is not shown. */
function definitionsOf({ mission }: MissionView, existing: ReadonlyMap<string, Task>): Planned[] {
  const planned = planOf(mission).filter(({ name, phase }) => phase === 'work' || existing.has(name) || endingOf(mission) === undefined);
  const named = new Set(planned.map(({ name }) => name));
  const others = [...existing].filter(([name]) => !named.has(name));
  return [...planned, ...others.map(([name, { spec }]) => ({ name, type: spec.type, dependsOn: spec.dependsOn, action: spec.intent.action, phase: 'work' as const }))];
}

/** What tasks of a later phase wait for before they exist. */
const phaseWaits: Readonly<Partial<Record<Phase, string>>> = { output: 'the goals', finally: 'everything else' };

type Row = Omit<TaskRow, 'branches'>;

function rowOf(definition: Planned, task: Task | undefined, live: LiveTask, ended: ReadonlySet<string>): Row {
  const { name, type, action } = definition;
  const status = task?.status;
  const after = awaited(definition, task, ended);
  const base = { name, type, action, after, attempt: status?.attempt ?? 0, ...times(status), ...defined({ agent: agentOf(status, live) }) };
  if (status?.outcome !== undefined) {
    const { result, reason, message } = status.outcome;
    return { ...base, state: result, reason, message };
  }
  const state = stateOf(task, live);
  return { ...base, state, ...defined(state === 'Waiting' ? { reason: live.wait } : { message: runningText(task, live) }) };
}

/** The operator names no agent before it has chosen one. */
function agentOf(status: Task['status'], { agent }: LiveTask): string | undefined {
  return status?.assignment?.agent ?? (agent === '' ? undefined : agent);
}

function awaited({ dependsOn, phase }: Planned, task: Task | undefined, ended: ReadonlySet<string>): readonly string[] {
  const wait = task === undefined ? phaseWaits[phase] : undefined;
  return wait === undefined ? dependsOn.filter((dependency) => !ended.has(dependency)) : [wait];
}

function stateOf(task: Task | undefined, live: LiveTask): TaskState {
  const written = conditionOf(task?.status, 'Succeeded')?.reason;
  // The stream is ahead of the status: an attempt shorter than a second never writes Running.
  for (const text of [live.state, written]) {
    if (text === 'Running' || text === 'Assigned' || text === 'Backoff') return text;
  }
  return 'Waiting';
}

function runningText(task: Task | undefined, { percent = 0, message = '' }: LiveTask): string | undefined {
  const progress = `${percent > 0 ? `${percent}% ` : ''}${message}`;
  return progress === '' ? failedBefore(task) : progress;
}

function failedBefore(task: Task | undefined): string | undefined {
  const last = task?.status?.attempts?.at(-1);
  return last === undefined ? undefined : `attempt ${last.attempt}: ${last.reason} ${last.message}`;
}

interface Timed {
  readonly startTime?: string | undefined;
  readonly completionTime?: string | undefined;
  readonly durationSeconds?: number | undefined;
}

function times({ startTime, completionTime, durationSeconds }: Timed = {}): { startTime?: Instant; durationMs?: number } {
  const start = parseTime(startTime);
  const end = parseTime(completionTime);
  const rounded = durationSeconds === undefined ? undefined : durationSeconds * 1000;
  // Times in whole seconds are too coarse to subtract; the rounded duration is nearer.
  const precise = start !== undefined && end !== undefined && [startTime, completionTime].every((text) => text?.includes('.'));
  return defined({ startTime: start, durationMs: precise ? Math.max(0, end - start) : rounded });
}
