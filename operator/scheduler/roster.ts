// Pools and their connected agents. Which pools fit a shape of task is remembered until a pool changes.
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import { isIsolatedEnough } from '#domain/capability/isolation.ts';
import { type PoolNeed, poolCouldServe } from '#domain/capability/match.ts';
import { type Agent, type AgentChoice, AgentIndex, chooseAgent } from '#domain/scheduling/agents.ts';
import { taskShape } from '#domain/scheduling/shape.ts';
import type { Store } from '#platform/kube/types.ts';
import { keyText, parseKey } from '../reconciler.ts';
import type { AgentView } from '../task/agents-port.ts';

/** An agent as the scheduler weighs it. */
export interface ScheduledAgent extends Agent {
  readonly view: AgentView;
}

export interface Roster {
  setAgent(view: AgentView): void;
  removeAgent(agentUid: string): void;
  /** Notes that the number of tasks of an agent has changed. */
  touch(agentUid: string): void;
  /** Forgets which pools fit; to be called when any pool changes. */
  poolsChanged(): void;
  /** Keys of pools that could ever serve the need, sorted. */
  poolsFor(need: PoolNeed): readonly string[];
  choose(need: PoolNeed): AgentChoice<ScheduledAgent>;
  /** Room as it is now, counted once for many questions. */
  room(): PoolRoom;
}

/** Slots of pools that are at their full size. */
export interface PoolRoom {
  /** True while the pool gives out tasks. */
  serves(poolKey: string): boolean;
  /** Slots that the pool would have beyond those in use, on agents that may have the task; 0 while it gives out no tasks. */
  left(poolKey: string, need: PoolNeed): number;
  /** Agents that the pool needs for `count` more tasks beside those that may not have them; 0 when every agent may. */
  apart(poolKey: string, need: PoolNeed, count: number): number;
}

// Shapes come and go with missions; forgetting them costs one look at the pools each.
const shapesRemembered = 1024;

/** A roster over the cache of pools; `usedSlots` says how many tasks an agent has. */
export function createRoster(pools: Store<AgentPool>, usedSlots: (agentUid: string) => number): Roster {
  return new PoolRoster(pools, usedSlots);
}

class PoolRoster implements Roster {
  readonly #pools: Store<AgentPool>;
  readonly #usedSlots: (agentUid: string) => number;
  readonly #index = new AgentIndex<ScheduledAgent>();
  readonly #views = new Map<string, AgentView>();
  readonly #fitting = new Map<string, readonly string[]>();

  constructor(pools: Store<AgentPool>, usedSlots: (agentUid: string) => number) {
    this.#pools = pools;
    this.#usedSlots = usedSlots;
  }

  setAgent(view: AgentView): void {
    this.#views.set(view.uid, view);
    this.#put(view);
  }

  removeAgent(agentUid: string): void {
    this.#views.delete(agentUid);
    this.#index.remove(agentUid);
  }

  touch(agentUid: string): void {
    const view = this.#views.get(agentUid);
    if (view !== undefined) this.#put(view);
  }

  poolsChanged(): void {
    this.#fitting.clear();
    for (const view of this.#views.values()) this.#put(view);
  }

  poolsFor(need: PoolNeed): readonly string[] {
    const shape = taskShape(need);
    const known = this.#fitting.get(shape);
    if (known !== undefined) return known;
    if (this.#fitting.size >= shapesRemembered) this.#fitting.clear();
    const fitting = this.#pools.list().filter((pool) => poolCouldServe(pool, need).kind === 'match').map(({ metadata }) => keyText(metadata)).toSorted();
    this.#fitting.set(shape, fitting);
    return fitting;
  }

  choose(need: PoolNeed): AgentChoice<ScheduledAgent> {
    return chooseAgent(need, this.poolsFor(need).filter((poolKey) => this.#serving(poolKey) !== undefined), this.#index);
  }

  room(): PoolRoom {
    const members = Map.groupBy(this.#views.values(), poolKeyOf);
    const taken = (poolKey: string, { notOn = [] }: PoolNeed) => takenIn(members.get(poolKey) ?? [], new Set(notOn), this.#usedSlots);
    return {
      serves: (poolKey) => this.#serving(poolKey) !== undefined,
      left: (poolKey, need) => {
        const { used, barred } = taken(poolKey, need);
        return Math.max(0, slotsAtMost(this.#serving(poolKey)) - used - barred.slots);
      },
      apart: (poolKey, need, count) => {
        const pool = this.#serving(poolKey);
        const { used, barred } = taken(poolKey, need);
        return pool === undefined || barred.agents === 0 ? 0 : barred.agents + Math.ceil((used + count) / pool.spec.slotsPerAgent);
      },
    };
  }

  #serving(poolKey: string): AgentPool | undefined {
    const pool = this.#pools.get(parseKey(poolKey));
    return pool?.spec.operatingMode === 'Serve' ? pool : undefined;
  }

  #put(view: AgentView): void {
    const { uid, pod, agentTypes, capabilities, slots } = view;
    if (view.draining || !isIsolatedEnough(view.boundary, this.#pools.get(parseKey(poolKeyOf(view)))?.spec.isolation ?? 'Any')) this.#index.remove(uid);
    else this.#index.put({ uid, name: pod, pool: poolKeyOf(view), agentTypes, capabilities, slots, used: this.#usedSlots(uid), view });
  }
}

interface Taken {
  /** Slots in use on agents that may have the task. */
  readonly used: number;
  /** Agents that may not have it, and all of their slots. */
  readonly barred: { readonly agents: number; readonly slots: number };
}

function takenIn(members: readonly AgentView[], notOn: ReadonlySet<string>, usedSlots: (agentUid: string) => number): Taken {
  const barred = members.filter(({ pod }) => notOn.has(pod));
  const used = members.filter(({ pod }) => !notOn.has(pod)).reduce((sum, { uid }) => sum + usedSlots(uid), 0);
  return { used, barred: { agents: barred.length, slots: barred.reduce((sum, { slots }) => sum + slots, 0) } };
}

function poolKeyOf({ namespace, pool }: AgentView): string {
  return keyText({ namespace, name: pool });
}

function slotsAtMost(pool: AgentPool | undefined): number {
  if (pool === undefined) return 0;
  const { scaling, replicas, slotsPerAgent } = pool.spec;
  return (scaling.mode === 'Internal' ? scaling.maxReplicas : replicas) * slotsPerAgent;
}
