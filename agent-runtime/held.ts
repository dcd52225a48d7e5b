// One attempt that the agent holds: running, or finished and kept. It speaks to the leader only under an epoch of that leader's term.
import type { Epoch } from '#api/v1alpha1/schema.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Checkpoint, StopReason } from './execution/live.ts';
import { toWire } from './execution/result.ts';
import type { RunTask } from './execution/run-task.ts';
import type { Leadership } from './leadership.ts';
import type { Lease } from './lease.ts';
import { createTaskLog, type TaskLog } from './log.ts';
import type { Order } from './order.ts';
import type { WorkMessage } from './ports.ts';

export interface HeldDeps {
  readonly runTask: RunTask;
  readonly leadership: Leadership;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly log: Log;
  /** True once the agent takes no new work. */
  readonly isLeaving: () => boolean;
}

/** What a leader grants an attempt with. */
export interface Issue {
  readonly epoch: Epoch;
  /** Grant for the blob service. */
  readonly grant: string;
  /** Grant for the LLM gateway; empty where there is none. */
  readonly llmGrant: string;
}

type Kept = ReturnType<typeof toWire> & { readonly durationMs: bigint };

/** An attempt with its slot. */
export class HeldAttempt {
  readonly order: Order;
  readonly #deps: HeldDeps;
  readonly #log: TaskLog;
  readonly #stopping = new AbortController();
  readonly #releaseLease: () => void;
  #issue: Issue;
  #kept: Kept | undefined;
  #progressed = { percent: 0, message: '' };
  #checkpoint: Checkpoint | undefined;
  #isForgotten = false;

  /** `onLeaseLost` is called when the attempt must be given up. */
  constructor(order: Order, issue: Issue, deps: HeldDeps, onLeaseLost: () => void) {
    this.order = order;
    this.#issue = issue;
    this.#deps = deps;
    this.#log = createTaskLog(deps.clock);
    this.#releaseLease = deps.lease.hold(onLeaseLost);
  }

  get epoch(): Epoch {
    return this.#issue.epoch;
  }

  /** Digest of the kept result; undefined while it runs. */
  get digest(): string | undefined {
    return this.#kept?.digest;
  }

  /** Runs to the end and keeps the result, unless nobody waits for it any more. */
  async run(): Promise<void> {
    const { clock, runTask, isLeaving } = this.#deps;
    this.#tell({ case: 'started', value: this.#ids() });
    this.say();
    const startedAt = clock.monotonic();
    const result = await runTask(this.order, { signal: this.#stopping.signal, log: this.#log, epoch: () => this.epoch, grant: () => this.#issue.grant, llmGrant: () => this.#issue.llmGrant, progress: (percent, message) => this.#progress(percent, message), kept: (checkpoint) => this.#keep(checkpoint), isLeaving });
    this.#releaseLease();
    this.#kept = { ...toWire(result), durationMs: BigInt(Math.max(0, Math.round(clock.monotonic() - startedAt))) };
    this.#tellKept();
  }

  /** Goes on under another epoch, acknowledged by this message, and says everything again. */
  reissue(issue: Issue, acknowledgement: 'started' | 'reissueAck'): void {
    this.#issue = issue;
    this.#tell({ case: acknowledgement, value: this.#ids() });
    this.say();
  }

  /** Says what the leader may have missed, if this attempt is its own. */
  say(): void {
    const { taskUid, attempt } = this.order;
    this.#log.follow((offset, data) => this.#tell({ case: 'log', value: { taskUid, attempt, offset: BigInt(offset), data } }));
    this.#tellCheckpoint();
    this.#tellKept();
  }

  /** Stops what runs. Unless the reason is `agentStopped`, nothing is said any more. */
  stop(reason: StopReason): void {
    this.#stopping.abort(reason);
    if (reason === 'agentStopped') return;
    this.#isForgotten = true;
    this.#releaseLease();
    this.#log.follow(undefined);
  }

  #tellKept(): void {
    if (this.#kept === undefined) return;
    const { outcome, digest, durationMs } = this.#kept;
    this.#log.flush();
    this.#tell({ case: 'finished', value: { ...this.#ids(), result: outcome, resultDigest: digest, durationMs } });
  }

  #progress(percent: number, message: string): void {
    this.#progressed = { percent: Math.min(100, Math.max(0, Math.floor(percent))), message };
    this.#tell({ case: 'progress', value: { taskUid: this.order.taskUid, epoch: this.epoch, ...this.#progressed } });
  }

  #keep(checkpoint: Checkpoint): void {
    this.#checkpoint = checkpoint;
    this.#tellCheckpoint();
  }

  /** Who brings a result needs nobody to go on. */
  #tellCheckpoint(): void {
    if (this.#checkpoint === undefined || this.#kept !== undefined) return;
    const { talk, bundle, ...rest } = this.#checkpoint;
    const checkpoint = { ...rest, talk: onWire(talk), ...(bundle === undefined ? {} : { bundle: onWire(bundle) }) };
    this.#tell({ case: 'progress', value: { taskUid: this.order.taskUid, epoch: this.epoch, ...this.#progressed, checkpoint } });
  }

  #ids(): { taskUid: string; attempt: number; epoch: Epoch } {
    return { taskUid: this.order.taskUid, attempt: this.order.attempt, epoch: this.epoch };
  }

  #tell(message: NonNullable<WorkMessage['message']>): void {
    const { leadership } = this.#deps;
    if (this.epoch.term === leadership.current?.term && !this.#isForgotten) leadership.send({ message });
  }
}

function onWire(artifact: Checkpoint['talk']) {
  return { ...artifact, sizeBytes: BigInt(artifact.sizeBytes) };
}
