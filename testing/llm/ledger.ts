// What a provider would write on the bill, for tests that compare it with their own books.
import type { Usage } from '@anthropic-ai/sdk/resources/messages';

/** Sums over calls. An answer whose connection broke is on the bill with all that was generated. */
export interface Totals {
  /** Calls that were answered, whole or not. */
  readonly answered: number;
  /** Valid calls that ended in an error instead of an answer: they cost nothing. */
  readonly failed: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
}

/** Totals before the first call. */
export const noCalls: Totals = { answered: 0, failed: 0, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** Totals with one more answer. */
export function withAnswer(totals: Totals, usage: Usage): Totals {
  return {
    ...totals,
    answered: totals.answered + 1,
    inputTokens: totals.inputTokens + usage.input_tokens,
    outputTokens: totals.outputTokens + usage.output_tokens,
    cacheReadTokens: totals.cacheReadTokens + (usage.cache_read_input_tokens ?? 0),
    cacheWriteTokens: totals.cacheWriteTokens + (usage.cache_creation_input_tokens ?? 0),
  };
}
