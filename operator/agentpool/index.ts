// AgentPools: the five parts for the shell of all reconcilers, and which events are a reason to look at which pool.
import type { AgentPool, AgentPoolStatus } from '#api/v1alpha1/agentpool.ts';
import type { ObjectKey } from '#platform/kube/types.ts';
import type { Reconcile } from '../reconciler.ts';
import { actOnPool, gateOwner, type PoolActDeps } from './act.ts';
import { decidePool } from './decide/index.ts';
import type { PoolIntent, PoolPod, PoolView } from './decide/view.ts';
import { observePool, type PoolObserveDeps } from './observe.ts';

export type PoolDeps = PoolObserveDeps & PoolActDeps;

/** Shortest time between two status writes that change no condition, milliseconds. */
const rollUpMs = 5000;

/** The parts of the pool reconciler. */
export function agentPoolParts(deps: PoolDeps): Reconcile<PoolView, PoolIntent, AgentPoolStatus> {
  return {
    kind: 'AgentPool',
    observe: (key) => observePool(deps, key),
    // What a look sees is kept here and not by an intent: it changes with every task, and no log should say so.
    decide(view, now) {
      const { seen, ...decision } = decidePool(view, now);
      deps.book.remember(view.pool.metadata.uid, seen);
      return decision;
    },
    act: (intent, view) => actOnPool(deps, intent, view),
    currentStatus: ({ pool }) => pool.status,
    async patchStatus({ pool }, patch) {
      const { metadata } = pool;
      const written = await deps.cluster.patchStatus(metadata, metadata, patch);
      if (written !== undefined) deps.gate.expect(gateOwner(pool), 'agentpools', metadata, written);
    },
    coalesceMs: rollUpMs,
  };
}

/** The pool to look at when a pod changes. */
export function poolKeyOf({ metadata, pool }: PoolPod): ObjectKey {
  return { namespace: metadata.namespace, name: pool };
}

/**
 * Calls `look` for every change in the caches that can change a decision, and forgets pools that are gone. The scheduler and the fleet
 * call `look` themselves: when a task begins to wait, when an agent connects, is lost, becomes busy or idle.
 */
export function watchPools({ pools, pods, book }: Pick<PoolDeps, 'pools' | 'pods' | 'book'>, look: (key: ObjectKey) => void): () => void {
  const endPools = pools.subscribe(({ kind, object }) => {
    if (kind === 'deleted') book.forget(object.metadata.uid);
    look(keyOf(object));
  });
  const endPods = pods.subscribe(({ object }) => look(poolKeyOf(object)));
  return () => {
    endPools();
    endPods();
  };
}

function keyOf({ metadata }: AgentPool): ObjectKey {
  return { namespace: metadata.namespace, name: metadata.name };
}
