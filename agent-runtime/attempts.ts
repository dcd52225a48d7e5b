// The attempts that this agent holds, and what the leader may order about them. A finished result is kept, with its slot, until it is confirmed.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Epoch } from '#api/v1alpha1/schema.ts';
import { compareEpochs, formatEpoch, sameEpoch } from '#domain/task/epoch.ts';
import type { Clock } from '#platform/clock.ts';
import type { Abort, Assign, ClaimSchema, Confirm, Reissue } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { StopReason } from './execution/live.ts';
import type { RunTask } from './execution/run-task.ts';
import { HeldAttempt } from './held.ts';
import type { Leadership } from './leadership.ts';
import type { Lease } from './lease.ts';
import { readAssign } from './order.ts';

/** Orders of the leader. Each may come twice; the second time changes nothing. */
export interface Orders {
  assign(order: Assign): void;
  abort(order: Abort): void;
  confirm(order: Confirm): void;
  reissue(order: Reissue): void;
}

export interface AttemptsDeps {
  readonly slots: number;
  readonly agentTypes: readonly string[];
  readonly runTask: RunTask;
  readonly leadership: Leadership;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly log: Log;
}

type Refusal = 'Draining' | 'WrongTerm' | 'StaleAssignment' | 'InvalidOrder' | 'UnknownRole' | 'NoFreeSlot' | 'NotHeld';

type Subject = Pick<Assign, 'taskUid' | 'attempt'> & { readonly epoch: Epoch };

/** The attempts of one agent, by task: an agent never holds two attempts of one task. */
export class Attempts implements Orders {
  readonly #deps: AttemptsDeps;
  readonly #table = new Map<string, HeldAttempt>();
  /** Everything that has begun and not ended, forgotten attempts among them. */
  readonly #ending = new Set<Promise<void>>();
  readonly #waiters = new Set<() => void>();
  #refusesNew = false;

  constructor(deps: AttemptsDeps) {
    this.#deps = deps;
  }

  /** Attempts that run or are kept. */
  get held(): number {
    return this.#table.size;
  }

  /** What the hello says of them. */
  claims(): MessageInitShape<typeof ClaimSchema>[] {
    return [...this.#table.values()].map(({ order: { taskUid, attempt }, epoch, digest }) => ({ taskUid, attempt, epoch, finished: digest !== undefined, resultDigest: digest ?? '' }));
  }

  /** A leader has answered: what it may have missed is said again. */
  led(): void {
    for (const held of this.#table.values()) held.say();
  }

  /** From now on every assignment is refused. */
  refuseNew(): void {
    this.#refusesNew = true;
  }

  /** Ends what runs; the results say so and are reported. */
  stopRunning(): void {
    for (const held of this.#table.values()) held.stop('agentStopped');
  }

  /** Forgets everything at once and resolves when it has ended. */
  async killAll(): Promise<void> {
    this.refuseNew();
    for (const held of this.#table.values()) this.#remove(held, 'emergency');
    await Promise.all(this.#ending);
  }

  /** Resolves when nothing is held. */
  empty(): Promise<void> {
    return this.#table.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiters.add(resolve));
  }

  assign(assign: Assign): void {
    const { taskUid, attempt } = assign;
    const subject = { taskUid, attempt, epoch: numberOf(assign.epoch) };
    const refusal = this.#take(assign, subject);
    if (refusal !== undefined) this.#refuse(subject, refusal);
  }

  abort({ taskUid, attempt, epoch, reason }: Abort): void {
    const held = this.#find({ taskUid, attempt, epoch: numberOf(epoch) });
    if (held === undefined) return;
    this.#deps.log.info('an attempt was aborted', { task: held.order.task, attempt, reason });
    this.#remove(held, 'aborted');
  }

  confirm({ taskUid, attempt, epoch }: Confirm): void {
    const held = this.#find({ taskUid, attempt, epoch: numberOf(epoch) });
    if (held?.digest !== undefined) this.#remove(held, 'aborted');
  }

  reissue({ taskUid, attempt, oldEpoch, newEpoch, blobGrant, llmGrant }: Reissue): void {
    const subject = { taskUid, attempt, epoch: numberOf(newEpoch) };
    const held = this.#find({ taskUid, attempt, epoch: numberOf(oldEpoch) }) ?? this.#find(subject);
    if (held === undefined) this.#refuse(subject, 'NotHeld');
    else held.reissue({ epoch: subject.epoch, grant: blobGrant, llmGrant }, 'reissueAck');
  }

  /** Why the assignment is not taken, or undefined when it is. */
  #take(assign: Assign, { taskUid, attempt, epoch }: Subject): Refusal | undefined {
    const held = this.#table.get(taskUid);
    if (held !== undefined) {
      const newer = attempt - held.order.attempt || compareEpochs(epoch, held.epoch);
      if (newer < 0) return 'StaleAssignment';
      if (attempt === held.order.attempt) {
        held.reissue({ epoch, grant: assign.blobGrant, llmGrant: assign.llmGrant }, 'started');
        return undefined;
      }
      this.#remove(held, 'aborted');
    }
    if (this.#refusesNew) return 'Draining';
    if (epoch.term !== this.#deps.leadership.highestTerm) return 'WrongTerm';
    return this.#start(assign, epoch);
  }

  #start(assign: Assign, epoch: Epoch): Refusal | undefined {
    const read = readAssign(assign);
    if (read.kind === 'fault') return 'InvalidOrder';
    if (!this.#deps.agentTypes.includes(read.order.spec.type)) return 'UnknownRole';
    if (this.#table.size >= this.#deps.slots) return 'NoFreeSlot';
    const held = new HeldAttempt(read.order, { epoch, grant: assign.blobGrant, llmGrant: assign.llmGrant }, { ...this.#deps, isLeaving: () => this.#refusesNew }, () => this.#remove(held, 'leaseLost'));
    this.#table.set(assign.taskUid, held);
    const work = held.run().finally(() => this.#ending.delete(work));
    this.#ending.add(work);
    return undefined;
  }

  /** The attempt that an order is about, if it is held under just this number. */
  #find({ taskUid, attempt, epoch }: Subject): HeldAttempt | undefined {
    const held = this.#table.get(taskUid);
    return held?.order.attempt === attempt && sameEpoch(held.epoch, epoch) ? held : undefined;
  }

  #remove(held: HeldAttempt, reason: StopReason): void {
    if (this.#table.get(held.order.taskUid) !== held) return;
    if (reason === 'leaseLost') this.#deps.log.warn('gave an attempt up: the leader was not heard for a whole lease', { task: held.order.task, attempt: held.order.attempt });
    this.#table.delete(held.order.taskUid);
    held.stop(reason);
    if (this.#table.size === 0) for (const wake of this.#waiters) wake();
  }

  #refuse({ taskUid, attempt, epoch }: Subject, reason: Refusal): void {
    this.#deps.log.info('refused an order', { taskUid, attempt, epoch: formatEpoch(epoch), reason });
    this.#deps.leadership.send({ message: { case: 'refused', value: { taskUid, attempt, epoch, reason } } });
  }
}

/** A message without an epoch gets one that no attempt has. */
function numberOf(epoch: Epoch | undefined): Epoch {
  return epoch === undefined ? { term: 0, counter: 0 } : { term: epoch.term, counter: epoch.counter };
}
