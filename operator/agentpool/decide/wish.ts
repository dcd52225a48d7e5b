// How many agents a pool should have: the wish of domain/scheduling, and what it means for pods that exist.
import type { Instant } from '#api/time.ts';
import { type Wish, wishedReplicas } from '#domain/scheduling/scaling.ts';
import { isBusy, type Member } from './members.ts';
import type { PoolView } from './view.ts';

export interface Wishes {
  /** Number of agents wished for: the pool grows to it at once and shrinks to it as agents become idle. */
  readonly target: number;
  /** Agents above this number leave at once, busy ones when their tasks are done: the user has set it. */
  readonly ceiling: number;
  /** Most pods at any time, those that are being deleted included. */
  readonly room: number;
  /** The demand asks for more than the limits allow. */
  readonly limited: boolean;
  /** Why this number, for people. */
  readonly why: string;
  readonly history: readonly Wish[];
  /** When the target falls by the passing of time alone, milliseconds from now. */
  readonly fallsAfterMs?: number;
}

/** What the mode, the limits and the demand make of a pool's size. */
export function wishesOf({ pool, demand, memory }: PoolView, members: readonly Member[], now: Instant): Wishes {
  const { spec, status } = pool;
  if (spec.operatingMode === 'Drain') return { target: 0, ceiling: 0, room: 0, limited: false, why: 'operatingMode is Drain', history: [] };
  const working = members.filter((member) => member.standing === 'connected' && isBusy(member));
  const { replicas, ...wished } = wishedReplicas({
    spec,
    queued: demand.queued,
    ...(demand.apart === undefined ? {} : { apart: demand.apart }),
    busy: { agents: working.length, slots: working.reduce((sum, { agent }) => sum + (agent?.used ?? 0), 0) },
    medianRunMs: demand.medianRunMs,
    desired: status?.desiredReplicas ?? 0,
    history: memory.wishes,
    now,
  });
  const isExternal = spec.scaling.mode === 'External';
  const { maxReplicas } = spec.scaling;
  const limits = isExternal ? { ceiling: replicas, room: Number.POSITIVE_INFINITY } : { ceiling: maxReplicas, room: maxReplicas };
  const { limited, note: why, history, ...falls } = wished;
  return { target: replicas, limited, why, history, ...falls, ...limits };
}
