// What the double can break, each on demand. Faults of requests are used up one by one; faults of watches act on the open streams.
import type { FakeRequest } from './request.ts';
import type { Watches } from './watches.ts';

export type Fault =
  /** Answers with this status and does nothing. */
  | { readonly kind: 'answer'; readonly status: number; readonly reason: string; readonly retryAfterSeconds?: number }
  /** Does what was asked, then cuts the connection without an answer. */
  | { readonly kind: 'dropReply' }
  /** Cuts the connection before anything is done. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'delay'; readonly ms: number }
  /** Answers the watch with 200 and an ERROR event that says 410. */
  | { readonly kind: 'expireInStream' };

/** Which requests a fault hits: those that have all the given values. */
export type Match = Partial<Pick<FakeRequest, 'verb' | 'plural' | 'namespace' | 'name' | 'subresource' | 'continued'>>;

export interface Faults {
  /** Hits the next `times` matching requests, once unless told. */
  inject(match: Match, fault: Fault, times?: number): void;
  dropReply(match: Match, times?: number): void;
  delay(match: Match, ms: number, times?: number): void;
  conflict(match: Match, times?: number): void;
  tooManyRequests(match: Match, retryAfterSeconds: number, times?: number): void;
  serverError(match: Match, times?: number): void;
  /** The next watch of a kind is refused as expired: as HTTP status, or as an event in the stream. */
  expireWatch(plural: string, form: 'status' | 'event'): void;
  /** The next page of a list of a kind is refused as expired. */
  expireContinue(plural: string): void;
  /** Cuts the watches of a kind, or all. */
  resetWatches(plural?: string): void;
  /** Holds back everything that watches of a kind would be told. */
  freezeWatch(plural: string): void;
  /** Tells what was held back. */
  thawWatch(plural: string): void;
  /** Ends the watches of a kind in good order. */
  endWatches(plural: string): void;
  /** Sends a line of the test's own to the watches of a kind. */
  rawLine(plural: string, line: string): void;
  /** Sends a line that is no JSON to the watches of a kind. */
  garbageLine(plural: string): void;
  /** Sends half an event to the watches of a kind and cuts them. */
  halfLine(plural: string): void;
  /** Takes back all that is not used up. */
  clear(): void;
}

interface Rule {
  readonly match: Match;
  readonly fault: Fault;
  left: number;
}

/** Faults whose rules `take` uses up. */
export function createFaults(watches: Watches): Faults & { take(request: FakeRequest): Fault | undefined } {
  let rules: Rule[] = [];
  const inject = (match: Match, fault: Fault, times = 1) => void rules.push({ match, fault, left: times });
  return {
    inject,
    dropReply: (match, times) => inject(match, { kind: 'dropReply' }, times),
    delay: (match, ms, times) => inject(match, { kind: 'delay', ms }, times),
    conflict: (match, times) => inject(match, { kind: 'answer', status: 409, reason: 'Conflict' }, times),
    tooManyRequests: (match, retryAfterSeconds, times) => inject(match, { kind: 'answer', status: 429, reason: 'TooManyRequests', retryAfterSeconds }, times),
    serverError: (match, times) => inject(match, { kind: 'answer', status: 500, reason: 'InternalError' }, times),
    expireWatch: (plural, form) => inject({ verb: 'watch', plural }, form === 'event' ? { kind: 'expireInStream' } : { kind: 'answer', status: 410, reason: 'Expired' }),
    expireContinue: (plural) => inject({ verb: 'list', plural, continued: true }, { kind: 'answer', status: 410, reason: 'Expired' }),
    resetWatches: (plural) => watches.reset(plural),
    freezeWatch: (plural) => watches.freeze(plural),
    thawWatch: (plural) => watches.thaw(plural),
    endWatches: (plural) => watches.end(plural),
    rawLine: (plural, line) => watches.raw(plural, `${line}\n`),
    garbageLine: (plural) => watches.raw(plural, '{"type":"MODIFIED","object":oops}\n'),
    halfLine: (plural) => {
      watches.raw(plural, '{"type":"ADDED","object":{"metadata":{"na');
      watches.end(plural);
    },
    clear: () => {
      rules = [];
    },
    take: (request) => {
      const rule = rules.find(({ match }) => fits(match, request));
      if (rule === undefined) return undefined;
      rule.left--;
      if (rule.left <= 0) rules = rules.filter((other) => other !== rule);
      return rule.fault;
    },
  };
}

function fits(match: Match, request: FakeRequest): boolean {
  return (Object.keys(match) as (keyof Match)[]).every((key) => match[key] === request[key]);
}
