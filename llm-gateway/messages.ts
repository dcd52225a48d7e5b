// One call from request to bill: judged, paid for in advance, sent, handed on byte for byte, settled by what it used.
import { pipeline } from 'node:stream/promises';
import type { Charge } from './access.ts';
import { type Exchange, refuse, replyJson } from './exchange.ts';
import { standingOf, watchCharge } from './fence.ts';
import { fenceOf, Payment, refusalOfFence } from './payment.ts';
import { type Answer, handedOn, headersOf, lostAnswer, replyUnanswered, wholeOf } from './provider-answer.ts';
import { markOf, type ParsedRequest, parseCountRequest, parseMessagesRequest } from './request.ts';
import { type Refusal, sendCall } from './sender.ts';
import { type JudgedCall, noted, thriftyCall } from './thrift.ts';
import { createStreamMeter } from './usage.ts';
import { answerWhole, type MessagesOptions } from './whole.ts';

/** A call whose caller is known. */
export interface Wish {
  readonly charge: Charge;
  readonly body: Buffer;
}

const invalidRequest = (message: string): Refusal => ({ status: 400, type: 'invalid_request_error', message });

/** POST /v1/messages. */
export async function answerMessages(options: MessagesOptions, exchange: Exchange, { charge, body }: Wish): Promise<void> {
  const parsed = parseMessagesRequest(body);
  if (parsed.kind === 'invalid') return refuse(exchange, invalidRequest(parsed.message));
  const standing = standingOf(options.sources, charge);
  if (standing.kind !== 'open') return refuse(exchange, refusalOfFence(standing));
  const call = { ...thriftyCall(options, charge, standing.rules, parsed.request), charge, rules: standing.rules };
  await (parsed.request.isStreaming ? answerStream : answerWhole)(options, exchange, call);
}

async function answerStream(options: MessagesOptions, exchange: Exchange, { charge, request, onlyKnown }: JudgedCall): Promise<void> {
  // A stream is never kept, so nobody has its answer.
  if (onlyKnown !== undefined) return refuse(exchange, noted(options, charge, onlyKnown));
  const payment = new Payment(options, charge, request);
  const unpaid = await payment.reserve();
  if (unpaid !== undefined) return refuse(exchange, unpaid);
  const fenced = new AbortController();
  const endWatch = watchCharge(options.sources, charge, () => fenced.abort());
  try {
    const signal = AbortSignal.any([exchange.signal, fenced.signal]);
    const sent = await sendCall(options.sender, { path: '/v1/messages', body: request.body, headers: handedOn(exchange), signal, mayGo: () => fenceOf(options, charge), onLost: () => payment.lost() });
    if (sent.kind === 'answer') await passStream(exchange, sent, { payment, request });
    else replyUnanswered(options.log, exchange, payment.unanswered(sent));
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
  if (sent.kind !== 'answer') return replyUnanswered(options.log, exchange, sent);
  const answer = await wholeOf(sent);
  if (answer === undefined) refuse(exchange, lostAnswer);
  else replyJson(exchange, 200, answer, headersOf(sent));
}

async function passStream({ response }: Exchange, answer: Answer, { payment, request }: { readonly payment: Payment; readonly request: ParsedRequest }): Promise<void> {
  const meter = createStreamMeter();
  response.writeHead(200, { ...headersOf(answer), ...markOf(request) });
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
