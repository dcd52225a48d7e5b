// The mission's rules, from the view to what is done and what the status says.
import type { Instant } from '#api/time.ts';
import type { MissionStatus } from '#api/v1alpha1/mission.ts';
import { msToDeadline } from './ending.ts';
import { msToExpiry } from './expiry.ts';
import { endedBy, type Facts, factsOf } from './facts.ts';
import { firstSpecFault, firstWorldFault } from './faults.ts';
import { cancelRest, confirmAbsences, createMissing, deleteOldRuns, deleteStrays, isStill, nextExtent, type NotedIntent, skipDependents } from './intents.ts';
import { abandonPlan, requestPlan, requestRevision } from './planning.ts';
import { endingResult, runResult } from './result.ts';
import { endedStatus, finishedStatus, planningStatus, refusedStatus, runningStatus } from './status.ts';
import { isFinished, isUnplanned, type MissionView } from './view.ts';

export interface MissionDecision {
  readonly intents: readonly NotedIntent[];
  readonly status?: MissionStatus;
  readonly wakeAfterMs?: number;
}

/** Decides what to do next for one mission. Pure and total: no clock, no I/O, never throws for a view that the schema allows. */
export function decideMission(view: MissionView, now: Instant): MissionDecision {
  const rest = beingDeleted(view) ?? finished(view, now);
  if (rest !== undefined) return rest;
  const situation = { view, facts: factsOf(view, now), now };
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

function beingDeleted({ mission }: MissionView): MissionDecision | undefined {
  return mission.metadata.deletionTimestamp === undefined ? undefined : { intents: [] };
}

function finished(view: MissionView, now: Instant): MissionDecision | undefined {
  if (!isFinished(view.mission)) return undefined;
  const msLeft = msToExpiry(view.mission, now);
  if (msLeft !== undefined && msLeft <= 0) return { intents: [{ kind: 'deleteMission', note: 'delete the mission: ttlSecondsAfterFinished passed' }] };
  return { intents: deleteOldRuns(view), status: finishedStatus(view, now), ...wake(msLeft) };
}

/** Of a mission that has not ended, in order of precedence: the first with something to say wins, and what is left is carried on. */
const policies: readonly ((situation: Situation) => MissionDecision | undefined)[] = [absenceUnproven, endsEarly, specIsFaulty, worldIsFaulty, planIsMissing, planDidNotGetThere, peopleAreAsked];

/** A task that the cache does not show was deleted, or the cache is late: the run may not fail for the second. */
function absenceUnproven({ facts }: Situation): MissionDecision | undefined {
  const intents = confirmAbsences(facts);
  return intents.length === 0 ? undefined : { intents, wakeAfterMs: 0 };
}

/** An end is carried out whatever the spec looks like by now; one that runs finally is over when that is. */
function endsEarly({ view, facts, now }: Situation): MissionDecision | undefined {
  const { ending, nodes, extent } = facts;
  if (ending === undefined) return undefined;
  if (endedBy(ending, facts).length > 0) {
    return { intents: [...abandonPlan(view), ...cancelRest(view, facts, ending)], status: runningStatus({ view, facts, extent, now }), ...wake(msToDeadline(view.mission, now)) };
  }
  if (ending.runsFinally && nodes.some(({ planned, result }) => planned.phase === 'finally' && result === undefined)) return undefined;
  const neverStarted = nodes.every(({ task }) => task === undefined);
  const fault = firstSpecFault(view) ?? (neverStarted ? firstWorldFault(view, facts) : undefined);
  return { intents: abandonPlan(view), status: endedStatus({ view, facts, result: endingResult(view, facts), fault, now }) };
}

/** Nothing new is created or started for a faulty spec; what runs already goes on. */
function specIsFaulty({ view, facts, now }: Situation): MissionDecision | undefined {
  const fault = firstSpecFault(view);
  if (fault === undefined) return undefined;
  return { intents: [], status: refusedStatus(view, facts, fault, now), ...wake(msToDeadline(view.mission, now)) };
}

/** Nothing runs before the plan is an object; what runs of an earlier one goes on. */
function planIsMissing({ view, facts, now }: Situation): MissionDecision | undefined {
  if (!isUnplanned(view)) return undefined;
  const suspended = view.mission.spec.operatingMode === 'Suspend';
  const looking = suspended ? [] : createMissing(view, facts);
  const status = planningStatus({ view, facts, extent: suspended ? facts.extent : nextExtent(facts), now });
  return { intents: [...looking, ...requestPlan(view, facts)], status, ...wake(msToDeadline(view.mission, now)) };
}

/** Once nothing goes on any more, another plan takes the place of the one that did not get there. */
function planDidNotGetThere({ view, facts, now }: Situation): MissionDecision | undefined {
  if (facts.trouble === undefined || !isStill(view, facts)) return undefined;
  return { intents: requestRevision(view, facts), status: planningStatus({ view, facts, extent: facts.extent, now }), ...wake(msToDeadline(view.mission, now)) };
}

/** What follows the goals waits for them; what the graph has is done. */
function peopleAreAsked({ view, facts, now }: Situation): MissionDecision | undefined {
  if (!facts.holdsForPeople) return undefined;
  return { intents: deleteOldRuns(view), status: runningStatus({ view, facts, extent: facts.extent, now }), ...wake(msToDeadline(view.mission, now)) };
}

function worldIsFaulty({ view, facts, now }: Situation): MissionDecision | undefined {
  const fault = firstWorldFault(view, facts);
  if (fault === undefined) return undefined;
  return { intents: skipDependents(facts), status: refusedStatus(view, facts, fault, now), ...wake(msToDeadline(view.mission, now)) };
}

function carryOn({ view, facts, now }: Situation): MissionDecision {
  const suspended = view.mission.spec.operatingMode === 'Suspend';
  const due = [...deleteStrays(view, facts), ...(suspended ? [] : createMissing(view, facts)), ...skipDependents(facts)];
  const intents = [...due, ...deleteOldRuns(view)];
  if (due.length === 0 && facts.nodes.every(({ result }) => result !== undefined)) {
    return { intents, status: endedStatus({ view, facts, result: runResult(view, facts), fault: undefined, now }) };
  }
  const status = runningStatus({ view, facts, extent: suspended ? facts.extent : nextExtent(facts), now });
  return { intents, status, ...wake(msToDeadline(view.mission, now), suspended ? undefined : msToVerifier(view, facts)) };
}

// Which agents are there is the scheduler's knowledge, and no object changes when it does.
const verifierPauseMs = 2000;

/** When to ask again whether the tasks that check others have agents that may have them; undefined when none waits for one. */
function msToVerifier({ live }: MissionView, { nodes }: Facts): number | undefined {
  const decided = new Set(nodes.filter(({ result }) => result !== undefined).map(({ planned }) => planned.name));
  const waits = nodes.some(({ task, result, planned: { spec } }) => spec.verifies !== undefined && task !== undefined && result === undefined && !live.has(task.metadata.uid) && spec.dependsOn.every((name) => decided.has(name)));
  return waits ? verifierPauseMs : undefined;
}

/** Only what lies ahead: a moment that has passed was decided about, and would ask for turn after turn. */
function wake(...moments: readonly (number | undefined)[]): { readonly wakeAfterMs?: number } {
  const ahead = moments.filter((ms) => ms !== undefined && ms > 0) as number[];
  return ahead.length === 0 ? {} : { wakeAfterMs: Math.min(...ahead) };
}
