// The money of one call, and whether it may still be spent.
import { type CallUsage, errorTypes } from '#api/llm.ts';
import { costOf, familyOf } from '#domain/cost/prices.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Charge } from './access.ts';
import type { Budget, Hold } from './budget.ts';
import { type FenceSources, type Standing, standingOf } from './fence.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { Unanswered } from './provider-answer.ts';
import { recordOf } from './record.ts';
import type { ParsedRequest } from './request.ts';
import type { Refusal } from './sender.ts';
import { refusalForMoney } from './thrift.ts';
import { billOf, type Seen } from './usage.ts';
import type { Waiting } from './waiting.ts';

export interface PaymentOptions {
  readonly sources: FenceSources;
  readonly budget: Budget;
  readonly waiting: Waiting;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
}

/** A watch is this far behind at worst, in milliseconds, when all is well. */
const watchLagMs = 1000;

/** Why this charge may not be made now. */
export function fenceOf({ sources }: Pick<PaymentOptions, 'sources'>, charge: Charge): Refusal | undefined {
  const standing = standingOf(sources, charge);
  return standing.kind === 'open' ? undefined : refusalOfFence(standing);
}

/** How a caller is told that it may not spend. */
export function refusalOfFence({ kind, reason }: Exclude<Standing, { kind: 'open' }>): Refusal {
  if (kind === 'ended') return { status: 403, type: errorTypes.fenced, message: reason };
  return { status: 503, type: 'api_error', message: `${reason}; try again`, retryAfterMs: watchLagMs };
}

/** The money of one call. A lost try is billed, and the next one paid for anew. */
export class Payment {
  readonly #options: PaymentOptions;
  readonly #charge: Charge;
  readonly #request: ParsedRequest;
  #hold: Hold | undefined;

  constructor(options: PaymentOptions, charge: Charge, request: ParsedRequest) {
    this.#options = options;
    this.#charge = charge;
    this.#request = request;
  }

  async reserve(): Promise<Refusal | undefined> {
    const { budget, sources, waiting } = this.#options;
    const standing = standingOf(sources, this.#charge);
    if (standing.kind !== 'open') return refusalOfFence(standing);
    const held = await budget.reserve(this.#charge.account, standing.rules.limits, this.#request.worstCaseMicroUsd);
    if (held.kind === 'refused') return refusalForMoney(this.#options, this.#charge, standing.rules, held);
    waiting.goesOn(this.#charge);
    this.#hold = held.hold;
    return undefined;
  }

  lost(): Promise<Refusal | undefined> {
    this.settle({ kind: 'nothing' });
    return this.reserve();
  }

  /** A payment with the money of this one, which holds none any more. */
  handOver(): Payment {
    const next = new Payment(this.#options, this.#charge, this.#request);
    next.#hold = this.#hold;
    this.#hold = undefined;
    return next;
  }

  /** Nothing was billed. */
  release(): void {
    this.#hold?.release();
    this.#hold = undefined;
  }

  /** Gives the money back unless the provider may have billed the last try. */
  unanswered(sent: Unanswered): Unanswered {
    if (sent.kind === 'refused' || !sent.isBilled) this.release();
    return sent;
  }

  /** Bills what was seen; undefined when the bill is written already. */
  settle(seen: Seen): CallUsage | undefined {
    const hold = this.#hold;
    if (hold === undefined) return undefined;
    this.#hold = undefined;
    const { model, maxTokens, rate } = this.#request;
    const usage = billOf(seen, { model, maxTokens, rate, reservedMicroUsd: hold.amountMicroUsd });
    if (usage.costMicroUsd > hold.amountMicroUsd) this.#options.log.error('a call cost more than was reserved for it; the bound of its cost is wrong', { 'gen_ai.request.model': familyOf(model), reservedMicroUsd: hold.amountMicroUsd, costMicroUsd: usage.costMicroUsd });
    hold.settle(usage);
    this.#options.log.debug('a call is settled', recordOf(this.#charge.account, this.#request, usage));
    this.#options.metrics.billed(model, usage);
    this.#noteSaving(seen, usage);
    return usage;
  }

  /** What the same tokens would have cost of the model that was asked for, at once; nothing is claimed where they were not seen. */
  #noteSaving(seen: Seen, { costMicroUsd }: CallUsage): void {
    const { model, askedModel, rate } = this.#request;
    const [isDowngraded, isBatched] = [model !== askedModel, rate === 'batch'];
    if (!isDowngraded && !isBatched) return;
    const { budget, metrics } = this.#options;
    const [asked, atOnce] = seen.kind === 'complete' ? [costOf(askedModel, seen.tokens), costOf(model, seen.tokens)] : [costMicroUsd, costMicroUsd];
    const savedMicroUsd = Math.max(0, asked - costMicroUsd);
    budget.saved(this.#charge.account, { ...(isDowngraded ? { downgradedCalls: 1 } : {}), ...(isBatched ? { batchedCalls: 1 } : {}), savedMicroUsd });
    if (isDowngraded) metrics.saved('downgrade', Math.max(0, asked - atOnce));
    if (isBatched) metrics.saved('batch', atOnce - costMicroUsd);
  }
}
