// One attempt that the agent holds: running, or finished and kept. It speaks to the leader only under an epoch of that leader's term.
import type { Epoch } from '#api/v1alpha1/schema.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { StopReason } from './execution/live.ts';
import { toWire } from './execution/result.ts';
import type { RunTask } from './execution/run-task.ts';
import type { Leadership } from './leadership.ts';
import type { Lease } from './lease.ts';
import { createTaskLog } from './log.ts';
import type { Order } from './order.ts';
import type { WorkMessage } from './ports.ts';

export interface Held {
  readonly order: Order;
  readonly epoch: Epoch;
  /** Digest of the kept result; undefined while it runs. */
  readonly digest: string | undefined;
  /** Resolves when the attempt has ended, however. */
  readonly done: Promise<void>;
  /** Goes on under another epoch, acknowledged by this message, and says everything again. */
  reissue(issue: Issue, acknowledgement: 'started' | 'reissueAck'): void;
  /** Says what the leader may have missed, if this attempt is its own. */
  say(): void;
  /** Stops what runs. Unless the reason is `agentStopped`, nothing is said any more. */
  stop(reason: StopReason): void;
}

export interface HeldDeps {
  readonly runTask: RunTask;
  readonly leadership: Leadership;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a leader grants an attempt with. */
export interface Issue {
  readonly epoch: Epoch;
  /** Grant for the blob service. */
  readonly grant: string;
}

type Kept = ReturnType<typeof toWire> & { readonly durationMs: bigint };

/** Starts an attempt and tells the leader; `onLeaseLost` is called when it must be given up. */
export function startAttempt(order: Order, issued: Issue, deps: HeldDeps, onLeaseLost: () => void): Held {
  const { taskUid, attempt } = order;
  let issue = issued;
  let kept: Kept | undefined;
  const stopping = new AbortController();
  const log = createTaskLog(deps.clock);
  const releaseLease = deps.lease.hold(onLeaseLost);

  const tell = (message: NonNullable<WorkMessage['message']>): void => {
    if (issue.epoch.term === deps.leadership.current?.term && !isForgotten(stopping.signal)) deps.leadership.send({ message });
  };
  const tellFinished = ({ outcome, digest, durationMs }: Kept): void => {
    log.flush();
    tell({ case: 'finished', value: { taskUid, attempt, epoch: issue.epoch, result: outcome, resultDigest: digest, durationMs } });
  };
  const say = (): void => {
    log.follow((offset, data) => tell({ case: 'log', value: { taskUid, attempt, offset: BigInt(offset), data } }));
    if (kept !== undefined) tellFinished(kept);
  };
  const progress = (percent: number, message: string): void => tell({ case: 'progress', value: { taskUid, epoch: issue.epoch, percent: Math.min(100, Math.max(0, Math.floor(percent))), message } });

  tell({ case: 'started', value: { taskUid, attempt, epoch: issue.epoch } });
  say();
  const startedAt = deps.clock.monotonic();
  const done = deps.runTask(order, { signal: stopping.signal, log, grant: () => issue.grant, progress }).then((result) => {
    releaseLease();
    kept = { ...toWire(result), durationMs: BigInt(Math.max(0, Math.round(deps.clock.monotonic() - startedAt))) };
    tellFinished(kept);
  });
  return {
    order,
    done,
    get epoch() {
      return issue.epoch;
    },
    get digest() {
      return kept?.digest;
    },
    reissue: (next, acknowledgement) => {
      issue = next;
      tell({ case: acknowledgement, value: { taskUid, attempt, epoch: issue.epoch } });
      say();
    },
    say,
    stop: (reason) => {
      stopping.abort(reason);
      if (!isForgotten(stopping.signal)) return;
      releaseLease();
      log.follow(undefined);
    },
  };
}

/** True when nobody waits for the result any more. */
function isForgotten(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason !== 'agentStopped';
}
