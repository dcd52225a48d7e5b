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
import { markOf, type ParsedRequest } from './request.ts';
import { givenUp, sendCall, type SenderOptions } from './sender.ts';
import { awaitBatch, beginBatch, begunBefore, type SlowCall, slowCallOf, type SlowLane } from './slow.ts';
import { type JudgedCall, noted } from './thrift.ts';
import { usageOfAnswer } from './usage.ts';

export interface MessagesOptions extends PaymentOptions {
  readonly sender: SenderOptions;
  readonly cache: AnswerCache;
  /** Undefined: every call goes its own way. */
  readonly flights: Flights<Landed> | undefined;
  /** Undefined: nothing goes by batch. */
  readonly lane: SlowLane | undefined;
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
export async function answerWhole(options: MessagesOptions, exchange: Exchange, judged: JudgedCall): Promise<void> {
  const { charge, onlyKnown } = judged;
  const headers = handedOn(exchange);
  const slow = slowOf(options, judged, headers);
  const batch = await awaitBegun(options, exchange, charge, slow);
  if (batch === 'replied') return;
  const [call, ...others] = callsOf(options, exchange, judged, headers);
  // What costs nothing needs no money, nor a cheaper model.
  for (const free of [...others, call]) {
    const known = keptFor(options, free.question);
    if (known !== undefined) return reply(options, exchange, free, known);
  }
  if (onlyKnown !== undefined) return refuse(exchange, noted(options, charge, onlyKnown));
  // A call that was missed by one batch is not sent with another: its caller has waited enough.
  const isSlow = slow !== undefined && batch === 'none';
  if (!isSlow || (await buySlowly(options, exchange, call, slow)) === 'missed') await buy(options, exchange, call);
}

/** The call as it would be bought, and as it was asked where that is another one. */
function callsOf(options: MessagesOptions, exchange: Exchange, { charge, rules, request: bought, asked }: JudgedCall, headers: WholeCall['headers']): readonly [WholeCall, ...WholeCall[]] {
  const callOf = (request: ParsedRequest): WholeCall => {
    const question = questionOf(exchange, { charge, request, headers, reuse: rules.modelPolicy.reuse });
    return { charge, request, headers, question, payment: new Payment(options, charge, request) };
  };
  return bought === asked ? [callOf(bought)] : [callOf(bought), callOf(asked)];
}

/** Waits for the batch that this caller began before, if it did. */
async function awaitBegun(options: MessagesOptions, exchange: Exchange, charge: Charge, slow: Slow | undefined): Promise<'replied' | 'missed' | 'none'> {
  const claim = slow && begunBefore(slow.lane, slow.call);
  return slow === undefined || claim === undefined ? 'none' : awaitBatch(slow.lane, options, exchange, { claim, charge });
}

interface Slow {
  readonly lane: SlowLane;
  readonly call: SlowCall;
}

function slowOf({ lane }: MessagesOptions, judged: JudgedCall, headers: WholeCall['headers']): Slow | undefined {
  const call = slowCallOf(judged, headers);
  return lane === undefined || call === undefined ? undefined : { lane, call };
}

async function buySlowly(options: MessagesOptions, exchange: Exchange, call: WholeCall, slow: Slow): Promise<'replied' | 'missed'> {
  const claim = await beginBatch(slow.lane, options, slow.call, call);
  if ('outcome' in claim) return awaitBatch(slow.lane, options, exchange, { claim, charge: call.charge });
  refuse(exchange, claim);
  return 'replied';
}

async function buy(options: MessagesOptions, exchange: Exchange, call: WholeCall): Promise<void> {
  const { charge } = call;
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
  return landed.kind === 'stopped' && ours.has(landed.refusal.type);
}

const ours: ReadonlySet<string> = new Set(Object.values(errorTypes));

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

function reply(options: MessagesOptions, exchange: Exchange, { question, charge, request }: WholeCall, outcome: Outcome): void {
  if (outcome.kind === 'lost') return refuse(exchange, lostAnswer);
  if (outcome.kind === 'stopped' || outcome.kind === 'refused') return replyUnanswered(options.log, exchange, outcome);
  const { text, costMicroUsd } = outcome.answer;
  const headers = { ...outcome.answer.headers, ...markOf(request) };
  if (question !== undefined) options.cache.told(question);
  if (outcome.kind === 'landed') return replyJson(exchange, 200, text, { ...headers, [llmHeaders.usage]: JSON.stringify(outcome.usage) });
  options.waiting.goesOn(charge);
  options.budget.saved(charge.account, { cachedCalls: 1, savedMicroUsd: costMicroUsd });
  options.metrics.saved(outcome.lever, costMicroUsd);
  replyJson(exchange, 200, text, { ...headers, [llmHeaders.usage]: JSON.stringify(noUsage), [llmHeaders.cached]: '1' });
}
