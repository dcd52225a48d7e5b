// The attempts that this agent holds, and what the leader may order about them. A finished result is kept, with its slot, until it is confirmed.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Epoch } from '#api/v1alpha1/schema.ts';
import { compareEpochs, formatEpoch, sameEpoch } from '#domain/task/epoch.ts';
import type { Clock } from '#platform/clock.ts';
import type { Abort, Assign, ClaimSchema, Confirm, Reissue } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { StopReason } from './execution/live.ts';
import type { RunTask } from './execution/run-task.ts';
import { type Held, startAttempt } from './held.ts';
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

export interface Attempts extends Orders {
  /** Attempts that run or are kept. */
  readonly held: number;
  readonly running: number;
  claims(): MessageInitShape<typeof ClaimSchema>[];
  /** A leader has answered: what it may have missed is said again. */
  led(): void;
  /** From now on every assignment is refused. */
  refuseNew(): void;
  /** Ends what runs; the results say so and are reported. */
  stopRunning(): void;
  /** Forgets everything at once and resolves when it has ended. */
  killAll(): Promise<void>;
  /** Resolves when nothing is held. */
  empty(): Promise<void>;
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

/** No attempts yet. */
export function createAttempts(deps: AttemptsDeps): Attempts {
  const { leadership, log } = deps;
  const table = new Map<string, Held>();
  const ending = new Set<Promise<void>>();
  const waiters = new Set<() => void>();
  let draining = false;

  const remove = (held: Held, reason: StopReason): void => {
    if (!table.delete(held.order.taskUid)) return;
    held.stop(reason);
    if (table.size === 0) for (const wake of waiters) wake();
  };
  /** The attempt that an order is about, if it is held under just this number. */
  const find = ({ taskUid, attempt }: { taskUid: string; attempt: number }, epoch: Epoch | undefined): Held | undefined => {
    const held = table.get(taskUid);
    return held?.order.attempt === attempt && sameEpoch(held.epoch, epoch) ? held : undefined;
  };
  const refuse = ({ taskUid, attempt, epoch }: { taskUid: string; attempt: number; epoch: Epoch }, reason: Refusal): void => {
    log.info('refused an assignment', { taskUid, attempt, epoch: formatEpoch(epoch), reason });
    leadership.send({ message: { case: 'refused', value: { taskUid, attempt, epoch, reason } } });
  };
  const start = (assign: Assign, epoch: Epoch): Refusal | undefined => {
    const read = readAssign(assign);
    if (read.kind === 'fault') return 'InvalidOrder';
    if (!deps.agentTypes.includes(read.order.spec.type)) return 'UnknownRole';
    if (table.size >= deps.slots) return 'NoFreeSlot';
    const held = startAttempt(read.order, { epoch, grant: assign.blobGrant }, deps, () => {
      log.warn('gave an attempt up: the leader was not heard for a whole lease', { task: held.order.task, attempt: held.order.attempt });
      remove(held, 'leaseLost');
    });
    table.set(assign.taskUid, held);
    const work = held.done.finally(() => ending.delete(work));
    ending.add(work);
    return undefined;
  };
  const assign = (message: Assign, epoch: Epoch): Refusal | undefined => {
    const held = table.get(message.taskUid);
    if (held !== undefined) {
      const order = message.attempt - held.order.attempt || compareEpochs(epoch, held.epoch);
      if (order < 0) return 'StaleAssignment';
      if (message.attempt === held.order.attempt) return void held.reissue({ epoch, grant: message.blobGrant }, 'started');
      remove(held, 'aborted');
    }
    if (draining) return 'Draining';
    if (epoch.term !== leadership.highestTerm) return 'WrongTerm';
    return start(message, epoch);
  };

  return {
    get held() {
      return table.size;
    },
    get running() {
      return [...table.values()].filter(({ digest }) => digest === undefined).length;
    },
    claims: () => [...table.values()].map(({ order: { taskUid, attempt }, epoch, digest }) => ({ taskUid, attempt, epoch, finished: digest !== undefined, resultDigest: digest ?? '' })),
    led: () => table.forEach((held) => held.say()),
    refuseNew: () => void (draining = true),
    stopRunning: () => table.forEach((held) => held.stop('agentStopped')),
    killAll: async () => {
      draining = true;
      for (const held of [...table.values()]) remove(held, 'emergency');
      await Promise.all(ending);
    },
    empty: () => (table.size === 0 ? Promise.resolve() : new Promise((resolve) => waiters.add(resolve))),
    assign: (message) => {
      const epoch = message.epoch ?? { term: 0, counter: 0 };
      const refusal = assign(message, epoch);
      if (refusal !== undefined) refuse({ ...message, epoch }, refusal);
    },
    abort: (order) => {
      const held = find(order, order.epoch);
      if (held === undefined) return;
      log.info('an attempt was aborted', { task: held.order.task, attempt: order.attempt, reason: order.reason });
      remove(held, 'aborted');
    },
    confirm: (order) => {
      const held = find(order, order.epoch);
      if (held?.digest !== undefined) remove(held, 'aborted');
    },
    reissue: ({ taskUid, attempt, oldEpoch, newEpoch, blobGrant }) => {
      const epoch = newEpoch ?? { term: 0, counter: 0 };
      const held = find({ taskUid, attempt }, oldEpoch) ?? find({ taskUid, attempt }, epoch);
      if (held === undefined) refuse({ taskUid, attempt, epoch }, 'NotHeld');
      else held.reissue({ epoch, grant: blobGrant }, 'reissueAck');
    },
  };
}
