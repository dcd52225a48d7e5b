// When an ended container runs again.
import type { RestartPolicy } from './pod.ts';

export const backoffLimits = { firstMs: 1000, longestMs: 60_000, resetAfterMs: 60_000 } as const;

/** Pause before the next start: doubled each time, back to the first after a run of a minute. */
export function nextBackoffMs(previousMs: number | undefined, ranMs: number): number {
  const { firstMs, longestMs, resetAfterMs } = backoffLimits;
  if (previousMs === undefined || ranMs >= resetAfterMs) return firstMs;
  return Math.min(previousMs * 2, longestMs);
}

/** Whether a container that ended with this exit code is started again. */
export function isRestarted(policy: RestartPolicy, exitCode: number): boolean {
  if (policy === 'OnFailure') return exitCode !== 0;
  return policy === 'Always';
}
