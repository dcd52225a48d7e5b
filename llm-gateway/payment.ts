// The money of one call, and whether it may still be spent.
import { type CallUsage, errorTypes } from '#api/llm.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Charge } from './access.ts';
import type { Budget, Hold } from './budget.ts';
import { type FenceSources, standingOf } from './fence.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { Unanswered } from './provider-answer.ts';
import type { ParsedRequest } from './request.ts';
import type { Refusal } from './sender.ts';
import { billOf, type Seen } from './usage.ts';

export interface PaymentOptions {
  readonly sources: FenceSources;
  readonly budget: Budget;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
}

/** A watch is this far behind at worst, in milliseconds, when all is well. */
const watchLagMs = 1000;

/** Why this charge may not be made now. */
export function fenceOf({ sources }: Pick<PaymentOptions, 'sources'>, charge: Charge): Refusal | undefined {
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
    const { model, maxTokens } = this.#request;
    const usage = billOf(seen, { model, maxTokens, reservedMicroUsd: hold.amountMicroUsd });
    if (usage.costMicroUsd > hold.amountMicroUsd) this.#options.log.error('a call cost more than was reserved for it; the bound of its cost is wrong', { model, reservedMicroUsd: hold.amountMicroUsd, costMicroUsd: usage.costMicroUsd });
    hold.settle(usage);
    this.#options.metrics.billed(model, usage);
    return usage;
  }
}
