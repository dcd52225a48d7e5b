// What a history shows: attempts on agents as bars, and the mission as it was at a moment.
import type { GoalCard, MissionDetail, TaskCard } from '#api/console.ts';
import type { TaskFacts } from '#api/events/change.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import { type Instant, parseTime } from '#api/time.ts';
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';
import { formatMicroUsd } from '#domain/cost/money.ts';
import { missionNamed, type Picture, type ToldMission, type ToldTask } from '#domain/replay/picture.ts';

/** An attempt on its agent. */
export interface Bar {
  readonly task: string;
  readonly agent: string;
  readonly attempt: number;
  readonly from: Instant;
  /** Absent: it runs still. */
  readonly until?: Instant;
  /** State of a task. */
  readonly state: string;
}

/** Bars of the tasks as they are now; of attempts that failed only the end is known, so they are drawn from the one before. */
export function barsOf(tasks: readonly TaskCard[]): Bar[] {
  return tasks.flatMap(({ name, agent, attempt, started, ended, state, isMemoized }): Bar[] => {
    const from = parseTime(started);
    if (from === undefined || agent === '' || isMemoized) return [];
    const until = parseTime(ended);
    return [{ task: name, agent, attempt, from, state, ...(until === undefined ? {} : { until }) }];
  });
}

interface Growing {
  task: string;
  agent: string;
  attempt: number;
  from: Instant;
  until?: Instant;
  state: string;
}

/** Bars of all attempts that a history tells of. */
export function barsIn(events: readonly CloudEvent[]): Bar[] {
  const bars = new Map<string, Growing>();
  for (const { data, time } of events) {
    if (!('facts' in data) || !('task' in data.facts) || data.facts.attempt === 0) continue;
    const at = parseTime(time) ?? 0;
    const { task, agent, attempt, state } = data.facts;
    const key = `${data.uid} ${attempt}`;
    const bar = bars.get(key) ?? { task, agent, attempt, from: at, state };
    bars.set(key, bar);
    grow(bar, data.facts, at);
    endBefore(bars, { uid: data.uid, attempt, at });
  }
  return [...bars.values()].filter(({ agent }) => agent !== '');
}

function grow(bar: Growing, { agent, startTime, completionTime, result, state }: TaskFacts, at: Instant): void {
  if (agent !== '') bar.agent = agent;
  // The start that a status tells is that of its own attempt.
  bar.from = Math.min(bar.from, parseTime(startTime) ?? at);
  bar.state = result ?? (state === '' ? 'Running' : state);
  if (result !== undefined) bar.until ??= parseTime(completionTime) ?? at;
  else if (state === 'Backoff') bar.until ??= at;
}

function endBefore(bars: ReadonlyMap<string, Growing>, { uid, attempt, at }: { readonly uid: string; readonly attempt: number; readonly at: Instant }): void {
  const before = bars.get(`${uid} ${attempt - 1}`);
  if (before === undefined) return;
  before.until ??= at;
  before.state = 'Failed';
}

/** A mission as it was. */
export interface Moment {
  readonly tasks: readonly TaskCard[];
  readonly goals: readonly GoalCard[];
  readonly state: string;
  readonly verdict: 'True' | 'False' | 'Unknown';
  readonly costUsd: string;
  readonly tasksDone: number;
  readonly goalsMet: number;
}

/** The mission of a detail at the moment of a picture: its plan as it is known now, and everything else as it was told. */
export function momentOf(detail: MissionDetail, picture: Picture): Moment {
  const told = missionNamed(picture, detail.row.name);
  const tasks = tasksAt(detail, picture, told);
  const { state = 'Planned', succeeded: verdict = 'Unknown', costMicroUsd = 0, tasksDone = 0, goalsMet = 0 } = told?.facts ?? {};
  return { tasks, goals: goalsAt(detail.goals, told), state: state === '' ? 'Pending' : state, verdict, costUsd: formatMicroUsd(costMicroUsd), tasksDone, goalsMet };
}

function tasksAt(detail: MissionDetail, { tasks }: Picture, mission: ToldMission | undefined): TaskCard[] {
  const run = mission?.facts.run ?? 1;
  const known = new Map<string, ToldTask>();
  for (const task of tasks.values()) if (task.missionUid === mission?.uid && task.facts.run === run) known.set(task.facts.task, task);
  return detail.tasks.map((card) => cardAt(card, known.get(card.name)));
}

function cardAt(card: TaskCard, told: ToldTask | undefined): TaskCard {
  const { name, type, action, phase, dependsOn } = card;
  const base = { name, type, action, phase, dependsOn, before: [], violations: [], artifacts: [] };
  if (told === undefined) return { ...base, state: 'Planned', reason: '', message: '', agent: '', pool: '', attempt: 0, isMemoized: false };
  const { facts, uid } = told;
  const { startTime, completionTime } = facts;
  const message = facts.result === undefined ? '' : textAt(told.status, 'outcome', 'message');
  return {
    ...base, uid, message,
    state: facts.result ?? (facts.state === '' ? 'Waiting' : facts.state),
    reason: facts.reason, agent: facts.agent, pool: facts.pool, attempt: facts.attempt, isMemoized: facts.isMemoized,
    ...(startTime === undefined ? {} : { started: startTime }),
    ...(completionTime === undefined ? {} : { ended: completionTime }),
  };
}

function goalsAt(goals: readonly GoalCard[], told: ToldMission | undefined): GoalCard[] {
  const found = told?.status?.['goals'];
  const known = new Map((Array.isArray(found) ? found : []).map((goal) => [textAt(goal, 'name'), goal]));
  return goals.map(({ name, description, isRequired, check }) => {
    const goal = known.get(name);
    const state = textAt(goal, 'state');
    return { name, description, isRequired, check, state: state === 'Met' || state === 'Unmet' ? state : 'Unknown', reason: textAt(goal, 'reason'), evidence: textAt(goal, 'evidence') };
  });
}

/** The text at a path, or none. */
function textAt(value: Json | undefined, ...path: readonly string[]): string {
  let found: Json | undefined = value;
  for (const key of path) found = typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as JsonObject)[key] : undefined;
  return typeof found === 'string' ? found : '';
}
