// The mission's status as a pure function of the view: what `kubectl get` and `describe` tell.
import type { MissionReason } from '#api/conditions.ts';
import { formatTime, type Instant, parseTime } from '#api/time.ts';
import type { MissionStatus } from '#api/v1alpha1/mission.ts';
import { setConditions, type Wanted } from '#domain/conditions.ts';
import { approvalRequired } from './approvals.ts';
import { usageStatus, withinBudget } from './budget.ts';
import { consistency } from './consistency.ts';
import { ignoredTtl } from './expiry.ts';
import type { Facts } from './facts.ts';
import type { MissionFault } from './faults.ts';
import type { Extent } from './nodes.ts';
import { planningWait } from './planning.ts';
import type { Result } from './work.ts';
import { rollUp, rollUpUnstarted, tasksDone } from './rollup.ts';
import type { MissionView } from './view.ts';

/** The mission cannot go on as it is written. */
export function refusedStatus(view: MissionView, facts: Facts, fault: MissionFault, now: Instant): MissionStatus {
  const { reason, message } = fault;
  const waits = reason === 'NoMatchingPool';
  return {
    ...rollUpUnstarted({ view, facts, extent: facts.extent, now }),
    ...conditions(view, now, [
      acceptance(fault),
      { type: 'Ready', status: 'False', reason: 'NotAccepted', message },
      { type: 'Succeeded', status: 'Unknown', reason: 'NotAccepted', message },
      ...consistency(facts, false),
      waits ? { type: 'Reconciling', status: 'True', reason: 'NoMatchingPool', message } : { type: 'Stalled', status: 'True', reason: 'NotAccepted', message },
    ]),
  };
}

export interface RunningParts {
  readonly view: MissionView;
  readonly facts: Facts;
  /** How far the plan is once the intents of this decision are carried out. */
  readonly extent: Extent;
  readonly now: Instant;
}

/** The run goes on, or is being brought to an end. */
export function runningStatus({ view, facts, extent, now }: RunningParts): MissionStatus {
  const { reason, message } = progress(view, facts);
  const suspended = view.mission.spec.operatingMode === 'Suspend';
  return {
    ...rollUp({ view, facts, extent, now }),
    ...conditions(view, now, [
      acceptance(undefined),
      { type: 'Ready', status: 'True', reason: suspended ? 'Suspended' : 'Running', message },
      { type: 'Succeeded', status: 'Unknown', reason, message },
      ...consistency(facts, false),
      ...approvalRequired(view.mission.metadata.name, facts.awaited),
      ...(suspended ? [{ type: 'Suspended', status: 'True', reason: 'Suspended', message: 'operatingMode is Suspend: nothing new starts' } as const] : []),
    ]),
  };
}

/** The tasks are not known yet, or others are to take their place. */
export function planningStatus({ view, facts, extent, now }: RunningParts): MissionStatus {
  const suspended = view.mission.spec.operatingMode === 'Suspend';
  const wait = planningWait(view, facts);
  const message = suspended ? 'operatingMode is Suspend: nothing new starts' : wait.message;
  return {
    ...rollUp({ view, facts, extent, now }),
    ...conditions(view, now, [
      acceptance(undefined),
      { type: 'Ready', status: 'True', reason: suspended ? 'Suspended' : 'Running', message },
      { type: 'Succeeded', status: 'Unknown', reason: suspended ? 'Suspended' : wait.reason, message },
      ...consistency(facts, false),
      ...approvalRequired(view.mission.metadata.name, facts.awaited),
      ...(suspended ? [{ type: 'Suspended', status: 'True', reason: 'Suspended', message } as const] : []),
    ]),
  };
}

const endingReasons = { Cancelled: 'Cancelling', Stopped: 'Stopping', DeadlineExceeded: 'Failing', TaskFailed: 'Failing' } as const;

function progress(view: MissionView, facts: Facts): { readonly reason: MissionReason<'Succeeded'>; readonly message: string } {
  const { ending, holdsForPeople } = facts;
  const done = `${tasksDone(facts).replace('/', ' of ')} tasks done`;
  if (ending === undefined && holdsForPeople) return { reason: 'AwaitingApproval', message: `${done}; people are asked: kubectl mission approve ${view.mission.metadata.name}` };
  if (ending === undefined) return { reason: view.mission.spec.operatingMode === 'Suspend' ? 'Suspended' : 'Running', message: done };
  return { reason: endingReasons[ending.kind], message: `${ending.message}; ${done}` };
}

export interface EndedParts {
  readonly view: MissionView;
  readonly facts: Facts;
  readonly result: Result;
  /** Set for a run that ended without ever having been accepted. */
  readonly fault: MissionFault | undefined;
  readonly now: Instant;
}

/** The run is over. */
export function endedStatus({ view, facts, result: { succeeded, reason, message }, fault, now }: EndedParts): MissionStatus {
  const base = rollUp({ view, facts, extent: { ...facts.extent, taskCount: facts.nodes.length }, now });
  const started = parseTime(base.startTime) ?? now;
  return {
    ...base,
    completionTime: formatTime(now),
    durationSeconds: Math.max(0, Math.round((now - started) / 1000)),
    ...conditions(view, now, [
      acceptance(fault),
      succeeded ? { type: 'Ready', status: 'True', reason: 'Completed', message } : { type: 'Ready', status: 'False', reason: 'Ended', message },
      { type: 'Succeeded', status: succeeded ? 'True' : 'False', reason, message },
      ...consistency(facts, true),
      ...(succeeded ? [] : [{ type: 'Stalled', status: 'True', reason: 'Ended', message } as const]),
      ...ignoredTtl(view.mission),
    ]),
  };
}

/** The run was over before: one write for each generation, and for what its last calls have cost; nothing else changes. */
export function finishedStatus(view: MissionView, now: Instant): MissionStatus {
  const { mission } = view;
  const kept = (mission.status?.conditions ?? []).filter(({ type }) => type !== 'TTLIgnored' && type !== 'WithinBudget');
  return { ...mission.status, ...usageStatus(view), ...conditions(view, now, [...kept, ...ignoredTtl(mission)]) };
}

function acceptance(fault: MissionFault | undefined): Wanted {
  if (fault === undefined) return { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'the spec is valid and a pool can serve every task' };
  return { type: 'Accepted', status: 'False', reason: fault.reason, message: fault.message };
}

function conditions(view: MissionView, now: Instant, wanted: readonly Wanted[]): Pick<MissionStatus, 'observedGeneration' | 'conditions'> {
  const { metadata: { generation }, status } = view.mission;
  return { observedGeneration: generation, conditions: setConditions(status?.conditions, [...wanted, ...withinBudget(view)], generation, now) };
}
