// Calls of missions that have time: made in a batch at half the price. A caller waits a while, comes again, and gets the answer then.
import { createHash } from 'node:crypto';
import { errorTypes, llmHeaders } from '#api/llm.ts';
import { noUsage } from '#domain/cost/ledger.ts';
import { canonicalJson } from '#domain/digest.ts';
import type { Clock } from '#platform/clock.ts';
import type { Charge } from './access.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { BatchDesk, Claim } from './batch-desk.ts';
import { type Exchange, refuse, replyJson } from './exchange.ts';
import { watchCharge } from './fence.ts';
import { fenceOf, Payment, type PaymentOptions } from './payment.ts';
import { isWhole, type Question } from './question.ts';
import { batchedOf, markOf, type ParsedRequest } from './request.ts';
import type { Refusal } from './sender.ts';
import type { JudgedCall } from './thrift.ts';
import { usageOfAnswer } from './usage.ts';

/** Batches as calls use them. */
export interface SlowLane {
  readonly desk: BatchDesk;
  readonly clock: Clock;
  /** How long a caller is kept waiting in one request, in milliseconds. */
  readonly holdMs: number;
}

/** A call that may wait, as the desk knows it. */
export interface SlowCall extends Pick<JudgedCall, 'charge' | 'asked'> {
  readonly headers: Readonly<Record<string, string>>;
  readonly slackMs: number;
}

/** Below this nobody gets to a batch: most of them take up to an hour. */
const leastSlackSeconds = 3600;

/** The call by its time; undefined for one that wants its answer at once. */
export function slowCallOf({ charge, asked, rules }: JudgedCall, headers: Readonly<Record<string, string>>): SlowCall | undefined {
  const { slackSeconds = 0 } = rules.modelPolicy;
  return slackSeconds < leastSlackSeconds || charge.account.purpose === 'preview' ? undefined : { charge, asked, headers, slackMs: slackSeconds * 1000 };
}

/** The batch that this caller began before, and now comes back for. */
export function begunBefore({ desk }: SlowLane, call: SlowCall): Claim | undefined {
  return desk.claim(keyOf(call));
}

/** The same attempt asks the same: whatever became of its budget meanwhile. */
function keyOf({ charge: { account, attempt }, asked, headers }: SlowCall): string {
  return createHash('sha256').update(canonicalJson([account.missionUid, account.taskUid ?? null, account.purpose, attempt?.attempt ?? 0, headers, asked.fields])).digest('hex');
}

/** Pays for a call and sends it with the next batch; a refusal when there is no money for it. */
export async function beginBatch({ desk }: SlowLane, options: SlowOptions, call: SlowCall, { request: bought, question }: Bought): Promise<Claim | Refusal> {
  const request = batchedOf(bought);
  const payment = new Payment(options, call.charge, request);
  const unpaid = await payment.reserve();
  if (unpaid !== undefined) return unpaid;
  return desk.send(keyOf(call), call.slackMs, {
    fields: request.fields,
    bytes: Buffer.byteLength(request.body),
    headers: call.headers,
    mayGo: () => fenceOf(options, call.charge) === undefined,
    answered: (text) => {
      const usage = payment.settle(text === undefined ? { kind: 'nothing' } : usageOfAnswer(text));
      const headers = { [llmHeaders.usage]: JSON.stringify(usage ?? noUsage), ...markOf(request) };
      if (text !== undefined && question !== undefined && isWhole(text)) {
        options.cache.keep(question, { text, headers: {}, costMicroUsd: usage?.costMicroUsd ?? 0 });
        options.cache.told(question);
      }
      return headers;
    },
    unsent: () => payment.release(),
  });
}

export interface SlowOptions extends PaymentOptions {
  readonly cache: AnswerCache;
}

/** What the provider is to be asked, and what others may have of it. */
interface Bought {
  readonly request: ParsedRequest;
  readonly question: Question | undefined;
}

const comeAgainMs = 15_000;
const goingOn: Refusal = { status: 429, type: errorTypes.batched, message: 'the call is in a batch, which may take an hour; ask the same again for its answer', retryAfterMs: comeAgainMs };

/** Waits for a batch and answers with what came of it. `missed`: no batch has the answer, and the caller is still there to want it. */
export async function awaitBatch({ clock, holdMs }: SlowLane, { sources }: Pick<PaymentOptions, 'sources'>, exchange: Exchange, { claim, charge }: { readonly claim: Claim; readonly charge: Charge }): Promise<'replied' | 'missed'> {
  const patience = new AbortController();
  const stopTimer = clock.after(holdMs, () => patience.abort());
  const endWatch = watchCharge(sources, charge, () => patience.abort());
  try {
    const landing = await claim.outcome(AbortSignal.any([exchange.signal, patience.signal]));
    const refusal = fenceOf({ sources }, charge) ?? (landing === undefined ? goingOn : undefined);
    if (refusal !== undefined) refuse(exchange, refusal);
    else if (landing?.kind === 'answered') replyJson(exchange, 200, landing.text, landing.headers);
    else return 'missed';
    return 'replied';
  } finally {
    stopTimer();
    endWatch();
  }
}
