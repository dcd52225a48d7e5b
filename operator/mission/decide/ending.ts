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
  return askedFor(view, now) ?? begun(facts) ?? deadlinePassed(view, facts, now) ?? tooManyFailures(view, facts);
}

/** In order of precedence. */
const reasons = [
  { kind: 'Cancelled', taskReason: 'MissionCancelled', abortsRunning: true },
  { kind: 'Stopped', taskReason: 'MissionStopped', abortsRunning: false },
  { kind: 'DeadlineExceeded', taskReason: 'MissionDeadline', abortsRunning: true },
  { kind: 'TaskFailed', taskReason: 'MissionFailed', abortsRunning: true },
] as const;
const [cancelled, stopped, exceeded, failed] = reasons;

function askedFor({ mission }: MissionView, now: Instant): Ending | undefined {
  const { operatingMode } = mission.spec;
  if (operatingMode === 'Cancel') return { ...cancelled, message: 'operatingMode is Cancel' };
  // Running attempts may finish, but not past the deadline.
  if (operatingMode === 'Stop') return { ...stopped, message: 'operatingMode is Stop', abortsRunning: isPast(mission, now) };
  return undefined;
}

/** What was cut stays cut, whatever spec and clock say later: a run that lost tasks to an end cannot go on as if it had not. */
function begun({ nodes }: Facts): Ending | undefined {
  const outcomes = nodes.flatMap(({ task }) => (task?.status?.outcome?.result === 'Cancelled' ? [task.status.outcome] : []));
  for (const ending of reasons) {
    const cut = outcomes.find(({ reason }) => reason === ending.taskReason);
    if (cut !== undefined) return { ...ending, message: cut.message };
  }
  return undefined;
}

function deadlinePassed({ mission }: MissionView, { nodes }: Facts, now: Instant): Ending | undefined {
  const undecided = nodes.some(({ result }) => result === undefined);
  if (!undecided || !isPast(mission, now)) return undefined;
  return { ...exceeded, message: `activeDeadlineSeconds ${mission.spec.activeDeadlineSeconds ?? ''} passed` };
}

function tooManyFailures({ mission }: MissionView, { failures }: Facts): Ending | undefined {
  const { failurePolicy, errorThreshold } = mission.spec;
  const [first] = failures;
  const stops = failurePolicy === 'FailFast' || (errorThreshold > 0 && failures.length > errorThreshold);
  if (first === undefined || !stops) return undefined;
  return { ...failed, message: `task ${first.planned.name} failed` };
}

function isPast(mission: MissionView['mission'], now: Instant): boolean {
  return (msToDeadline(mission, now) ?? 1) <= 0;
}

/** Milliseconds until the run's deadline, or undefined without one. */
export function msToDeadline({ spec, status }: MissionView['mission'], now: Instant): number | undefined {
  const start = parseTime(status?.startTime);
  if (spec.activeDeadlineSeconds === undefined || start === undefined || status?.completionTime !== undefined) return undefined;
  return start + spec.activeDeadlineSeconds * 1000 - now;
}
