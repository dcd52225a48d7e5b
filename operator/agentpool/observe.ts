// Everything a pool's decision looks at, read once from caches and memory. It asks nobody over the network.
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Random } from '#platform/ids.ts';
import type { ObjectKey, Store } from '#platform/kube/types.ts';
import type { CreationPace, PoolBook } from './book.ts';
import type { MirrorView, PoolDemand, PoolPod, PoolSettings, PoolView } from './decide/view.ts';

/** What the scheduler and the fleet know of a pool, in memory. */
export interface PoolFleet {
  demand(pool: ObjectKey): PoolDemand;
  /** The agent gets no new task from this call on, and is told to leave when it is idle. Nothing happens when it is not connected. */
  drain(podUid: string, reason: string): void;
}

export interface PoolObserveDeps {
  readonly pools: Store<AgentPool>;
  /** Needs the indexes of `poolPodIndexes`. */
  readonly pods: Store<PoolPod>;
  readonly fleet: Pick<PoolFleet, 'demand'>;
  readonly book: PoolBook;
  readonly pace: CreationPace;
  readonly random: Random;
  /** Asked at each look: the CA may come later and be rotated. */
  readonly settings: () => PoolSettings;
  /** What the mirror last said of itself; undefined where there is none. */
  readonly mirror: () => MirrorView | undefined;
}

/** Most pods created in one turn. */
const batch = 50;
// No vowels and no look-alikes: a name is neither a word nor misread.
const alphabet = 'bcdfghjkmnpqrstvwxz2456789';

/** The pool's view, or undefined when it is gone. */
export function observePool({ pools, pods, fleet, book, pace, random, settings, mirror }: PoolObserveDeps, key: ObjectKey): PoolView | undefined {
  const pool = pools.get(key);
  if (pool === undefined) return undefined;
  const tokens = pace.peek();
  const demand = fleet.demand(key);
  return {
    pool,
    pods: pods.byIndex('owner', pool.metadata.uid).toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)),
    demand: { ...demand, agents: demand.agents.toSorted((a, b) => (a.pod < b.pod ? -1 : 1)) },
    ...book.read(pool.metadata.uid),
    freshNames: Array.from({ length: Math.min(tokens.available, batch) }, () => freshName(pool.metadata.name, random)),
    tokens,
    settings: settings(),
    mirror: mirror(),
  };
}

function freshName(pool: string, random: Random): string {
  const suffix = Array.from({ length: 6 }, () => alphabet.charAt(Math.floor(random.next() * alphabet.length)));
  return `${pool}-${suffix.join('')}`;
}
