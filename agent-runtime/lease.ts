// The right to go on without hearing from the leader. It counts from the sending of what the leader acknowledged, by the own monotonic
// clock: the leader, which waits half as long again after receiving it, never gives away work that still runs.
import type { Clock } from '#platform/clock.ts';

export interface Lease {
  /** Notes that something sent at `sentAt` (monotonic milliseconds) was acknowledged by a leader with this lease time. */
  renew(sentAt: number, leaseMs: number): void;
  /** Calls `onLost` once the lease has run out; the returned function lets go of it. A holder starts with a whole lease: its leader has just spoken. */
  hold(onLost: () => void): () => void;
}

interface Holder {
  readonly since: number;
  readonly onLost: () => void;
}

/** A lease that no leader has granted yet. */
export function createLease(clock: Clock): Lease {
  const holders = new Set<Holder>();
  let renewedAt = Number.NEGATIVE_INFINITY;
  let leaseMs = 0;
  let cancelTimer = () => {};

  const endOf = ({ since }: Holder) => Math.max(since, renewedAt) + leaseMs;
  const arm = (): void => {
    cancelTimer();
    const next = Math.min(...[...holders].map(endOf));
    cancelTimer = Number.isFinite(next) ? clock.after(Math.max(0, next - clock.monotonic()), check) : () => {};
  };
  function check(): void {
    const lost = [...holders].filter((holder) => endOf(holder) <= clock.monotonic());
    for (const holder of lost) holders.delete(holder);
    arm();
    for (const { onLost } of lost) onLost();
  }
  return {
    renew: (sentAt, length) => {
      renewedAt = Math.max(renewedAt, sentAt);
      leaseMs = length;
      arm();
    },
    hold: (onLost) => {
      const holder = { since: clock.monotonic(), onLost };
      holders.add(holder);
      arm();
      return () => {
        holders.delete(holder);
        arm();
      };
    },
  };
}
