// Children that wait for a claim. Each serves once: who claims one has it for good, and another is started for the next.
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Log } from '#platform/telemetry/log.ts';

/** Starting takes a whole core for a moment: the claim that made room goes first. */
const refillAfterMs = 50;
const firstBackoffMs = 100;
const longestBackoffMs = 30_000;

/** What a pool needs to know of a child. */
export interface Pooled {
  /** False: it has ended before it was of use. */
  readonly ready: Promise<boolean>;
  readonly ended: Promise<unknown>;
}

export interface PoolOptions<C> {
  /** Children that wait, at most. 0: each is started when it is claimed. */
  readonly size: number;
  readonly start: () => C;
  /** Kills a child that nobody claimed and removes what belongs to it. */
  readonly discard: (child: C) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A bounded pool of single-use children, filled one at a time. */
export class Pool<C extends Pooled> {
  readonly #options: PoolOptions<C>;
  readonly #waiting: C[] = [];
  #starting: C | undefined;
  #failures = 0;
  #cancelRefill: (() => void) | undefined;
  #isClosed = false;

  constructor(options: PoolOptions<C>) {
    this.#options = options;
    this.#refill();
  }

  /** Children that are ready. */
  get ready(): number {
    return this.#waiting.length;
  }

  /** A child for the caller alone: a ready one, else the one that is starting, else a new one. */
  claim(): C {
    if (this.#isClosed) throw new Error('claim a child: the pool is closed; nothing was run');
    const child = this.#waiting.shift() ?? this.#starting ?? this.#options.start();
    if (child === this.#starting) this.#starting = undefined;
    if (this.#failures === 0) this.#refillAfter(refillAfterMs);
    return child;
  }

  /** Kills all children that wait; resolves when they are gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRefill?.();
    const children = [...this.#waiting.splice(0), ...(this.#starting === undefined ? [] : [this.#starting])];
    await Promise.all(children.map((child) => this.#options.discard(child)));
  }

  #refillAfter(ms: number): void {
    this.#cancelRefill?.();
    this.#cancelRefill = this.#options.clock.after(ms, () => this.#refill());
  }

  #refill(): void {
    if (this.#isClosed || this.#starting !== undefined || this.#waiting.length >= this.#options.size) return;
    const child = this.#options.start();
    this.#starting = child;
    void child.ready.then((isReady) => this.#started(child, isReady));
  }

  #started(child: C, isReady: boolean): void {
    const isOurs = this.#starting === child;
    if (isOurs) this.#starting = undefined;
    if (this.#isClosed) return;
    if (!isReady) return this.#failed(isOurs ? child : undefined);
    this.#failures = 0;
    if (isOurs) {
      this.#waiting.push(child);
      void child.ended.then(() => this.#lost(child));
    }
    this.#refill();
  }

  /** A child that died while it waited; one that was claimed is none of our business any more. */
  #lost(child: C): void {
    const at = this.#waiting.indexOf(child);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    this.#failed(child);
  }

  #failed(child: C | undefined): void {
    if (child !== undefined) this.#discard(child);
    const waitMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** this.#failures);
    this.#failures += 1;
    this.#options.log.warn('a sandbox child ended before its claim', { failures: this.#failures, nextInMs: waitMs });
    this.#refillAfter(waitMs);
  }

  #discard(child: C): void {
    this.#options.discard(child).catch((error: unknown) => this.#options.log.warn('the folder of a sandbox child was left behind', { error: messageOf(error) }));
  }
}
