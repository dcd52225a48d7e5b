// Why a run ends before all its tasks were done, derived anew each time from the spec and the outcomes.
import { type Instant, parseTime } from '#api/time.ts';
import type { OutcomeReason } from '#api/conditions.ts';
import type { Facts, MissionView } from './view.ts';

/** An early end. */
export interface Ending {
  readonly kind: 'Cancelled' | 'Stopped' | 'DeadlineExceeded' | 'TaskFailed';
  /** Reason that tasks without outcome get. */
  readonly taskReason: OutcomeReason;
  readonly message: string;
  /** Whether running attempts are aborted, too. */
  readonly abortsRunning: boolean;
}

/** The early end of this run, or undefined. Cancel wins over Stop, and both over everything else. */
export function endingOf(view: MissionView, facts: Facts, now: Instant): Ending | undefined {
  return askedFor(view) ?? deadlinePassed(view, facts, now) ?? tooManyFailures(view, facts);
}

function askedFor({ mission }: MissionView): Ending | undefined {
  const { operatingMode } = mission.spec;
  if (operatingMode === 'Cancel') return { kind: 'Cancelled', taskReason: 'MissionCancelled', message: 'operatingMode is Cancel', abortsRunning: true };
  if (operatingMode === 'Stop') return { kind: 'Stopped', taskReason: 'MissionStopped', message: 'operatingMode is Stop', abortsRunning: false };
  return undefined;
}

function deadlinePassed({ mission }: MissionView, { nodes }: Facts, now: Instant): Ending | undefined {
  const undecided = nodes.some(({ result }) => result === undefined);
  // What it has cut stays cut, whatever the clock says later.
  const cut = nodes.some(({ task }) => task?.status?.outcome?.reason === 'MissionDeadline');
  const passed = undecided && (msToDeadline(mission, now) ?? 1) <= 0;
  if (!cut && !passed) return undefined;
  return { kind: 'DeadlineExceeded', taskReason: 'MissionDeadline', message: `activeDeadlineSeconds ${mission.spec.activeDeadlineSeconds ?? 0} passed`, abortsRunning: true };
}

function tooManyFailures({ mission }: MissionView, { failures }: Facts): Ending | undefined {
  const { failurePolicy, errorThreshold } = mission.spec;
  const [first] = failures;
  const stops = failurePolicy === 'FailFast' || (errorThreshold > 0 && failures.length > errorThreshold);
  if (first === undefined || !stops) return undefined;
  return { kind: 'TaskFailed', taskReason: 'MissionFailed', message: `task ${first.planned.name} failed`, abortsRunning: true };
}

/** Milliseconds until the run's deadline, or undefined without one. */
export function msToDeadline({ spec, status }: MissionView['mission'], now: Instant): number | undefined {
  const start = parseTime(status?.startTime);
  if (spec.activeDeadlineSeconds === undefined || start === undefined) return undefined;
  return start + spec.activeDeadlineSeconds * 1000 - now;
}
