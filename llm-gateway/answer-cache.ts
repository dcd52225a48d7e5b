// Answers that equal calls may have again, in memory: bounded by size and age, the least recently used go first.
import type { Clock } from '#platform/clock.ts';
import type { Question } from './question.ts';

/** An answer as it goes to any of its callers. */
export interface KeptAnswer {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What it cost whoever paid for it, in micro-USD. */
  readonly costMicroUsd: number;
}

export interface AnswerCache {
  /** The answer to this question, unless its asker has it already. */
  find(question: Question): KeptAnswer | undefined;
  keep(question: Question, answer: KeptAnswer): void;
  /** The asker has the answer now: should it ask again, it wants another one. */
  told(question: Question): void;
}

interface Entry {
  readonly answer: KeptAnswer;
  /** On the clock that only grows, in milliseconds. */
  readonly expiresAt: number;
  readonly askers: Set<string>;
  bytes: number;
}

const maxAgeMs = 3_600_000;
/** What an entry and an asker need besides the text, in bytes, rounded up. */
const entryBytes = 1024;
const askerBytes = 256;

/** An empty cache; one of 0 bytes keeps nothing. */
export function createAnswerCache(maxBytes: number, clock: Pick<Clock, 'monotonic'>): AnswerCache {
  return new RecentAnswers(maxBytes, clock);
}

class RecentAnswers implements AnswerCache {
  readonly #maxBytes: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** In order of use, the last one used at the end. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(maxBytes: number, clock: Pick<Clock, 'monotonic'>) {
    this.#maxBytes = maxBytes;
    this.#clock = clock;
  }

  find({ key, asker, isAnew }: Question): KeptAnswer | undefined {
    const entry = isAnew ? undefined : this.#fresh(key);
    if (entry === undefined || (asker !== undefined && entry.askers.has(asker))) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.answer;
  }

  keep({ key }: Question, answer: KeptAnswer): void {
    this.#drop(key);
    // A character takes two bytes at most.
    const size = entryBytes + 2 * answer.text.length;
    if (size > this.#maxBytes) return;
    const entry: Entry = { answer, expiresAt: this.#clock.monotonic() + maxAgeMs, askers: new Set(), bytes: 0 };
    this.#entries.set(key, entry);
    this.#grow(entry, size);
  }

  told({ key, asker }: Question): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || asker === undefined || entry.askers.has(asker)) return;
    entry.askers.add(asker);
    this.#grow(entry, askerBytes);
  }

  #fresh(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#clock.monotonic() < entry.expiresAt) return entry;
    this.#drop(key);
    return undefined;
  }

  #grow(entry: Entry, by: number): void {
    entry.bytes += by;
    this.#bytes += by;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
