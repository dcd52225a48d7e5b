// Whether a failed attempt is followed by another, and when.
import type { OutcomeReason } from '#api/conditions.ts';
import type { RetryPolicy, TaskSpec } from '#api/v1alpha1/task.ts';

/** Attempts lost through no fault of the task: not counted against retryPolicy.limit, but each reason at most this often. */
export const maxLosses = 3;

const losses: ReadonlySet<string> = new Set<OutcomeReason>(['AgentStopped', 'LeaderLost']);

// The rest is final: the same input would fail the same way, or the reason is a decision and no failure.
const worthAnotherTry: ReadonlySet<string> = new Set<OutcomeReason>(['ActionFailed', 'WorkspaceFailed', 'TimedOut', 'AgentLost', 'AgentError']);

/** What is known of the attempts of a task when one has just failed. */
export interface FailedAttempts {
  /** Number of the attempt that has just failed, from 1. */
  readonly attempt: number;
  /** Those before it that status.attempts still holds. */
  readonly earlier: readonly { readonly reason: string }[];
}

/** Whether a task may be tried again after an attempt that failed for `reason`. */
export function mayRetry({ retryPolicy, sideEffects }: Pick<TaskSpec, 'retryPolicy' | 'sideEffects'>, { attempt, earlier }: FailedAttempts, reason: string): boolean {
  // status.attempts forgets: without a bound on their number, losses of two kinds could follow each other for ever.
  if (sideEffects === 'External' || attempt > retryPolicy.limit + losses.size * maxLosses) return false;
  if (losses.has(reason)) return earlier.filter((other) => other.reason === reason).length < maxLosses;
  return worthAnotherTry.has(reason) && countedFailures({ attempt, earlier }) <= retryPolicy.limit;
}

/** Failures that count against retryPolicy.limit, the one that has just happened among them; a loss that is forgotten counts as one. */
export function countedFailures({ attempt, earlier }: FailedAttempts): number {
  return Math.max(1, attempt - earlier.filter(({ reason }) => losses.has(reason)).length);
}

/** Wait before the next attempt after this many failures (from 1), in milliseconds; it doubles up to the policy's longest wait. */
export function nextBackoffMs({ backoffSeconds, maxBackoffSeconds }: RetryPolicy, failures: number): number {
  const doubled = backoffSeconds * 2 ** Math.max(0, failures - 1);
  return Math.min(doubled, maxBackoffSeconds) * 1000;
}
