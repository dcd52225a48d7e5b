// Connected agents, grouped so that the least loaded one is at hand: choosing costs as much as there are groups, not agents.
import { describeNeed, type PoolNeed } from '#domain/capability/match.ts';
import { placeIn } from './sorted.ts';

/** A connected agent and its load. */
export interface Agent {
  /** Pod UID. */
  readonly uid: string;
  /** Pod name. */
  readonly name: string;
  /** `namespace/name` of its pool. */
  readonly pool: string;
  readonly agentTypes: readonly string[];
  readonly capabilities: readonly string[];
  readonly slots: number;
  /** Slots that hold a task. */
  readonly used: number;
}

/** Agents of one pool that can do the same. */
interface Group<A extends Agent> {
  readonly sample: A;
  /** Index: slots used. Each list is sorted by name. */
  readonly byLoad: A[][];
}

/** The agents that may be given tasks; one that drains is not in it. */
export class AgentIndex<A extends Agent = Agent> {
  readonly #agents = new Map<string, A>();
  readonly #pools = new Map<string, Map<string, Group<A>>>();

  /** Adds an agent, or replaces what was known of it. */
  put(agent: A): void {
    this.remove(agent.uid);
    const groups = this.#pools.get(agent.pool) ?? new Map<string, Group<A>>();
    const group = groups.get(groupKey(agent)) ?? { sample: agent, byLoad: [] };
    const list = group.byLoad[agent.used] ?? [];
    list.splice(placeIn(list, agent, byName), 0, agent);
    group.byLoad[agent.used] = list;
    this.#pools.set(agent.pool, groups.set(groupKey(agent), group));
    this.#agents.set(agent.uid, agent);
  }

  /** Removes an agent; nothing happens when it is not there. */
  remove(uid: string): void {
    const agent = this.#agents.get(uid);
    if (agent === undefined) return;
    this.#agents.delete(uid);
    const groups = this.#pools.get(agent.pool);
    const group = groups?.get(groupKey(agent));
    const list = group?.byLoad[agent.used] ?? [];
    list.splice(placeIn(list, agent, byName), 1);
    if (group?.byLoad.every((agents) => agents.length === 0) === true) groups?.delete(groupKey(agent));
    if (groups?.size === 0) this.#pools.delete(agent.pool);
  }

  get(uid: string): A | undefined {
    return this.#agents.get(uid);
  }

  /** For each group of a pool: one agent to tell what the group can do, how many it has beside those `notOn`, and the least loaded of these with a free slot. */
  *groupsOf(pool: string, notOn: ReadonlySet<string> = nobody): Iterable<{ readonly sample: A; readonly allowed: number; readonly best: A | undefined }> {
    for (const { sample, byLoad } of this.#pools.get(pool)?.values() ?? []) {
      const lists = byLoad.filter((list) => list !== undefined);
      const isAllowed = ({ name }: A) => !notOn.has(name);
      const allowed = notOn.size === 0 ? lists.reduce((sum, list) => sum + list.length, 0) : lists.flat().filter(isAllowed).length;
      yield { sample, allowed, best: firstOf(byLoad.slice(0, sample.slots), isAllowed) };
    }
  }
}

const nobody: ReadonlySet<string> = new Set();

function firstOf<A extends Agent>(byLoad: readonly (readonly A[] | undefined)[], isAllowed: (agent: A) => boolean): A | undefined {
  for (const list of byLoad) {
    const found = list?.find(isAllowed);
    if (found !== undefined) return found;
  }
  return undefined;
}

export type AgentChoice<A extends Agent> =
  | { readonly kind: 'agent'; readonly agent: A; readonly matchReason: string }
  /** `lacksIndependent`: there are agents that can do it, but each of them has executed what it checks. */
  | { readonly kind: 'none'; readonly reason: string; readonly lacksIndependent: boolean };

/** The least loaded agent of these pools that can do the task; of equals the first by name. `pools` are those that may serve it now. */
export function chooseAgent<A extends Agent>(need: Pick<PoolNeed, 'type' | 'capabilities' | 'resources' | 'notOn'>, pools: readonly string[], agents: AgentIndex<A>): AgentChoice<A> {
  const notOn = new Set(need.notOn);
  const groups = pools.flatMap((pool) => [...agents.groupsOf(pool, notOn)]);
  const able = groups.filter(({ sample }) => sample.agentTypes.includes(need.type) && need.capabilities.every((capability) => sample.capabilities.includes(capability)));
  const [agent] = able.flatMap(({ best }) => best ?? []).toSorted((a, b) => a.used / a.slots - b.used / b.slots || byName(a, b));
  if (agent !== undefined) return { kind: 'agent', agent, matchReason: `${describeNeed(need)}: least loaded, ${agent.used} of ${agent.slots} slots used`.slice(0, 256) };
  const lacksIndependent = able.length > 0 && able.every(({ allowed }) => allowed === 0);
  return { kind: 'none', lacksIndependent, reason: lacksIndependent ? `every connected agent of ${named(pools)} executed a task that this one checks` : whyNone(pools, groups.length, able.length) };
}

const named = (pools: readonly string[]) => pools.slice(0, 5).join(', ');

function whyNone(pools: readonly string[], groups: number, able: number): string {
  if (pools.length === 0) return 'no pool that could run it gives out tasks now';
  if (groups === 0) return `no agent of ${named(pools)} is connected`;
  return able === 0 ? `no connected agent of ${named(pools)} has the role and the capabilities` : `every slot of ${named(pools)} is in use`;
}

function groupKey({ agentTypes, capabilities, slots }: Agent): string {
  return JSON.stringify([slots, agentTypes.toSorted(), capabilities.toSorted()]);
}

const byName = (a: Agent, b: Agent) => (a.name === b.name ? compareText(a.uid, b.uid) : compareText(a.name, b.name));
const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
