// What the rounds of a plan have used, in the form that a Plan keeps.
import type { CallUsage } from '#api/llm.ts';
import type { PlanSpec } from '#api/v1alpha1/plan.ts';
import { formatMicroUsd } from '#domain/cost/money.ts';

/** The sum of calls. Tokens that came from the provider's cache, or went into it, were read too. */
export function planUsage(calls: readonly CallUsage[]): PlanSpec['usage'] {
  const sum = (amount: (call: CallUsage) => number) => calls.reduce((total, call) => total + amount(call), 0);
  return {
    inputTokens: sum(({ inputTokens, cacheReadTokens, cacheWriteTokens }) => inputTokens + cacheReadTokens + cacheWriteTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    costUsd: formatMicroUsd(sum(({ costMicroUsd }) => costMicroUsd)),
  };
}
