// All events of a mission in their order, and the picture after any of them.
import type { CloudEvent } from '#api/events/envelope.ts';
import type { Instant } from '#api/time.ts';
import { describeGap, Fold } from './fold.ts';
import { type Dated, inOrder } from './order.ts';
import { emptyPicture, type Picture } from './picture.ts';
import { createSieve } from './sieve.ts';

/** So many events are folded again at most when somebody goes back. */
const apart = 2048;

/** A mission's history, with a place in it. */
export class Timeline {
  #events: readonly Dated[] = [];
  readonly #fold = new Fold();
  /** Pictures after each `apart` events. */
  #kept: Picture[] = [emptyPicture];
  #at = 0;
  #last: Dated | undefined;

  constructor(events: readonly CloudEvent[] = []) {
    const sieve = createSieve(Math.max(1, events.length));
    this.#events = inOrder(events).filter(({ event }) => sieve.isNew(event));
  }

  /** Number of events. */
  get length(): number {
    return this.#events.length;
  }

  /** Number of events that the picture now holds. */
  get at(): number {
    return this.#at;
  }

  /** The event at a place, from 0. */
  event(index: number): Dated | undefined {
    return this.#events[index];
  }

  /** Number of events up to and with this instant. */
  countAt(instant: Instant): number {
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle]?.at ?? Number.POSITIVE_INFINITY) <= instant) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Adds events that came later; they go behind those that are there. */
  append(events: readonly CloudEvent[]): void {
    this.#events = [...this.#events, ...inOrder(events)];
  }

  /** Goes to after the first `count` events; gives what gaps showed on the way forward. */
  goTo(count: number): readonly string[] {
    const target = Math.max(0, Math.min(count, this.length));
    const kept = Math.min(Math.floor(target / apart), this.#kept.length - 1);
    if (target < this.#at || kept * apart > this.#at) this.#jump(kept);
    const gaps: string[] = [];
    while (this.#at < target) {
      const gap = this.#forward();
      if (gap !== undefined) gaps.push(gap);
    }
    return gaps;
  }

  /** The picture at this place. */
  picture(): Picture {
    return this.#fold.picture();
  }

  /** The event that led here. */
  last(): Dated | undefined {
    return this.#last;
  }

  #jump(kept: number): void {
    this.#fold.restore(this.#kept[kept] ?? emptyPicture);
    this.#at = kept * apart;
    this.#last = this.#events[this.#at - 1];
  }

  #forward(): string | undefined {
    const next = this.#events[this.#at];
    if (next === undefined) return undefined;
    const gap = this.#fold.apply(next.event);
    this.#at += 1;
    this.#last = next;
    if (this.#at === this.#kept.length * apart) this.#kept.push(this.#fold.picture());
    return gap === undefined ? undefined : describeGap(gap);
  }
}
