// Time as a port: tests bring their own.
import type { Instant } from '#api/time.ts';

export interface Clock {
  /** Wall clock, epoch milliseconds: for statuses and people. */
  now(): Instant;
  /** Milliseconds that only grow: for leases and deadlines. */
  monotonic(): number;
  /** Runs `task` once after `ms`; the returned function takes it back. Does not keep the process alive. */
  after(ms: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Waits `ms`; ends early, without an error, when `signal` aborts. */
export function delay(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
