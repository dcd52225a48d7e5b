// The order in which things happened. Clocks differ; the versions of an object and the counters of an attempt do not, so these win over times.
import type { CloudEvent } from '#api/events/envelope.ts';
import type { Instant } from '#api/time.ts';
import { type Place, placeOf } from './place.ts';

/** An event with the time at which it counts: never before one that it follows. */
export interface Dated {
  readonly event: CloudEvent;
  readonly at: Instant;
}

interface Placed extends Place {
  readonly event: CloudEvent;
}

/** Events in their order: those of one thing by version or counter, across things by time, equal times by id. The order of the input does not matter. */
export function inOrder(events: readonly CloudEvent[]): Dated[] {
  const placed = events.map((event): Placed => ({ event, ...placeOf(event) })).sort(byPlace);
  let before: Placed | undefined;
  let latest = 0;
  const dated = placed.map((one): Dated => {
    latest = before?.thing === one.thing ? Math.max(latest, one.at) : one.at;
    before = one;
    return { event: one.event, at: latest };
  });
  // Sorting is stable: equal times keep the order of places.
  return dated.sort((a, b) => a.at - b.at);
}

function byPlace(a: Placed, b: Placed): number {
  return compare(a.thing, b.thing) || compare(a.rank, b.rank) || compare(a.event.id, b.event.id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export interface WindowOptions {
  /** How long an event is held back, in its own time, for others that come late. */
  readonly spanMs: number;
  /** Most events that are held back. */
  readonly most: number;
}

/** Puts a stream in order as far as memory allows. */
export interface Window {
  /** Takes events; gives those that nothing can come before any more. */
  push(events: readonly CloudEvent[]): CloudEvent[];
  /** Gives the rest. */
  flush(): CloudEvent[];
}

/** A window over a stream in which events of one thing come in their order and others out of order by less than `spanMs`. What comes later still is passed on when it comes. */
export function createWindow({ spanMs, most }: WindowOptions): Window {
  let held: CloudEvent[] = [];
  let newest = Number.NEGATIVE_INFINITY;
  let oldest = Number.POSITIVE_INFINITY;

  function release(): CloudEvent[] {
    const ordered = inOrder(held);
    const isDue = ({ at }: Dated, index: number) => at < newest - spanMs || index < ordered.length - most;
    const firstHeld = ordered.findIndex((dated, index) => !isDue(dated, index));
    const due = firstHeld === -1 ? ordered : ordered.slice(0, firstHeld);
    const rest = ordered.slice(due.length);
    held = rest.map(({ event }) => event);
    oldest = rest[0]?.at ?? Number.POSITIVE_INFINITY;
    return due.map(({ event }) => event);
  }

  return {
    push(events) {
      for (const event of events) {
        const { at } = placeOf(event);
        newest = Math.max(newest, at);
        oldest = Math.min(oldest, at);
        held.push(event);
      }
      // Twice the span, so that a long stream is not sorted anew with each event.
      return newest - oldest > 2 * spanMs || held.length > 2 * most ? release() : [];
    },
    flush() {
      const rest = inOrder(held).map(({ event }) => event);
      held = [];
      oldest = Number.POSITIVE_INFINITY;
      return rest;
    },
  };
}
