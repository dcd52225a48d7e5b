// What the life of an attempt is made from, and the few steps that all of its parts take.
import { formatTimeMs } from '#api/time.ts';
import type { OutcomeReason } from '#api/conditions.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { type Clock, delay } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Agents, AttemptRef } from './agents-port.ts';
import type { Book, LiveAttempt } from './book.ts';
import type { TaskBoard } from './board.ts';
import type { Proposal } from './decide/proposal.ts';
import type { OrderSources } from './order.ts';
import type { TaskLedger } from './port.ts';

/** What the scheduler hears of attempts. */
export interface AttemptsListener {
  slotFreed(agentUid: string): void;
  requeue(task: Task, afterMs: number): void;
  /** An agent has begun with an attempt of this task. */
  began(task: Task): void;
  /** `pool` is `namespace/name`. */
  ran(pool: string, durationMs: number): void;
  /** A line for those who follow the mission. */
  said(task: Task, state: string, agent: string, message: string): void;
}

export interface AttemptsDeps {
  readonly book: Book;
  readonly board: Pick<TaskBoard, 'get'>;
  readonly ledger: TaskLedger;
  readonly agents: Agents;
  readonly sources: OrderSources;
  readonly clock: Clock;
  readonly log: Log;
  /** Throws when this process may not lead any more. */
  readonly fence: () => void;
  readonly listener: AttemptsListener;
}

/** How long to wait after what failed for no reason of its own, in milliseconds. */
export const pauseMs = 1000;

/** The newest version of a task that is known. */
export function newest({ board }: Pick<AttemptsDeps, 'board'>, task: Task): Task {
  return board.get(task.metadata.uid) ?? task;
}

/** True while the book holds this very attempt. */
export function isLive({ book }: Pick<AttemptsDeps, 'book'>, live: LiveAttempt): boolean {
  return book.get(live.task.metadata.uid) === live;
}

/** Frees the slot of an attempt, once. */
export function release(deps: Pick<AttemptsDeps, 'book' | 'listener'>, live: LiveAttempt): void {
  if (!isLive(deps, live)) return;
  deps.book.close(live);
  deps.listener.slotFreed(live.assignment.agentUid);
}

/** The attempt as agents know it. */
export function refOf({ task, attempt, assignment }: LiveAttempt): AttemptRef {
  return { taskUid: task.metadata.uid, attempt, epoch: assignment.epoch };
}

/** Says that an attempt ended without deciding the task. */
export function endOf({ clock }: Pick<AttemptsDeps, 'clock'>, { attempt, assignment: { agent, epoch } }: LiveAttempt, reason: OutcomeReason, message: string): Proposal {
  return { kind: 'attemptEnded', attempt: { attempt, agent, epoch, reason, message, endTime: formatTimeMs(clock.now()) } };
}

/** The answer to a question about a live attempt, asked until there is one; undefined when the attempt is over before. */
export async function insist<T>(deps: Pick<AttemptsDeps, 'book' | 'clock' | 'log'>, live: LiveAttempt, ask: () => Promise<T>): Promise<T | undefined> {
  while (isLive(deps, live)) {
    try {
      return await ask();
    } catch (error) {
      const { name, namespace } = live.task.metadata;
      deps.log.warn('what an attempt needs could not be read; trying again', { task: name, namespace, error: messageOf(error) });
      await delay(deps.clock, pauseMs);
    }
  }
  return undefined;
}
