// The facts that all policies share, and the form of their answers.
import type { Instant } from '#api/time.ts';
import { type Health, healthOf } from './health.ts';
import { type Member, membersOf, silentSince } from './members.ts';
import type { NotedIntent, PoolMemory, PoolView } from './view.ts';
import { type Wishes, wishesOf } from './wish.ts';

export interface Situation {
  readonly view: PoolView;
  readonly now: Instant;
  readonly members: readonly Member[];
  readonly wishes: Wishes;
  readonly health: Health;
  /** What was remembered, with what this look adds. */
  readonly memory: PoolMemory;
}

/** What one policy wants. */
export interface Step {
  readonly intents: readonly NotedIntent[];
  /** The situation that later policies see. */
  readonly after: Situation;
  readonly wakeAfterMs?: number;
}

export type Policy = (situation: Situation) => Step;

/** The situation before any policy has spoken. */
export function situationOf(view: PoolView, now: Instant): Situation {
  const members = membersOf(view);
  const wishes = wishesOf(view, members, now);
  const silence = silentSince(members, view.memory.silentSince, now);
  return { view, now, members, wishes, health: healthOf(view, members), memory: { ...view.memory, wishes: wishes.history, silentSince: silence } };
}

/** A policy that has nothing to say, now or until `wakeAfterMs`. */
export function nothing(situation: Situation, wakeAfterMs?: number): Step {
  return wakeAfterMs === undefined ? { intents: [], after: situation } : { intents: [], after: situation, wakeAfterMs };
}

/** The earliest of these times; undefined when there is none. */
export function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** How long a pod has been running without a connection, as far as this leader knows, milliseconds. */
export function silentForMs({ pod }: Member, { memory, now }: Situation): number {
  return now - (memory.silentSince[pod.metadata.uid] ?? now);
}
