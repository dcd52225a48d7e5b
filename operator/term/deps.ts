// What a term is made from.
import type { OperatorConfig } from '#api/config/operator.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { Clock } from '#platform/clock.ts';
import type { Random } from '#platform/ids.ts';
import type { WatchingClient } from '#platform/kube/client.ts';
import type { EventRecorder } from '#platform/kube/recorder.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Caches } from '../caches.ts';
import type { Memory, Model } from '../planner/planner.ts';
import type { BlobCopies } from '../task/copies-port.ts';
import type { OrderSources } from '../task/order.ts';
import type { UsageSource } from '../usage/book.ts';

/** Lines and chunks that no object holds, for those who follow a mission. */
export interface Broadcast {
  said(task: Task, state: string, agent: string, message: string): void;
  progress(task: Task, percent: number, message: string): void;
  log(taskUid: string, attempt: number, offset: bigint, data: Uint8Array): void;
  /** The attempt of this task is over: its log is complete. */
  ended(taskUid: string): void;
}

export interface TermDeps {
  readonly config: OperatorConfig;
  readonly term: number;
  /** The leader before had released the lease. */
  readonly clean: boolean;
  readonly caches: Caches;
  /** Its mutating requests pass the fence. */
  readonly client: WatchingClient;
  /** Throws when this process may not lead any more. */
  readonly fence: () => void;
  readonly signGrant: OrderSources['grant'];
  readonly copies: BlobCopies;
  /** CA certificates that agents trust; undefined until the installation has them. */
  readonly caBundle: () => string | undefined;
  readonly recorder: EventRecorder;
  readonly broadcast: Broadcast;
  /** Who makes plans; undefined where the installation has no LLM gateway. */
  readonly model: Model | undefined;
  /** What earlier missions have taught; unset where the installation keeps no lessons. */
  readonly memory?: Memory | undefined;
  /** Who tells what missions have used; undefined where the installation has no LLM gateway. */
  readonly usage: UsageSource | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** An agent has seen a higher term. */
  readonly deposedBy: (term: number) => void;
  /** An agent has begun with a task that was ready `waitedMs` before. */
  readonly onBegan: (waitedMs: number) => void;
  readonly onUsageAsked: (result: 'told' | 'silent') => void;
  readonly onReconciled: (kind: string, result: 'done' | 'error', ms: number) => void;
}

/** Silence of this many leases proves that an agent has stopped its attempts by itself. */
export const silenceFactor = 1.5;

/** That silence in milliseconds. */
export function silenceMs({ leaseSeconds }: OperatorConfig): number {
  return leaseSeconds * 1000 * silenceFactor;
}
