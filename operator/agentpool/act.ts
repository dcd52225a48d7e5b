// Carries out what was decided about a pool: one intent, one call. A refusal of a pod is an outcome, noted for the next look.
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Clock } from '#platform/clock.ts';
import type { WriteGate } from '#platform/kube/gate-port.ts';
import type { NewObject, ObjectKey } from '#platform/kube/types.ts';
import { keyText } from '../reconciler.ts';
import type { CreationPace, PoolBook } from './book.ts';
import type { PoolIntent, PoolView } from './decide/view.ts';
import type { PoolFleet } from './observe.ts';

/** An object as it was written. */
export interface Written {
  readonly uid: string;
  readonly resourceVersion: string;
}

export type CreateAnswer =
  | ({ readonly kind: 'created' } & Written)
  /** The API server will not have this pod: `quota` may pass by itself, `refused` needs another template. */
  | { readonly kind: 'quota' | 'refused'; readonly message: string };

/** What pools need of the API server. `poolCluster` satisfies it. */
export interface PoolCluster {
  createPod(pod: NewObject): Promise<CreateAnswer>;
  /** Deletes this incarnation; one that is gone is fine. */
  deletePod(key: ObjectKey, uid: string): Promise<void>;
  /** Merge patch of the status of this very version; undefined when the pool has changed since or is gone: the watch asks for another turn. */
  patchStatus(key: ObjectKey, seen: Written, patch: object): Promise<Written | undefined>;
}

/** Where Kubernetes Events go; the recorder of platform/kube satisfies it. */
export interface PoolEvents {
  record(happening: { readonly regarding: AgentPool; readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly action: string; readonly note: string }): void;
}

export interface PoolActDeps {
  readonly cluster: PoolCluster;
  readonly fleet: PoolFleet;
  readonly gate: Pick<WriteGate, 'expect' | 'expectGone'>;
  readonly events: PoolEvents;
  readonly book: PoolBook;
  readonly pace: CreationPace;
  readonly clock: Pick<Clock, 'now'>;
  /** Asks the queue for another turn of this pool. */
  readonly again: (key: ObjectKey) => void;
}

/** Name of the pool's writes in the gate; the shell waits for the same. */
export function gateOwner({ metadata }: AgentPool): string {
  return `AgentPool/${keyText(metadata)}`;
}

/** Carries out one intent. A repeat is harmless: deletes name a UID, a created pod counts from the next look on. */
export async function actOnPool(deps: PoolActDeps, intent: PoolIntent & { readonly note?: string }, view: PoolView): Promise<void> {
  const { pool } = view;
  switch (intent.kind) {
    case 'drainAgent':
      return deps.fleet.drain(intent.podUid, intent.note ?? 'the pool needs fewer agents');
    case 'deletePod':
      return deletePod(deps, intent, pool);
    case 'createPod':
      return createPod(deps, intent, view);
    case 'announce':
      return deps.events.record({ regarding: pool, type: 'Warning', reason: intent.reason, action: 'StartAgent', note: intent.note ?? '' });
  }
}

async function deletePod({ cluster, fleet, gate, events, book, clock, again }: PoolActDeps, intent: Extract<PoolIntent, { kind: 'deletePod' }>, pool: AgentPool): Promise<void> {
  const { namespace, name } = pool.metadata;
  const key = { namespace, name: intent.pod };
  // Earlier intents took time, in which the agent may have connected or been given a task.
  const agent = fleet.demand({ namespace, name }).agents.find(({ podUid }) => podUid === intent.podUid);
  if (intent.scaling && agent !== undefined && (agent.used > 0 || !agent.draining)) return again({ namespace, name });
  await cluster.deletePod(key, intent.podUid);
  gate.expectGone(gateOwner(pool), 'pods', key, intent.podUid);
  if (!intent.scaling) return book.ended(pool.metadata.uid, clock.now());
  book.scaled(pool.metadata.uid, clock.now());
  events.record({ regarding: pool, type: 'Normal', reason: 'ScaledDown', action: 'DeletePod', note: intent.why });
}

async function createPod(deps: PoolActDeps, { pod, why }: Extract<PoolIntent, { kind: 'createPod' }>, { pool, refusal }: PoolView): Promise<void> {
  const { cluster, gate, events, book, pace, clock, again } = deps;
  const { uid, namespace, name, generation } = pool.metadata;
  // The first refusal of a turn speaks for the rest of it, and another pool may have been faster with the last token.
  if (book.read(uid).refusal !== refusal || !pace.take()) return again({ namespace, name });
  const answer = await cluster.createPod({ ...pod });
  if (answer.kind === 'created') {
    book.admitted(uid);
    book.scaled(uid, clock.now());
    gate.expect(gateOwner(pool), 'pods', { namespace, name: pod.metadata.name }, answer);
    return events.record({ regarding: pool, type: 'Normal', reason: 'ScaledUp', action: 'CreatePod', note: why });
  }
  const { kind, message } = answer;
  book.refused(uid, { kind, message, at: clock.now(), generation });
  // Tries go on; people are told once.
  if (refusal?.generation !== generation) events.record({ regarding: pool, type: 'Warning', reason: kind === 'quota' ? 'QuotaExceeded' : 'PodRefused', action: 'CreatePod', note: message });
  again({ namespace, name });
}
