// Brings a call to the provider: fenced before every try, tried again by the kind of failure, stopped by the breaker.
import type { Upstream, UpstreamOutcome, UpstreamRequest } from '#platform/anthropic/upstream.ts';
import { type Clock, delay } from '#platform/clock.ts';
import type { Breaker } from './breaker.ts';
import type { RetryPolicy } from './retry.ts';

export interface SenderOptions {
  readonly upstream: Pick<Upstream, 'send'>;
  readonly breaker: Breaker;
  readonly retries: RetryPolicy;
  readonly clock: Clock;
  /** Told of every try, with how long its first byte took. */
  readonly onTry: (outcome: UpstreamOutcome, seconds: number) => void;
}

/** Why a call was stopped before it was sent. */
export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly retryAfterMs?: number;
}

export interface Call extends UpstreamRequest {
  /** Asked before every try. */
  readonly mayGo: () => Refusal | undefined;
  /** A try was lost after it was sent. Says whether another one may be paid for. */
  readonly onLost: () => Promise<Refusal | undefined>;
}

export type Sent =
  | Extract<UpstreamOutcome, { kind: 'answer' | 'refused' }>
  /** Given up. `isBilled`: the last try was sent and lost, and may be billed. */
  | { readonly kind: 'stopped'; readonly refusal: Refusal; readonly isBilled: boolean };

const stopped = (refusal: Refusal, isBilled = false): Sent => ({ kind: 'stopped', refusal, isBilled });

/** Sends a call until it is answered, refused or given up. Rejects only when money cannot be reserved any more. */
export async function sendCall(options: SenderOptions, call: Call): Promise<Sent> {
  options.retries.called();
  for (let tries = 1; ; tries += 1) {
    const refusal = call.mayGo() ?? brokenCircuit(options.breaker);
    if (refusal !== undefined) return stopped(refusal);
    const outcome = await tryOnce(options, call);
    if (outcome.kind === 'answer' || outcome.kind === 'refused') return outcome;
    const end = await beforeNextTry(options, call, { outcome, tries });
    if (end !== undefined) return end;
  }
}

type Failed = Exclude<UpstreamOutcome, { kind: 'answer' | 'refused' }>;

/** Waits until the call may be tried again, or says how it ends. */
async function beforeNextTry({ retries, clock }: SenderOptions, call: Call, { outcome, tries }: { readonly outcome: Failed; readonly tries: number }): Promise<Sent | undefined> {
  const isLost = outcome.kind === 'lost';
  if (call.signal.aborted) return stopped(call.mayGo() ?? givenUp, isLost);
  const waitMs = retries.waitMs(tries, outcome.kind === 'overloaded' ? outcome.retryAfterMs : undefined);
  if (waitMs === undefined) return stopped(refusalOf(outcome), isLost);
  const unpaid = isLost ? await call.onLost() : undefined;
  if (unpaid !== undefined) return stopped(unpaid);
  await delay(clock, waitMs, call.signal);
  return call.signal.aborted ? stopped(call.mayGo() ?? givenUp) : undefined;
}

/** Its caller is gone, or has waited long enough. */
export const givenUp: Refusal = { status: 504, type: 'timeout_error', message: 'the call was given up before an answer came' };

async function tryOnce({ upstream, breaker, clock, onTry }: SenderOptions, call: Call): Promise<UpstreamOutcome> {
  const startedAt = clock.monotonic();
  const outcome = await upstream.send(call);
  onTry(outcome, (clock.monotonic() - startedAt) / 1000);
  note(breaker, outcome, call.signal);
  return outcome;
}

// A caller that went away says nothing of the provider, nor does a limit of our own rate.
function note(breaker: Breaker, outcome: UpstreamOutcome, signal: AbortSignal): void {
  if (outcome.kind === 'answer' || outcome.kind === 'refused') breaker.succeeded();
  else if (signal.aborted || (outcome.kind === 'overloaded' && outcome.status === 429)) breaker.undecided();
  else breaker.failed();
}

function brokenCircuit(breaker: Breaker): Refusal | undefined {
  const retryAfterMs = breaker.waitMs();
  return retryAfterMs === 0 ? undefined : { status: 529, type: 'overloaded_error', message: 'the provider has failed several times in a row; try again later', retryAfterMs };
}

const defaultRetryMs = 5000;

function refusalOf(outcome: Failed): Refusal {
  if (outcome.kind !== 'overloaded') return { status: 503, type: 'api_error', message: 'the provider cannot be reached', retryAfterMs: defaultRetryMs };
  const { status, type, message, retryAfterMs = defaultRetryMs } = outcome;
  return { status, type, message, retryAfterMs };
}
