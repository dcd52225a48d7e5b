// A clock that stands still until a test moves it: leases and deadlines are tested without waiting.
import type { Clock } from '#platform/clock.ts';

interface Timer {
  readonly at: number;
  readonly task: () => void;
}

/** A `Clock` whose time is moved by `advance`; wall and monotonic time move together. */
export class ManualClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;
  readonly #timers = new Set<Timer>();

  constructor(wallMs = Date.UTC(2026, 0, 1)) {
    this.#wallMs = wallMs;
  }

  now(): number {
    return this.#wallMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  after(ms: number, task: () => void): () => void {
    const timer = { at: this.#monotonicMs + Math.max(0, ms), task };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Timers that have not run yet. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time by `ms` milliseconds and runs due timers in their order; promises settle before and after each of them. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonicMs + ms;
    await settle();
    for (let next = this.#due(end); next !== undefined; next = this.#due(end)) {
      this.#timers.delete(next);
      this.#moveTo(next.at);
      next.task();
      await settle();
    }
    this.#moveTo(end);
  }

  #due(end: number): Timer | undefined {
    const [first] = [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
    return first;
  }

  #moveTo(at: number): void {
    this.#wallMs += at - this.#monotonicMs;
    this.#monotonicMs = at;
  }
}

/** Lets everything that waits for promises only go on. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
