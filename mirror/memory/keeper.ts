// Takes what the log tells and keeps what it teaches, with the position behind it: in this order, so that nothing is lost between the two.
import type { Clock } from '#platform/clock.ts';
import { isChromaFault } from '#platform/chroma/error.ts';
import { messageOf } from '#platform/errors.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { Backoff } from '../sinks/backoff.ts';
import { type Batch, isOther } from '../sinks/batch.ts';
import type { Health } from '../sinks/health.ts';
import { Courses, type Memory } from './decide/courses.ts';
import type { MemoryStore, Position } from './store.ts';

/** What became of a batch. */
export interface Kept {
  readonly episodes: number;
  readonly lessons: number;
  /** Messages of the log that could not be read. */
  readonly refused: number;
}

export interface KeeperOptions {
  readonly store: MemoryStore;
  /** What may stay. */
  readonly limits: { readonly most: number; readonly days: number };
  readonly clock: Clock;
  readonly log: Log;
  /** Told of each batch that is kept. */
  readonly onKept: (kept: Kept) => void;
  readonly onForgotten: (count: number) => void;
}

const tidyMs = 3_600_000;
const dayMs = 86_400_000;
/** Where nothing is to be kept, how far was read is written down every so many batches: less is read again after a restart. */
const quietBatches = 50;

/** Takes batches one after the other and keeps what they teach. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #signal: AbortSignal;
  readonly #courses = new Courses();
  #through: number;
  /** Which log that is; empty: not known yet. */
  #log: string;
  #forgotten = 0;
  #quiet = 0;
  #tidied = Number.NEGATIVE_INFINITY;

  constructor(options: KeeperOptions, { through, log }: Position, signal: AbortSignal) {
    this.#options = options;
    [this.#through, this.#log] = [through, log];
    this.#signal = signal;
  }

  /** Writes the position down before anything else: from then on a Chroma that was emptied is noticed, for its collection is not there any more. */
  async begin(): Promise<void> {
    if (this.#through === 0) await this.#options.store.mark({ from: 0, through: 0, log: this.#log });
    await this.#tidy();
  }

  async take(batch: Batch, health: Health): Promise<void> {
    if (batch.log !== '') {
      // A log that was made anew counts from the beginning.
      if (isOther(batch, this.#log)) this.#through = 0;
      this.#log = batch.log;
    }
    const memories = batch.messages.flatMap(({ events, sequence }) => {
      const learned = events.flatMap((event) => this.#courses.take(event, sequence));
      return sequence > this.#through ? learned : [];
    });
    this.#warn();
    this.#quiet = memories.length === 0 ? this.#quiet + 1 : 0;
    if (batch.last > this.#through && (memories.length > 0 || this.#quiet % quietBatches === 0)) await this.#persist(health, () => this.#keep(memories, batch.last));
    const refused = batch.messages.filter(({ fault }) => fault !== undefined).length;
    const episodes = memories.filter(({ kind }) => kind === 'episode').length;
    this.#options.onKept({ episodes, lessons: memories.filter((memory) => memory.kind === 'episode' && memory.episode.isLead).length, refused });
    if (this.#options.clock.monotonic() - this.#tidied > tidyMs) await this.#tidy();
  }

  /** Where more missions go on than there is room for, the tasks of some stay unchecked. */
  #warn(): void {
    if (this.#courses.forgotten === this.#forgotten) return;
    this.#forgotten = this.#courses.forgotten;
    this.#options.log.warn('too many missions go on to remember all: lessons of some are lost', { missions: this.#forgotten });
  }

  async #keep(memories: readonly Memory[], last: number): Promise<void> {
    const { store } = this.#options;
    await store.keep(memories);
    await store.mark({ from: this.#courses.oldest() ?? last + 1, through: last, log: this.#log });
    this.#through = last;
  }

  async #tidy(): Promise<void> {
    const { store, limits, clock, onForgotten, log } = this.#options;
    this.#tidied = clock.monotonic();
    // What is too much may stay for another hour; what is to be learned may not wait for that.
    await store.tidy({ most: limits.most, since: Math.floor((clock.now() - limits.days * dayMs) / 1000) }).then(onForgotten, (error: unknown) => log.warn('the memory cannot be tidied', { fault: messageOf(error) }));
  }

  /** Tries until it works. A place that is gone, or vectors of another length, are not mended by waiting. */
  async #persist(health: Health, call: () => Promise<void>): Promise<void> {
    const waits = new Backoff(this.#options.clock, this.#signal);
    for (;;) {
      try {
        await call();
        return health.works();
      } catch (error) {
        const isPassing = isChromaFault(error) && (error.errorClass === 'retry' || error.errorClass === 'denied');
        if (!isPassing || this.#signal.aborted) throw error;
        health.fails(messageOf(error));
        this.#options.log.debug('Chroma does not take a batch', { fault: messageOf(error) });
        await waits.wait();
        this.#signal.throwIfAborted();
      }
    }
  }
}
