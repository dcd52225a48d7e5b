// What follows a failed attempt: another one after a wait, or the end of the task.
import type { OutcomeReason } from '#api/conditions.ts';
import { type Instant, parseTime } from '#api/time.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { operatorsActions } from '#domain/planning/offers.ts';
import { countedFailures, type FailedAttempts, mayRetry, nextBackoffMs } from '#domain/task/retry.ts';

export type FailureVerdict = { readonly kind: 'retry'; readonly afterMs: number } | { readonly kind: 'final'; readonly reason: OutcomeReason };

/**
 * What is known of a failed attempt. `reported`: the agent said how it ended. `unknown`: it vanished with the attempt; an effect outside may or
 * may not have happened. `neverBegan`: it was not sent, or its agent refused it.
 */
export type Knowledge = 'reported' | 'unknown' | 'neverBegan';

/** What follows an attempt that failed for `reason`. A task with effects outside is tried again only when the attempt never began. */
export function verdictOnFailure({ spec, status }: Task, attempt: number, reason: OutcomeReason, knowledge: Knowledge): FailureVerdict {
  if (spec.sideEffects === 'External' && knowledge !== 'neverBegan') return { kind: 'final', reason: knowledge === 'unknown' ? 'OutcomeUnknown' : reason };
  // A check that fails has been answered: one that is asked until it says yes proves nothing.
  if (reason === 'ActionFailed' && operatorsActions.has(spec.intent.action)) return { kind: 'final', reason };
  const failed: FailedAttempts = { attempt, earlier: status?.attempts ?? [] };
  const { retryPolicy } = spec;
  if (!mayRetry({ retryPolicy, sideEffects: 'None' }, failed, reason)) return { kind: 'final', reason };
  return { kind: 'retry', afterMs: nextBackoffMs(retryPolicy, countedFailures(failed)) };
}

/** True when the next attempt may go on where this one stood: its agent was at an end, and not the work. */
export function goesOn(reason: OutcomeReason): boolean {
  return reason === 'AgentLost' || reason === 'AgentStopped' || reason === 'LeaderLost';
}

/** Milliseconds that a task still has to wait before its next attempt, told from its last one. */
export function backoffLeftMs({ spec, status }: Task, now: Instant): number {
  const attempts = status?.attempts ?? [];
  const last = attempts.at(-1);
  const ended = parseTime(last?.endTime);
  if (last === undefined || ended === undefined) return 0;
  const failures = countedFailures({ attempt: last.attempt, earlier: attempts.slice(0, -1) });
  return Math.max(0, ended + nextBackoffMs(spec.retryPolicy, failures) - now);
}
