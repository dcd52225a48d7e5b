// What follows a failed attempt: another one after a wait, or the end of the task.
import type { OutcomeReason } from '#api/conditions.ts';
import { type Instant, parseTime } from '#api/time.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { countedFailures, type FailedAttempts, mayRetry, nextBackoffMs } from '#domain/task/retry.ts';

export type FailureVerdict = { readonly kind: 'retry'; readonly afterMs: number } | { readonly kind: 'final'; readonly reason: OutcomeReason };

/**
 * `reported`: the agent said how it ended. `unknown`: it vanished with the attempt; an effect outside may or may not have
 * happened, so a task with external side effects ends as OutcomeUnknown.
 */
export function verdictOnFailure({ spec, status }: Task, attempt: number, reason: OutcomeReason, knowledge: 'reported' | 'unknown'): FailureVerdict {
  if (spec.sideEffects === 'External') return { kind: 'final', reason: knowledge === 'unknown' ? 'OutcomeUnknown' : reason };
  const failed: FailedAttempts = { attempt, earlier: status?.attempts ?? [] };
  if (!mayRetry(spec, failed, reason)) return { kind: 'final', reason };
  return { kind: 'retry', afterMs: nextBackoffMs(spec.retryPolicy, countedFailures(failed)) };
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
