// Accounting of the prompt cache: which prefixes were seen lately, and how the tokens of a request fall into classes because of it.
import { createHash } from 'node:crypto';
import type { Clock } from '#platform/clock.ts';
import { type Breakpoint, breakpoints, promptParts } from './prompt-parts.ts';
import type { Prompt } from './request.ts';
import { tokensOf } from './tokens.ts';

/** Tokens of a request by price: the sum of all is the whole prompt. */
export interface InputTokens {
  /** Neither read from the cache nor written to it. */
  readonly fresh: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
}

/** Shorter prefixes are not cached, whatever the caller marks. */
const minPrefixTokens = 1024;
/** So many parts before a breakpoint are looked up, itself included: a turn with more blocks misses the entry of the turn before. */
const lookback = 20;
const minuteMs = 60_000;
const lifetimeMs = { '5m': 5 * minuteMs, '1h': 60 * minuteMs } as const;

interface Entry {
  readonly lifetimeMs: number;
  readonly expiresAt: number;
}

interface Prefix {
  readonly digest: string;
  /** Tokens up to and with this part. */
  readonly tokens: number;
}

/** Prefixes that were seen. A hit makes an entry young again; entries are kept apart by model. */
export class PromptCache {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Clock;
  #sweptAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sweptAt = clock.monotonic();
  }

  /** Classes of the tokens of a prompt that is answered now; its breakpoints are cached from here on. */
  account(prompt: Prompt): InputTokens {
    this.#sweep();
    const prefixes = prefixesOf(prompt);
    const total = prefixes.at(-1)?.tokens ?? 0;
    const marks = breakpoints(prompt).filter(({ at }) => tokensAt(prefixes, at) >= minPrefixTokens);
    const hitAt = this.#longestHit(prefixes, marks);
    const cacheRead = tokensAt(prefixes, hitAt);
    const written = { '5m': 0, '1h': 0 };
    let done = cacheRead;
    for (const { at, ttl } of marks) {
      this.#keep(prefixes[at]?.digest ?? '', lifetimeMs[ttl]);
      const tokens = tokensAt(prefixes, at);
      if (tokens > done) written[ttl] += tokens - done;
      done = Math.max(done, tokens);
    }
    return { fresh: total - done, cacheRead, cacheWrite5m: written['5m'], cacheWrite1h: written['1h'] };
  }

  /** Index of the last part of the longest known prefix, -1 for none. */
  #longestHit(prefixes: readonly Prefix[], marks: readonly Breakpoint[]): number {
    for (const { at } of marks.toReversed()) {
      for (let index = at; index > at - lookback && index >= 0; index -= 1) {
        const digest = prefixes[index]?.digest ?? '';
        const entry = this.#live(digest);
        if (entry === undefined) continue;
        this.#keep(digest, entry.lifetimeMs);
        return index;
      }
    }
    return -1;
  }

  #live(digest: string): Entry | undefined {
    const entry = this.#entries.get(digest);
    return entry !== undefined && entry.expiresAt > this.#clock.monotonic() ? entry : undefined;
  }

  #keep(digest: string, lifetime: number): void {
    this.#entries.set(digest, { lifetimeMs: lifetime, expiresAt: this.#clock.monotonic() + lifetime });
  }

  /** At most once a minute: a look at all entries for every request would cost more than what it frees. */
  #sweep(): void {
    const now = this.#clock.monotonic();
    if (now - this.#sweptAt < minuteMs) return;
    this.#sweptAt = now;
    for (const [digest, { expiresAt }] of this.#entries) if (expiresAt <= now) this.#entries.delete(digest);
  }
}

/** Tokens of a whole prompt, as count_tokens tells them. */
export function promptTokens(prompt: Prompt): number {
  return tokensOf(promptParts(prompt).reduce((sum, { bytes }) => sum + bytes, 0));
}

function prefixesOf(prompt: Prompt): Prefix[] {
  const hash = createHash('sha256').update(prompt.model);
  let bytes = 0;
  return promptParts(prompt).map((part) => {
    bytes += part.bytes;
    hash.update(`\n${part.bytes}\n${part.text}`);
    return { digest: hash.copy().digest('hex'), tokens: tokensOf(bytes) };
  });
}

function tokensAt(prefixes: readonly Prefix[], at: number): number {
  return prefixes[at]?.tokens ?? 0;
}
