// One call from request to bill: judged, paid for in advance, sent, handed on byte for byte, settled by what it used.
import { pipeline } from 'node:stream/promises';
import { type CallUsage, errorTypes, llmHeaders } from '#api/llm.ts';
import type { UpstreamOutcome } from '#platform/anthropic/upstream.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Charge } from './access.ts';
import type { Budget, Hold } from './budget.ts';
import { collect, type Exchange, refuse, replyJson } from './exchange.ts';
import { type FenceSources, standingOf, watchCharge } from './fence.ts';
import type { GatewayMetrics } from './metrics.ts';
import { type ParsedRequest, parseCountRequest, parseMessagesRequest } from './request.ts';
import { type Refusal, sendCall, type SenderOptions, type Sent } from './sender.ts';
import { billOf, createStreamMeter, type Seen, usageOfAnswer } from './usage.ts';

export interface MessagesOptions {
  readonly sources: FenceSources;
  readonly budget: Budget;
  readonly sender: SenderOptions;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
}

/** A call whose caller is known. */
export interface Wish {
  readonly charge: Charge;
  readonly body: Buffer;
}

type Answer = Extract<UpstreamOutcome, { kind: 'answer' }>;

/** Largest whole answer, in bytes: far above what 64,000 tokens become. */
const maxAnswerBytes = 33_554_432;
/** A watch is this far behind at worst, in milliseconds, when all is well. */
const watchLagMs = 1000;

const invalidRequest = (message: string): Refusal => ({ status: 400, type: 'invalid_request_error', message });
const lostAnswer: Refusal = { status: 502, type: 'api_error', message: 'the answer of the provider was lost' };

/** POST /v1/messages. */
export async function answerMessages(options: MessagesOptions, exchange: Exchange, { charge, body }: Wish): Promise<void> {
  const parsed = parseMessagesRequest(body);
  if (parsed.kind === 'invalid') return refuse(exchange, invalidRequest(parsed.message));
  const refusal = fenceOf(options, charge);
  if (refusal !== undefined) return refuse(exchange, refusal);
  const payment = new Payment(options, charge, parsed.request);
  const unpaid = await payment.reserve();
  if (unpaid !== undefined) return refuse(exchange, unpaid);
  const fenced = new AbortController();
  const endWatch = watchCharge(options.sources, charge, () => fenced.abort());
  try {
    const signal = AbortSignal.any([exchange.signal, fenced.signal]);
    const sent = await sendCall(options.sender, { path: '/v1/messages', body: parsed.request.body, headers: handedOn(exchange), signal, mayGo: () => fenceOf(options, charge), onLost: () => payment.lost() });
    if (sent.kind !== 'answer') return endUnanswered(options, exchange, { sent, payment });
    await (parsed.request.isStreaming ? passStream(exchange, sent, payment) : passWhole(exchange, sent, payment));
  } finally {
    endWatch();
    // Whatever else went wrong: money that may be spent is not given back.
    payment.settle({ kind: 'nothing' });
  }
}

/** POST /v1/messages/count_tokens, which costs nothing. */
export async function answerCountTokens(options: MessagesOptions, exchange: Exchange, { charge, body }: Wish): Promise<void> {
  const parsed = parseCountRequest(body);
  if (parsed.kind === 'invalid') return refuse(exchange, invalidRequest(parsed.message));
  const sent = await sendCall(options.sender, { path: '/v1/messages/count_tokens', body: parsed.request, headers: handedOn(exchange), signal: exchange.signal, mayGo: () => fenceOf(options, charge), onLost: () => Promise.resolve(undefined) });
  if (sent.kind !== 'answer') return endUnanswered(options, exchange, { sent, payment: undefined });
  const answer = await wholeOf(sent);
  if (answer === undefined) refuse(exchange, lostAnswer);
  else replyJson(exchange, 200, answer, headersOf(sent));
}

/** The money of one call. A lost try is billed, and the next one paid for anew. */
class Payment {
  readonly #options: MessagesOptions;
  readonly #charge: Charge;
  readonly #request: ParsedRequest;
  #hold: Hold | undefined;

