// Why a run ends before all its tasks were done, derived anew each time from the spec and the outcomes.
import { type Instant, parseTime } from '#api/time.ts';
import type { OutcomeReason } from '#api/conditions.ts';
import { moneyCancels } from './budget.ts';
import { whyNoReplan } from './replans.ts';
import type { Trouble } from './trouble.ts';
import { isUnplanned, type MissionView, type Node } from './view.ts';

/** An early end. */
export interface Ending {
  readonly kind: 'Cancelled' | 'Stopped' | 'DeadlineExceeded' | 'TaskFailed';
  /** Reason that tasks without outcome get. */
  readonly taskReason: OutcomeReason;
  readonly message: string;
  /** Whether running attempts are aborted, too. */
  readonly abortsRunning: boolean;
  /** Whether finally runs all the same, and its tasks are let be. */
  readonly runsFinally: boolean;
}

/** What an ending is told from. */
interface Counted {
  readonly nodes: readonly Node[];
  /** Tasks that failed and whose failure counts. */
  readonly failures: readonly Node[];
  /** Set while another plan may take the place of this one. */
  readonly trouble: Trouble | undefined;
  readonly holdsForPeople: boolean;
}

/** The early end of this run, or undefined. Cancel wins over Stop, and both over everything else. */
export function endingOf(view: MissionView, counted: Counted, now: Instant): Ending | undefined {
  const ending = askedFor(view, now) ?? begun(counted) ?? tooManyFailures(view, counted) ?? deadlinePassed(view, counted, now);
  // What runs after a failure does not outlive the deadline either.
  return ending?.runsFinally === true && isPast(view.mission, now) ? { ...ending, runsFinally: false } : ending;
}

/** In order of precedence. */
const reasons = [
  { kind: 'Cancelled', taskReason: 'MissionCancelled', abortsRunning: true, runsFinally: false },
  { kind: 'Stopped', taskReason: 'MissionStopped', abortsRunning: false, runsFinally: false },
  { kind: 'DeadlineExceeded', taskReason: 'MissionDeadline', abortsRunning: true, runsFinally: false },
  { kind: 'TaskFailed', taskReason: 'MissionFailed', abortsRunning: true, runsFinally: true },
] as const;
const [cancelled, stopped, exceeded, failed] = reasons;

function askedFor(view: MissionView, now: Instant): Ending | undefined {
  const { mission } = view;
  const { operatingMode } = mission.spec;
  if (operatingMode === 'Cancel') return { ...cancelled, message: 'operatingMode is Cancel' };
  // Running attempts may finish, but not past the deadline.
  if (operatingMode === 'Stop') return { ...stopped, message: 'operatingMode is Stop', abortsRunning: isPast(mission, now) };
  return moneyCancels(view) ? { ...cancelled, message: 'budget.onExceeded is Cancel, and a call was refused for want of money' } : undefined;
}

/** What was cut stays cut, whatever spec and clock say later: a run that lost tasks to an end cannot go on as if it had not. */
function begun({ nodes }: Counted): Ending | undefined {
  const outcomes = nodes.flatMap(({ task }) => (task?.status?.outcome?.result === 'Cancelled' ? [task.status.outcome] : []));
  for (const ending of reasons) {
    const cut = outcomes.find(({ reason }) => reason === ending.taskReason);
    if (cut !== undefined) return { ...ending, message: cut.message };
  }
  return undefined;
}

function deadlinePassed(view: MissionView, { nodes, trouble, holdsForPeople }: Counted, now: Instant): Ending | undefined {
  const { mission } = view;
  const undecided = isUnplanned(view) || trouble !== undefined || holdsForPeople || nodes.some(({ result }) => result === undefined);
  if (!undecided || !isPast(mission, now)) return undefined;
  return { ...exceeded, message: `activeDeadlineSeconds ${mission.spec.activeDeadlineSeconds ?? ''} passed` };
}

function tooManyFailures(view: MissionView, { failures, trouble }: Counted): Ending | undefined {
  const { failurePolicy, errorThreshold } = view.mission.spec;
  const [first] = failures;
  const stops = failurePolicy !== 'Continue' || (errorThreshold > 0 && failures.length > errorThreshold);
  if (first === undefined || !stops || trouble !== undefined) return undefined;
  return { ...failed, message: `task ${first.planned.name} failed${whyNoReplan(view)}` };
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
