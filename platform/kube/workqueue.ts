// Which key to work on next: each key once, never two handlers on one key, failures with growing pauses. Keys without work cost nothing.
import type { Clock } from '#platform/clock.ts';
import type { Random } from '#platform/ids.ts';
import { backoffMs, type Backoff } from './backoff.ts';
import { isKubeError } from './error.ts';
import { Fifo } from './fifo.ts';

export interface WorkQueueOptions {
  /** Works on a key. `wakeAfterMs` asks for another turn; an error for one after a pause. */
  readonly handler: (key: string) => Promise<{ readonly wakeAfterMs?: number }>;
  /** Keys worked on at once. */
  readonly workers: number;
  readonly clock: Clock;
  readonly random: Random;
  /** `attempt` counts failures of this key in a row, from 1. */
  readonly onError: (key: string, error: unknown, attempt: number) => void;
  /** Called after each turn, for metrics; `ms` is its length. */
  readonly onDone?: (key: string, ms: number) => void;
  /** 5 ms to 30 s unless told. */
  readonly backoff?: Backoff;
}

export interface WorkQueue {
  /** Asks for a turn as soon as possible. */
  add(key: string): void;
  /** Asks for a turn after `ms`; of several wishes the earliest counts. */
  addAfter(key: string, ms: number): void;
  /** Takes no more keys, forgets those that wait, and resolves when the running turns have ended. */
  stop(): Promise<void>;
  /** Keys that are due and wait for a worker. */
  readonly depth: number;
  /** How long the first of them has waited, in milliseconds. */
  oldestAgeMs(): number;
  /** Keys that the queue remembers for any reason. */
  readonly size: number;
}

/** A queue that starts working with the first key. */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  return new KeyedQueue(options);
}

interface Entry {
  state: 'idle' | 'queued' | 'running';
  /** Somebody asked for a turn while one was running. */
  again: boolean;
  failures: number;
  timer: { readonly dueAt: number; readonly cancel: () => void } | undefined;
}

const defaultBackoff: Backoff = { baseMs: 5, maxMs: 30_000 };

class KeyedQueue implements WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #due = new Fifo<{ readonly key: string; readonly since: number }>();
  readonly #turns = new Set<Promise<void>>();
  #pumpScheduled = false;
  #stopped = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  get depth(): number {
    return this.#due.length;
  }

  get size(): number {
    return this.#entries.size;
  }

  oldestAgeMs(): number {
    const first = this.#due.peek();
    return first === undefined ? 0 : this.#options.clock.monotonic() - first.since;
  }

  add(key: string): void {
    if (this.#stopped) return;
    const entry = this.#entry(key);
    cancelTimer(entry);
    if (entry.state === 'running') entry.again = true;
    else if (entry.state === 'idle') this.#enqueue(key, entry);
  }

  addAfter(key: string, ms: number): void {
    if (this.#stopped) return;
    if (ms <= 0) return this.add(key);
    const entry = this.#entry(key);
    const dueAt = this.#options.clock.monotonic() + ms;
    if (entry.state === 'queued' || (entry.timer !== undefined && entry.timer.dueAt <= dueAt)) return;
    cancelTimer(entry);
    entry.timer = { dueAt, cancel: this.#options.clock.after(ms, () => this.add(key)) };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const entry of this.#entries.values()) cancelTimer(entry);
    while (this.#due.shift() !== undefined);
    await Promise.all(this.#turns);
    this.#entries.clear();
  }

  #entry(key: string): Entry {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { state: 'idle', again: false, failures: 0, timer: undefined };
      this.#entries.set(key, entry);
    }
    return entry;
  }

  #enqueue(key: string, entry: Entry): void {
    entry.state = 'queued';
    this.#due.push({ key, since: this.#options.clock.monotonic() });
    this.#schedulePump();
  }

  /** Turns never start inside add(): its caller may be in the middle of a cache update. */
  #schedulePump(): void {
    if (this.#pumpScheduled) return;
    this.#pumpScheduled = true;
    queueMicrotask(() => {
      this.#pumpScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#turns.size < this.#options.workers) {
      const next = this.#due.shift();
      if (next === undefined) return;
      const turn = this.#turn(next.key).finally(() => {
        this.#turns.delete(turn);
        this.#schedulePump();
      });
      this.#turns.add(turn);
    }
  }

  async #turn(key: string): Promise<void> {
    const { handler, clock, onDone } = this.#options;
    const entry = this.#entry(key);
    entry.state = 'running';
    const startedAt = clock.monotonic();
    let waitMs: number | undefined;
    try {
      waitMs = (await handler(key)).wakeAfterMs;
      entry.failures = 0;
    } catch (error) {
      waitMs = this.#failed(key, entry, error);
    }
    onDone?.(key, clock.monotonic() - startedAt);
    entry.state = 'idle';
    if (!this.#stopped) this.#settle(key, entry, waitMs);
  }

  #failed(key: string, entry: Entry, error: unknown): number {
    const { onError, backoff = defaultBackoff, random } = this.#options;
    entry.failures++;
    onError(key, error, entry.failures);
    const pauseMs = backoffMs(backoff, entry.failures, random);
    if (!isKubeError(error) || error.retryAfterMs === undefined) return pauseMs;
    // The server asked for a pause: a change that came in meanwhile must wait too.
    entry.again = false;
    return Math.max(pauseMs, error.retryAfterMs);
  }

  #settle(key: string, entry: Entry, waitMs: number | undefined): void {
    const again = entry.again;
    entry.again = false;
    if (again) this.add(key);
    else if (waitMs !== undefined) this.addAfter(key, waitMs);
    else if (entry.timer === undefined) this.#entries.delete(key);
  }
}

function cancelTimer(entry: Entry): void {
  entry.timer?.cancel();
  entry.timer = undefined;
}
