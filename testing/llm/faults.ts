// What the server can break, and when. A fault hits valid requests for messages only: a wrong key or a wrong request is told first, as the API does.
import { seeded } from '#testing/seeded.ts';
import { Refusal } from './refusal.ts';

/** One way to fail. Numbers of events count from the first one of the stream, pings included. */
export type Fault =
  /** 429; without seconds the answer has no retry-after, as for a spend limit. */
  | { readonly kind: 'rateLimited'; readonly retryAfterSeconds?: number }
  /** 529. */
  | { readonly kind: 'overloaded' }
  /** 500. */
  | { readonly kind: 'serverError' }
  /** Nothing is sent for `ms` milliseconds, not even headers. */
  | { readonly kind: 'slowFirstByte'; readonly ms: number }
  /** Falls silent for `ms` milliseconds after so many events, or in the middle of a body. */
  | { readonly kind: 'stall'; readonly ms: number; readonly afterEvents: number }
  /** The connection is reset after so many events, or in the middle of a body. */
  | { readonly kind: 'cut'; readonly afterEvents: number }
  /** The stream ends in good order after so many events, without message_stop. A body is whole. */
  | { readonly kind: 'shortStream'; readonly afterEvents: number }
  /** An error event inside the stream after so many events, as when capacity is lost meanwhile; 529 for a body. */
  | { readonly kind: 'overloadedInStream'; readonly afterEvents: number }
  /** Status 200 and bytes that are no JSON. */
  | { readonly kind: 'garbage' }
  /** The output ends after so many tokens with stop_reason max_tokens. */
  | { readonly kind: 'outputCap'; readonly tokens: number }
  /** Status 200, no content, stop_reason refusal. */
  | { readonly kind: 'refusal' };

/** Which calls a fault hits: the next few, every k-th, or each with a probability that a seed repeats. */
export type When = { readonly next: number } | { readonly every: number } | { readonly probability: number; readonly seed: number };

interface Rule {
  readonly fault: Fault;
  readonly isDue: () => boolean;
}

/** The faults that were asked for. */
export class Faults {
  #rules: readonly Rule[] = [];

  /** The returned function takes the fault back. */
  add(fault: Fault, when: When): () => void {
    const rule = { fault, isDue: schedule(when) };
    this.#rules = [...this.#rules, rule];
    return () => {
      this.#rules = this.#rules.filter((other) => other !== rule);
    };
  }

  /** The fault of the next call: of several that are due, the one that was asked for first. Each of them counts the call. */
  take(): Fault | undefined {
    return this.#rules.filter(({ isDue }) => isDue())[0]?.fault;
  }
}

/** The error that is sent instead of an answer; undefined for faults that break an answer, or shape it. */
export function refusalOf(fault: Fault | undefined, isStream: boolean): Refusal | undefined {
  if (fault?.kind === 'rateLimited') return new Refusal(429, 'This request would exceed the rate limit of the simulation', retryAfter(fault.retryAfterSeconds));
  if (fault?.kind === 'serverError') return new Refusal(500, 'Internal server error');
  const isOverloaded = fault?.kind === 'overloaded' || (fault?.kind === 'overloadedInStream' && !isStream);
  return isOverloaded ? new Refusal(529, 'Overloaded') : undefined;
}

function retryAfter(seconds: number | undefined): Readonly<Record<string, string>> {
  return seconds === undefined ? {} : { 'retry-after': String(seconds) };
}

function schedule(when: When): () => boolean {
  let calls = 0;
  if ('next' in when) return () => (calls += 1) <= when.next;
  if ('every' in when) return () => (calls += 1) % when.every === 0;
  const random = seeded(when.seed);
  return () => random() < when.probability;
}
