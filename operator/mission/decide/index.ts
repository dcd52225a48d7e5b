// The mission's rules, from the view to what is done and what the status says.
import type { Instant } from '#api/time.ts';
import type { MissionStatus } from '#api/v1alpha1/mission.ts';
import { endingOf, msToDeadline } from './ending.ts';
import { msToExpiry } from './expiry.ts';
import { firstSpecFault, firstWorldFault } from './faults.ts';
import { cancelRest, confirmAbsences, createMissing, deleteOldRuns, deleteStrays, nextMark, type NotedIntent, skipDependents } from './intents.ts';
import { resultOfEnding, resultOfTasks } from './result.ts';
import { endedStatus, finishedStatus, refusedStatus, runningStatus } from './status.ts';
import { factsOf, type Facts, isFinished, type MissionView } from './view.ts';

export interface MissionDecision {
  readonly intents: readonly NotedIntent[];
  readonly status?: MissionStatus;
  readonly wakeAfterMs?: number;
}

/** Decides what to do next for one mission. Pure and total: no clock, no I/O, never throws for a view that the schema allows. */
export function decideMission(view: MissionView, now: Instant): MissionDecision {
  const situation = { view, facts: factsOf(view), now };
  for (const policy of policies) {
    const decision = policy(situation);
    if (decision !== undefined) return decision;
  }
  return carryOn(situation);
}

interface Situation {
  readonly view: MissionView;
  readonly facts: Facts;
  readonly now: Instant;
}

/** In order of precedence: the first with something to say wins, and what is left is carried on. */
const policies: readonly ((situation: Situation) => MissionDecision | undefined)[] = [beingDeleted, finished, absenceUnproven, endsEarly, specIsFaulty, worldIsFaulty];

function beingDeleted({ view: { mission } }: Situation): MissionDecision | undefined {
  return mission.metadata.deletionTimestamp === undefined ? undefined : { intents: [] };
}

function finished({ view, now }: Situation): MissionDecision | undefined {
  if (!isFinished(view.mission)) return undefined;
  const msLeft = msToExpiry(view.mission, now);
  if (msLeft !== undefined && msLeft <= 0) return { intents: [{ kind: 'deleteMission', note: 'delete the mission: ttlSecondsAfterFinished passed' }] };
  return { intents: deleteOldRuns(view), status: finishedStatus(view, now), ...wake(msLeft) };
}

/** A task that the cache does not show was deleted, or the cache is late: the run may not fail for the second. */
function absenceUnproven({ facts }: Situation): MissionDecision | undefined {
  const intents = confirmAbsences(facts);
  return intents.length === 0 ? undefined : { intents, wakeAfterMs: 0 };
}

/** An end is carried out whatever the spec looks like by now. */
function endsEarly({ view, facts, now }: Situation): MissionDecision | undefined {
  const ending = endingOf(view, facts, now);
  if (ending === undefined) return undefined;
  if (facts.open.length > 0) {
    const status = runningStatus({ view, facts, mark: facts.createdThrough, ending, now });
    return { intents: cancelRest(view, facts, ending), status, ...wake(msToDeadline(view.mission, now)) };
  }
  const neverStarted = facts.nodes.every(({ task }) => task === undefined);
  const fault = firstSpecFault(view) ?? (neverStarted ? firstWorldFault(view, facts) : undefined);
  return { intents: [], status: endedStatus({ view, facts, result: resultOfEnding(view, facts, ending, now), fault, now }) };
}

/** Nothing new is created or started for a faulty spec; what runs already goes on. */
function specIsFaulty({ view, facts, now }: Situation): MissionDecision | undefined {
  const fault = firstSpecFault(view);
  if (fault === undefined) return undefined;
  return { intents: [], status: refusedStatus(view, facts, fault, now), ...wake(msToDeadline(view.mission, now)) };
}

function worldIsFaulty({ view, facts, now }: Situation): MissionDecision | undefined {
  const fault = firstWorldFault(view, facts);
  if (fault === undefined) return undefined;
  return { intents: skipDependents(facts), status: refusedStatus(view, facts, fault, now), ...wake(msToDeadline(view.mission, now)) };
}

function carryOn({ view, facts, now }: Situation): MissionDecision {
  const suspended = view.mission.spec.operatingMode === 'Suspend';
  const mark = suspended ? facts.createdThrough : nextMark(facts);
  const due = [...deleteStrays(view, facts), ...(suspended ? [] : createMissing(view, facts)), ...skipDependents(facts)];
  const intents = [...due, ...deleteOldRuns(view)];
  if (due.length === 0 && facts.nodes.every(({ result }) => result !== undefined)) {
    return { intents, status: endedStatus({ view, facts, result: resultOfTasks(view, facts, now), fault: undefined, now }) };
  }
  return { intents, status: runningStatus({ view, facts, mark, ending: undefined, now }), ...wake(msToDeadline(view.mission, now)) };
}

/** Only what lies ahead: a moment that has passed was decided about, and would ask for turn after turn. */
function wake(ms: number | undefined): { readonly wakeAfterMs?: number } {
  return ms === undefined || ms <= 0 ? {} : { wakeAfterMs: ms };
}
