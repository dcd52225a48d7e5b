// What the gateway counts. Labels of models are families of the price list: names that callers invent are all `other`.
import { type CallUsage, errorTypes } from '#api/llm.ts';
import { familyOf } from '#domain/cost/prices.ts';
import type { UpstreamOutcome } from '#platform/anthropic/upstream.ts';
import { latencySeconds, type Metrics } from '#platform/telemetry/metrics.ts';

/** What made a call cheaper. */
export type Lever = 'cache' | 'flight' | 'downgrade' | 'batch';

export interface GatewayMetrics {
  billed(model: string, usage: CallUsage): void;
  refused(type: string): void;
  /** A call was cheaper than it was asked for: by an answer that was kept, by one in flight, by a cheaper model, by a batch. */
  saved(lever: Lever, savedMicroUsd: number): void;
  tried(outcome: UpstreamOutcome, seconds: number): void;
}

/** What gauges ask at each scrape. */
export interface Gauges {
  readonly reservedMicroUsd: () => number;
  readonly isBreakerOpen: () => boolean;
}

const model = 'gen_ai_request_model';
const tokenType = 'gen_ai_token_type';

/** Registers the metrics; attributes are those of OpenTelemetry for generative AI. */
export function createGatewayMetrics(metrics: Metrics, { reservedMicroUsd, isBreakerOpen }: Gauges): GatewayMetrics {
  const tokens = metrics.counter('gen_ai_client_token_usage_total', 'Tokens of answered calls by class.', [model, tokenType]);
  const cost = metrics.counter('llm_cost_usd_total', 'What calls cost, in US dollars; lost answers at the most they can have cost.', [model]);
  const refusals = metrics.counter('llm_refusals_total', 'Calls that were not answered, by type of error.', ['type']);
  const savedCalls = metrics.counter('llm_saved_calls_total', 'Calls answered for less than was asked: with what another call bought, kept from before (cache) or in flight at the same time (flight), by a cheaper model (downgrade), or in a batch (batch).', ['lever']);
  const savedCost = metrics.counter('llm_saved_usd_total', 'What these calls would have cost more, in US dollars.', ['lever']);
  const latency = metrics.histogram('gen_ai_client_operation_duration_seconds', 'Time from a try to the headers of its answer.', { labelNames: ['outcome'], buckets: latencySeconds });
  metrics.gauge('llm_reserved_usd', 'What calls in flight have reserved, in US dollars.', { collect: (gauge) => gauge.set(reservedMicroUsd() / 1_000_000) });
  metrics.gauge('llm_breaker_open', '1 while calls are held back because the provider fails.', { collect: (gauge) => gauge.set(isBreakerOpen() ? 1 : 0) });
  return {
    billed: (name, usage) => {
      const family = familyOf(name);
      const byType = { input: usage.inputTokens, output: usage.outputTokens, cache_read: usage.cacheReadTokens, cache_write: usage.cacheWriteTokens };
      for (const [type, count] of Object.entries(byType)) tokens.inc({ [model]: family, [tokenType]: type }, count);
      cost.inc({ [model]: family }, usage.costMicroUsd / 1_000_000);
    },
    refused: (type) => refusals.inc({ type: knownTypes.has(type) ? type : 'other' }),
    saved: (lever, savedMicroUsd) => {
      savedCalls.inc({ lever });
      savedCost.inc({ lever }, savedMicroUsd / 1_000_000);
    },
    tried: ({ kind }, seconds) => latency.observe({ outcome: kind }, seconds),
  };
}

const knownTypes: ReadonlySet<string> = new Set([
  'invalid_request_error', 'authentication_error', 'permission_error', 'not_found_error', 'request_too_large', 'rate_limit_error',
  'overloaded_error', 'timeout_error', 'api_error', ...Object.values(errorTypes),
]);
