// Calls whose answer comes in one piece. What an equal call was answered, or is about to be, need not be bought twice.
import { type CallUsage, errorTypes, llmHeaders } from '#api/llm.ts';
import { noUsage } from '#domain/cost/ledger.ts';
import type { Charge } from './access.ts';
import type { AnswerCache, KeptAnswer } from './answer-cache.ts';
import { type Exchange, refuse, replyJson } from './exchange.ts';
import { watchCharge } from './fence.ts';
import { alone, type Flights } from './flights.ts';
import type { Lever } from './metrics.ts';
import { fenceOf, Payment, type PaymentOptions } from './payment.ts';
import { handedOn, headersOf, lostAnswer, replyUnanswered, type Unanswered, wholeOf } from './provider-answer.ts';
import { isWhole, type Question, questionOf } from './question.ts';
import type { ParsedRequest } from './request.ts';
import { givenUp, sendCall, type SenderOptions } from './sender.ts';
import { usageOfAnswer } from './usage.ts';

export interface MessagesOptions extends PaymentOptions {
  readonly sender: SenderOptions;
  readonly cache: AnswerCache;
  /** Undefined: every call goes its own way. */
  readonly flights: Flights<Landed> | undefined;
}

/** How a call to the provider ended. */
export type Landed = { readonly kind: 'landed'; readonly answer: KeptAnswer; readonly usage: CallUsage } | { readonly kind: 'lost' } | Unanswered;

type Outcome = Landed | { readonly kind: 'shared'; readonly lever: Lever; readonly answer: KeptAnswer };

/** A call that may be made. */
interface WholeCall {
  readonly charge: Charge;
  readonly request: ParsedRequest;
  readonly headers: Readonly<Record<string, string>>;
  readonly question: Question | undefined;
  readonly payment: Payment;
}

/** Answers a call that does not stream. */
export async function answerWhole(options: MessagesOptions, exchange: Exchange, charge: Charge, request: ParsedRequest): Promise<void> {
  const headers = handedOn(exchange);
  const question = questionOf(exchange, charge.account, request, headers);
  const call: WholeCall = { charge, request, headers, question, payment: new Payment(options, charge, request) };
  // What costs nothing needs no money.
  const known = keptFor(options, question);
  if (known !== undefined) return reply(options, exchange, call, known);
  const unpaid = await call.payment.reserve();
  if (unpaid !== undefined) return refuse(exchange, unpaid);
  const fenced = new AbortController();
  const endWatch = watchCharge(options.sources, charge, () => fenced.abort());
  try {
    reply(options, exchange, call, await outcomeOf(options, call, AbortSignal.any([exchange.signal, fenced.signal])));
  } finally {
    endWatch();
  }
}

function keptFor({ cache }: MessagesOptions, question: Question | undefined): Outcome | undefined {
  const answer = question === undefined ? undefined : cache.find(question);
  return answer === undefined ? undefined : { kind: 'shared', lever: 'cache', answer };
}

async function outcomeOf(options: MessagesOptions, call: WholeCall, signal: AbortSignal): Promise<Outcome> {
  try {
    for (;;) {
      const outcome = outcomeAtHome(options, call, signal) ?? (await outcomeOfFlight(options, call, signal));
      if (outcome !== undefined) return outcome;
    }
  } finally {
    call.payment.release();
  }
}

function outcomeAtHome(options: MessagesOptions, { charge, question }: WholeCall, signal: AbortSignal): Outcome | undefined {
  const refusal = fenceOf(options, charge) ?? (signal.aborted ? givenUp : undefined);
  if (refusal !== undefined) return { kind: 'stopped', refusal, isBilled: false };
  // While the money was reserved, or another call flew, the answer may have come.
  return keptFor(options, question);
}

/** Undefined when this call left the flight, or has to make its own. */
async function outcomeOfFlight({ flights, ...options }: MessagesOptions, call: WholeCall, signal: AbortSignal): Promise<Outcome | undefined> {
  // Whoever flies first pays. The others hold their own money until they know that they need not.
  const way = (stop: AbortSignal) => fly(options, { ...call, payment: call.payment.handOver() }, stop);
  const seat = call.question === undefined || flights === undefined ? alone(way) : flights.board(call.question.key, way);
  const landed = await seat.outcome(signal);
  if (landed === undefined || seat.isFirst) return landed;
  if (signal.aborted || isOfPayer(landed)) return undefined;
  return landed.kind === 'landed' ? { kind: 'shared', lever: 'flight', answer: landed.answer } : landed;
}

/** Whether a flight ended for want of money or right of the one that paid: others may have both. */
function isOfPayer(landed: Landed): boolean {
  return landed.kind === 'stopped' && (landed.refusal.type === errorTypes.budget || landed.refusal.type === errorTypes.fenced);
}

async function fly(options: Omit<MessagesOptions, 'flights'>, { charge, request, headers, question, payment }: WholeCall, signal: AbortSignal): Promise<Landed> {
  try {
    const sent = await sendCall(options.sender, { path: '/v1/messages', body: request.body, headers, signal, mayGo: () => fenceOf(options, charge), onLost: () => payment.lost() });
    if (sent.kind !== 'answer') return payment.unanswered(sent);
    const text = await wholeOf(sent);
    const usage = text === undefined ? undefined : payment.settle(usageOfAnswer(text));
    if (text === undefined || usage === undefined) return { kind: 'lost' };
    const answer: KeptAnswer = { text, headers: headersOf(sent), costMicroUsd: usage.costMicroUsd };
    if (question !== undefined && isWhole(text)) options.cache.keep(question, answer);
    return { kind: 'landed', answer, usage };
  } finally {
    // Whatever else went wrong: money that may be spent is not given back.
    payment.settle({ kind: 'nothing' });
  }
}

function reply(options: MessagesOptions, exchange: Exchange, { question, charge }: WholeCall, outcome: Outcome): void {
  if (outcome.kind === 'lost') return refuse(exchange, lostAnswer);
  if (outcome.kind === 'stopped' || outcome.kind === 'refused') return replyUnanswered(options.log, exchange, outcome);
  const { text, headers, costMicroUsd } = outcome.answer;
  if (question !== undefined) options.cache.told(question);
  if (outcome.kind === 'landed') return replyJson(exchange, 200, text, { ...headers, [llmHeaders.usage]: JSON.stringify(outcome.usage) });
  options.budget.saved(charge.account, costMicroUsd);
  options.metrics.saved(outcome.lever, costMicroUsd);
  replyJson(exchange, 200, text, { ...headers, [llmHeaders.usage]: JSON.stringify(noUsage), [llmHeaders.cached]: '1' });
}
