// What a new leader does about a task it finds. It may never lose work that an agent still has, nor start work twice that must not be.
// The table behind it: {unread, ready, sent, running, finished-unacknowledged, outcome} x {leader crash, agent crash, both, partition, …}.
import type { Epoch } from '#api/v1alpha1/schema.ts';
import type { TaskSpec, TaskStatus } from '#api/v1alpha1/task.ts';
import { compareEpochs } from './epoch.ts';

/** What an agent says it has of this task. */
export interface TaskClaim {
  /** Pod UID of the agent. */
  readonly agentUid: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  readonly epoch: Epoch;
  /** Whether it has ended and its result is kept. */
  readonly finished: boolean;
  /** Of the kept result; empty while it runs. */
  readonly digest: string;
}

/** All that the verdict depends on. */
export interface TakeoverView<C extends TaskClaim = TaskClaim> {
  /** What the API server holds; undefined when the object is gone. */
  readonly task: { readonly sideEffects: TaskSpec['sideEffects']; readonly status: Pick<TaskStatus, 'attempt' | 'attempts' | 'assignment' | 'outcome'> } | undefined;
  /** Of connected agents. */
  readonly claims: readonly C[];
  /** Whether every agent that could have the task has announced itself, or been silent for 1.5 times the lease. */
  readonly barrierDone: boolean;
  /** Whether it may have been handed out without a trace: its dependencies were met before this term began, and the takeover was unclean. */
  readonly wasReadyBeforeTerm: boolean;
}

export type TakeoverVerdict<C extends TaskClaim = TaskClaim> =
  /** Look again when an agent announces itself or the barrier is done. */
  | { readonly kind: 'wait' }
  /** Issue this attempt again under a new epoch to the agent that has it. */
  | { readonly kind: 'adopt'; readonly claim: C }
  /** The outcome is recorded already: free the slots of those who still hold it. */
  | { readonly kind: 'confirm'; readonly claims: readonly C[] }
  /** Nobody has the attempt that was recorded: it failed for this reason. */
  | { readonly kind: 'lost'; readonly reason: 'LeaderLost' | 'OutcomeUnknown' }
  /** It does not run: queue it, and write the assignment before it is sent. */
  | { readonly kind: 'dispatchRecorded' }
  /** It never ran: queue it like any other. */
  | { readonly kind: 'dispatch' }
  /** Decided or deleted, and nobody waits for a confirmation. */
  | { readonly kind: 'nothing' };

/** The verdict, and the claims that are to be given up whatever it says. */
export interface Takeover<C extends TaskClaim = TaskClaim> {
  readonly verdict: TakeoverVerdict<C>;
  readonly aborts: readonly C[];
}

/** Judges one task after a change of leader. Asked again with every new claim, it comes to an end once the barrier is done. */
export function judgeTakeover<C extends TaskClaim>(view: TakeoverView<C>): Takeover<C> {
  const { task, claims } = view;
  if (task === undefined) return { verdict: { kind: 'nothing' }, aborts: claims };
  if (task.status.outcome !== undefined) return judgeDecided(task.status.outcome.resultDigest, claims);
  const best = claims.filter((claim) => isCurrent(claim, task.status)).toSorted((a, b) => b.attempt - a.attempt || compareEpochs(b.epoch, a.epoch))[0];
  const aborts = claims.filter((claim) => claim !== best);
  return { verdict: best === undefined ? judgeUnclaimed(task, view) : { kind: 'adopt', claim: best }, aborts };
}

function judgeDecided<C extends TaskClaim>(digest: string | undefined, claims: readonly C[]): Takeover<C> {
  const isRecorded = (claim: C) => claim.finished && digest !== undefined && claim.digest === digest;
  const confirmed = claims.filter(isRecorded);
  return { verdict: confirmed.length === 0 ? { kind: 'nothing' } : { kind: 'confirm', claims: confirmed }, aborts: claims.filter((claim) => !isRecorded(claim)) };
}

type Trace = Pick<TaskStatus, 'attempt' | 'attempts' | 'assignment'>;

/** Number of the last attempt that is known to have failed; 0 when none has. */
function lastEnded({ attempts = [] }: Trace): number {
  return Math.max(0, ...attempts.map(({ attempt }) => attempt));
}

/** Not of an attempt that is over, and not overtaken by a recorded assignment of the same attempt to another agent. */
function isCurrent(claim: TaskClaim, trace: Trace): boolean {
  if (claim.attempt <= lastEnded(trace) || claim.attempt < (trace.attempt ?? 0)) return false;
  const { assignment } = trace;
  if (assignment === undefined || claim.attempt !== trace.attempt) return true;
  return assignment.agentUid === claim.agentUid || compareEpochs(claim.epoch, assignment.epoch) > 0;
}

function judgeUnclaimed({ sideEffects, status }: NonNullable<TakeoverView['task']>, { barrierDone, wasReadyBeforeTerm }: TakeoverView): TakeoverVerdict<never> {
  const ended = lastEnded(status);
  const isRecorded = status.assignment !== undefined && (status.attempt ?? 0) > ended;
  if (isRecorded) {
    if (!barrierDone) return { kind: 'wait' };
    return { kind: 'lost', reason: sideEffects === 'External' ? 'OutcomeUnknown' : 'LeaderLost' };
  }
  // These leave a trace before they are sent. There is none, so they were not.
  if (sideEffects === 'External' || ended > 0) return { kind: 'dispatchRecorded' };
  if (!wasReadyBeforeTerm) return { kind: 'dispatch' };
  return barrierDone ? { kind: 'dispatchRecorded' } : { kind: 'wait' };
}
