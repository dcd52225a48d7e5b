// Pools and their connected agents. Which pools fit a shape of task is remembered until a pool changes.
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
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
}

/** A roster over the cache of pools; `usedSlots` says how many tasks an agent has. */
export function createRoster(pools: Store<AgentPool>, usedSlots: (agentUid: string) => number): Roster {
  const index = new AgentIndex<ScheduledAgent>();
  const views = new Map<string, AgentView>();
  const fitting = new Map<string, readonly string[]>();

  function put(view: AgentView): void {
    const { uid, pod, namespace, pool, agentTypes, capabilities, slots } = view;
    if (view.draining) return index.remove(uid);
    index.put({ uid, name: pod, pool: keyText({ namespace, name: pool }), agentTypes, capabilities, slots, used: usedSlots(uid), view });
  }

  function poolsFor(need: PoolNeed): readonly string[] {
    const shape = taskShape(need);
    const known = fitting.get(shape);
    if (known !== undefined) return known;
    const found = pools.list().filter((pool) => poolCouldServe(pool, need).kind === 'match').map(({ metadata }) => keyText(metadata)).toSorted();
    fitting.set(shape, found);
    return found;
  }

  const serves = (poolKey: string) => pools.get(parseKey(poolKey))?.spec.operatingMode === 'Serve';

  return {
    setAgent(view) {
      views.set(view.uid, view);
      put(view);
    },
    removeAgent(agentUid) {
      views.delete(agentUid);
      index.remove(agentUid);
    },
    touch(agentUid) {
      const view = views.get(agentUid);
      if (view !== undefined) put(view);
    },
    poolsChanged: () => fitting.clear(),
    poolsFor,
    choose: (need) => chooseAgent(need, poolsFor(need).filter(serves), index),
  };
}