  constructor(options: MessagesOptions, charge: Charge, request: ParsedRequest) {
    this.#options = options;
    this.#charge = charge;
    this.#request = request;
  }

  async reserve(): Promise<Refusal | undefined> {
    const { budget, sources } = this.#options;
    const standing = standingOf(sources, this.#charge);
    const held = await budget.reserve(this.#charge.account, standing.kind === 'open' ? standing.maxCostUsd : undefined, this.#request.worstCaseMicroUsd);
    if (held.kind === 'refused') return { status: 402, type: errorTypes.budget, message: held.message };
    this.#hold = held.hold;
    return undefined;
  }

  lost(): Promise<Refusal | undefined> {
    this.settle({ kind: 'nothing' });
    return this.reserve();
  }

  release(): void {
    this.#hold?.release();
    this.#hold = undefined;
  }

  /** Bills what was seen; undefined when the bill is written already. */
  settle(seen: Seen): CallUsage | undefined {
    const hold = this.#hold;
    if (hold === undefined) return undefined;
    this.#hold = undefined;
    const { model, maxTokens } = this.#request;
    const usage = billOf(seen, { model, maxTokens, reservedMicroUsd: hold.amountMicroUsd });
    if (usage.costMicroUsd > hold.amountMicroUsd) this.#options.log.error('a call cost more than was reserved for it; the bound of its cost is wrong', { model, reservedMicroUsd: hold.amountMicroUsd, costMicroUsd: usage.costMicroUsd });
    hold.settle(usage);
    this.#options.metrics.billed(model, usage);
    return usage;
  }
}

function fenceOf({ sources }: MessagesOptions, charge: Charge): Refusal | undefined {
  const standing = standingOf(sources, charge);
  switch (standing.kind) {
    case 'open':
      return undefined;
    case 'ended':
      return { status: 403, type: errorTypes.fenced, message: standing.reason };
    case 'unknown':
      return { status: 503, type: 'api_error', message: `${standing.reason}; try again`, retryAfterMs: watchLagMs };
  }
}

function endUnanswered({ log }: MessagesOptions, exchange: Exchange, { sent, payment }: { readonly sent: Exclude<Sent, Answer>; readonly payment: Payment | undefined }): void {
  if (sent.kind === 'stopped') {
    if (!sent.isBilled) payment?.release();
    return refuse(exchange, sent.refusal);
  }
  payment?.release();
  const { status, type, message, body } = sent;
  // The key is ours: a caller can do nothing about it.
  if (status !== 401) {
    exchange.onRefused(type);
    return replyJson(exchange, status, body ?? { type: 'error', error: { type, message } });
  }
  log.error('the provider refuses our API key, so no call is answered; put a valid key into the key file', { status });
  refuse(exchange, { status: 503, type: 'api_error', message: 'the provider refuses the key of the gateway' });
}

async function passWhole(exchange: Exchange, answer: Answer, payment: Payment): Promise<void> {
  const text = await wholeOf(answer);
  if (text === undefined) return refuse(exchange, lostAnswer);
  const usage = payment.settle(usageOfAnswer(text));
  replyJson(exchange, 200, text, { ...headersOf(answer), [llmHeaders.usage]: JSON.stringify(usage) });
}

async function passStream({ response }: Exchange, answer: Answer, payment: Payment): Promise<void> {
  const meter = createStreamMeter();
  response.writeHead(200, headersOf(answer));
  try {
    await pipeline(answer.body, async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        meter.push(chunk);
        yield chunk;
      }
    }, response);
  } finally {
    payment.settle(meter.seen());
  }
}

async function wholeOf({ body }: Answer): Promise<string | undefined> {
  try {
    return (await collect(body, maxAnswerBytes))?.toString('utf8');
  } catch {
    // Cut off: whatever the reason, the bill is the same.
    return undefined;
  }
}

function headersOf({ contentType, requestId }: Answer): Record<string, string> {
  return { 'content-type': contentType, ...(requestId === undefined ? {} : { 'request-id': requestId }) };
}

function handedOn({ request }: Exchange): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of ['anthropic-version', 'anthropic-beta']) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}
