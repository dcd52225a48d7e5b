// How many agents a pool should have. Wishes rise at once and fall slowly; what is not known changes nothing.
import type { Instant } from '#api/time.ts';
import type { AgentPoolSpec } from '#api/v1alpha1/agentpool.ts';

/** A number of agents that was wished for, until something else was. */
export interface Wish {
  readonly replicas: number;
  /** Absent while it is the current wish. */
  readonly until?: Instant;
}

/** What is asked of a pool, and what it has. */
export interface ScalingView {
  readonly spec: Pick<AgentPoolSpec, 'replicas' | 'scaling' | 'slotsPerAgent' | 'operatingMode'>;
  /** Ready tasks that wait for a slot; undefined while that is not known. */
  readonly queued: number | undefined;
  /** Agents that must be there for a waiting verifier, which some of them may not run. */
  readonly apart?: number;
  /** Agents with at least one task, and the slots that these tasks take; undefined while that is not known. */
  readonly busy: { readonly agents: number; readonly slots: number } | undefined;
  /** Median run time of the pool's tasks, milliseconds; undefined before the first has ended. */
  readonly medianRunMs: number | undefined;
  /** The last wish that was written, also by another leader. */
  readonly desired: number;
  /** As the last answer gave it; empty for a new leader. */
  readonly history: readonly Wish[];
  readonly now: Instant;
}

export interface Wished {
  readonly replicas: number;
  /** More would be wished for if the limits allowed it. */
  readonly limited: boolean;
  /** Why, for people. */
  readonly note: string;
  readonly history: readonly Wish[];
  /** When the wish falls by the passing of time alone, milliseconds from now. */
  readonly fallsAfterMs?: number;
}

/** The number of agents to wish for. */
export function wishedReplicas(view: ScalingView): Wished {
  const { spec, busy, queued, desired, history } = view;
  const keep = (replicas: number, note: string): Wished => ({ replicas, limited: false, note, history });
  if (spec.operatingMode === 'Drain') return keep(busy?.agents ?? desired, 'operatingMode is Drain: agents go when they are idle');
  if (spec.scaling.mode === 'External') return keep(spec.replicas, 'spec.replicas is followed');
  if (spec.operatingMode === 'Pause') return keep(desired, 'operatingMode is Pause: the number is held');
  if (queued === undefined || busy === undefined) return keep(desired, 'what is asked of the pool is not known yet: the number is held');
  const needed = agentsForWork(view, queued, busy) + spec.scaling.warm;
  return limit(view, needed, `${queued} tasks wait, ${busy.agents} agents work, ${spec.scaling.warm} are kept warm`);
}

function agentsForWork({ spec, medianRunMs, apart = 0 }: ScalingView, queued: number, busy: { agents: number; slots: number }): number {
  const slots = busy.slots + slotsForQueue(queued, medianRunMs, spec.scaling.targetQueueSeconds);
  return Math.max(busy.agents, Math.ceil(slots / spec.slotsPerAgent), apart);
}

/** Slots that work off the queue in time; never more than one a task, and one at least when there is a task. */
function slotsForQueue(queued: number, medianRunMs: number | undefined, targetQueueSeconds: number | undefined): number {
  if (targetQueueSeconds === undefined || medianRunMs === undefined) return queued;
  return Math.min(queued, Math.max(1, Math.ceil((queued * medianRunMs) / (targetQueueSeconds * 1000))));
}

function limit({ spec, desired, history, now }: ScalingView, needed: number, note: string): Wished {
  const { minReplicas, maxReplicas, scaleDownWindowSeconds } = spec.scaling;
  const windowMs = scaleDownWindowSeconds * 1000;
  const remembered = remember(history.length === 0 ? [{ replicas: desired }] : history, needed, now, windowMs);
  // The first entry is the highest: what follows it was wished for later and is lower.
  const { replicas: highest, until } = remembered[0] ?? { replicas: needed };
  return {
    replicas: Math.min(Math.max(highest, minReplicas), maxReplicas),
    limited: needed > maxReplicas,
    note: highest > needed ? `${note}; falls to ${needed} after the scale-down window` : note,
    history: remembered,
    ...(until === undefined ? {} : { fallsAfterMs: until + windowMs - now }),
  };
}

/** The history with this wish. What is lower than a later wish cannot matter any more, so it stays as short as it is falling. */
function remember(history: readonly Wish[], replicas: number, now: Instant, windowMs: number): readonly Wish[] {
  const closed = history.map((wish) => (wish.until === undefined && wish.replicas !== replicas ? { ...wish, until: now } : wish));
  const higher = closed.filter((wish) => wish.replicas > replicas && wish.until !== undefined && wish.until + windowMs > now);
  return [...higher, { replicas }];
}
