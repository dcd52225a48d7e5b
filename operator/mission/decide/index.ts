// The mission's rules, from the view to what is done and what the status says.
import type { Instant } from '#api/time.ts';
import type { MissionStatus } from '#api/v1alpha1/mission.ts';
import { parseTime } from '#api/time.ts';
import { gitOpsTracking } from '#api/labels.ts';
import { decideRunGoals, endedStatus, finishedStatus, refusedStatus, type Result, runningStatus } from './status.ts';
import { type Ending, endingOf, msToDeadline } from './ending.ts';
import { firstSpecFault, firstWorldFault } from './faults.ts';
import { cancelAsked, cancelRest, createMissing, deleteOldRuns, deleteStrays, nextMark, type NotedIntent, skipDependents } from './intents.ts';
import { factsOf, type Facts, isFinished, type MissionView } from './view.ts';

export interface MissionDecision {
  readonly intents: readonly NotedIntent[];
  readonly status?: MissionStatus;
  readonly wakeAfterMs?: number;
}

/** Decides what to do next for one mission. Pure and total: no clock, no I/O, never throws for a view that the schema allows. */
export function decideMission(view: MissionView, now: Instant): MissionDecision {
  for (const policy of policies) {
    const decision = policy(view, now);
    if (decision !== undefined) return decision;
  }
  return carryOn(view, now);
}

/** In order of precedence: the first with something to say wins, and what is left is carried on. */
const policies: readonly ((view: MissionView, now: Instant) => MissionDecision | undefined)[] = [beingDeleted, finished, specIsFaulty, worldIsFaulty];

function beingDeleted({ mission }: MissionView): MissionDecision | undefined {
  return mission.metadata.deletionTimestamp === undefined ? undefined : { intents: [] };
}

function finished(view: MissionView, now: Instant): MissionDecision | undefined {
  if (!isFinished(view.mission)) return undefined;
  const status = finishedStatus(view, isTracked(view), now);
  const msLeft = msToExpiry(view, now);
  if (msLeft === undefined) return { intents: deleteOldRuns(view), status };
  if (msLeft <= 0) return { intents: [{ kind: 'deleteMission', note: 'delete the mission: ttlSecondsAfterFinished passed' }] };
  return { intents: deleteOldRuns(view), status, wakeAfterMs: msLeft };
}

/** Time until a finished mission is to be deleted; undefined without a TTL or when somebody would create it again. */
function msToExpiry(view: MissionView, now: Instant): number | undefined {
  const { spec, status } = view.mission;
  const end = parseTime(status?.completionTime);
  if (spec.ttlSecondsAfterFinished === undefined || end === undefined || isTracked(view)) return undefined;
  return end + spec.ttlSecondsAfterFinished * 1000 - now;
}

/** True when Argo CD or Flux tracks the mission. */
function isTracked({ mission: { metadata } }: MissionView): boolean {
  const has = (keys: readonly string[], map: Readonly<Record<string, string>> | undefined) => keys.some((key) => map?.[key] !== undefined);
  return has(gitOpsTracking.annotations, metadata.annotations) || has(gitOpsTracking.labels, metadata.labels);
}

/** Nothing new is created for a faulty spec. What runs already goes on, and an end that was asked for is still carried out. */
function specIsFaulty(view: MissionView, now: Instant): MissionDecision | undefined {
  const fault = firstSpecFault(view);
  if (fault === undefined) return undefined;
  return { intents: cancelAsked(view), status: refusedStatus(view, fault, now) };
}

function worldIsFaulty(view: MissionView, now: Instant): MissionDecision | undefined {
  const facts = factsOf(view);
  if (endingOf(view, facts, now) !== undefined) return undefined;
  const fault = firstWorldFault(view, facts);
  if (fault === undefined) return undefined;
  return { intents: skipDependents(view, facts), status: refusedStatus(view, fault, now) };
}

function carryOn(view: MissionView, now: Instant): MissionDecision {
  const facts = factsOf(view);
  const ending = endingOf(view, facts, now);
  if (ending !== undefined) return endEarly(view, facts, ending, now);
  const suspended = view.mission.spec.operatingMode === 'Suspend';
  const creating = suspended ? [] : createMissing(view, facts);
  const mark = suspended ? facts.createdThrough : nextMark(facts);
  const intents = [...deleteStrays(view, facts), ...creating, ...skipDependents(view, facts)];
  const result = mark === facts.nodes.length && intents.length === 0 ? resultOf(view, facts, now) : undefined;
  if (result !== undefined) return { intents, status: endedStatus(view, facts, result, now) };
  return { intents, status: runningStatus({ view, facts, mark, ending: undefined, now }), ...wake(msToDeadline(view.mission, now)) };
}

function endEarly(view: MissionView, facts: Facts, ending: Ending, now: Instant): MissionDecision {
  const intents = cancelRest(view, facts, ending);
  const open = facts.nodes.some(({ task, result }) => task !== undefined && result === undefined);
  if (open) return { intents, status: runningStatus({ view, facts, mark: facts.createdThrough, ending, now }) };
  const wasCut = facts.nodes.some(({ task, result }) => task === undefined ? result === undefined : task.status?.outcome?.reason === ending.taskReason);
  const result: Result | undefined = wasCut || ending.kind === 'TaskFailed' ? { succeeded: false, reason: ending.kind, message: ending.message } : resultOf(view, facts, now);
  return { intents, status: result === undefined ? runningStatus({ view, facts, mark: facts.createdThrough, ending, now }) : endedStatus(view, facts, result, now) };
}

/** How a run whose tasks are all decided has ended; undefined while something is open. */
function resultOf(view: MissionView, facts: Facts, now: Instant): Result | undefined {
  if (facts.nodes.some(({ result }) => result === undefined)) return undefined;
  const { failures } = facts;
  if (failures.length > view.mission.spec.errorThreshold) {
    const names = failures.map(({ planned }) => planned.name);
    return { succeeded: false, reason: 'TaskFailed', message: `${names.length === 1 ? 'task' : 'tasks'} ${names.slice(0, 5).join(', ')} failed` };
  }
  const goals = decideRunGoals(view, facts, now);
  const required = new Set(view.mission.spec.goals.filter((goal) => goal.required).map(({ name }) => name));
  const unmet = goals.filter(({ name, state }) => required.has(name) && state !== 'Met').map(({ name }) => name);
  if (unmet.length > 0) return { succeeded: false, reason: 'GoalsUnmet', message: `${unmet.length === 1 ? 'goal' : 'goals'} ${unmet.slice(0, 5).join(', ')} not met` };
  if (goals.length === 0) return { succeeded: true, reason: 'TasksSucceeded', message: `all ${facts.nodes.length} tasks are done` };
  return { succeeded: true, reason: 'GoalsMet', message: `all required goals are met by ${facts.nodes.length} tasks` };
}

function wake(ms: number | undefined): { readonly wakeAfterMs?: number } {
  return ms === undefined ? {} : { wakeAfterMs: Math.max(0, ms) };
}
