// What goes to the provider and what comes back, as far as every door of the gateway treats it alike.
import type { UpstreamOutcome } from '#platform/anthropic/upstream.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { collect, type Exchange, refuse, replyJson } from './exchange.ts';
import type { Refusal, Sent } from './sender.ts';

export type Answer = Extract<UpstreamOutcome, { kind: 'answer' }>;
export type Unanswered = Exclude<Sent, Answer>;

/** Largest whole answer, in bytes: far above what 64,000 tokens become. */
const maxAnswerBytes = 33_554_432;

export const lostAnswer: Refusal = { status: 502, type: 'api_error', message: 'the answer of the provider was lost' };

/** The text of an answer; undefined when it was cut off. */
export async function wholeOf({ body }: Answer): Promise<string | undefined> {
  try {
    return (await collect(body, maxAnswerBytes))?.toString('utf8');
  } catch {
    // Cut off: whatever the reason, the bill is the same.
    return undefined;
  }
}

/** Headers of an answer that its caller gets. */
export function headersOf({ contentType, requestId }: Answer): Record<string, string> {
  return { 'content-type': contentType, ...(requestId === undefined ? {} : { 'request-id': requestId }) };
}

/** Headers of a request that the provider gets. */
export function handedOn({ request }: Pick<Exchange, 'request'>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of ['anthropic-version', 'anthropic-beta']) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}

/** Tells a caller why there is no answer. */
export function replyUnanswered(log: Log, exchange: Exchange, sent: Unanswered): void {
  if (sent.kind === 'stopped') return refuse(exchange, sent.refusal);
  const { status, type, message, body } = sent;
  // The key is ours: a caller can do nothing about it.
  if (status !== 401) {
    exchange.onRefused(type);
    return replyJson(exchange, status, body ?? { type: 'error', error: { type, message } });
  }
  log.error('the provider refuses our API key, so no call is answered; put a valid key into the key file', { status });
  refuse(exchange, { status: 503, type: 'api_error', message: 'the provider refuses the key of the gateway' });
}
