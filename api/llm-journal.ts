// What the LLM gateway keeps of money: one JSON object a line, in the order in which things happened. Read again by every later version.
import { z } from 'zod';
import { CallUsage } from './llm.ts';

const CallId = z.string().min(1).max(64);
const MicroUsd = z.int().min(0).max(9_007_199_254_740_991);
/** Epoch milliseconds. */
const At = z.int().min(0).max(9_007_199_254_740_991);

/** One account of the tree, whose levels are named from the root. Ids are UIDs; that of a pool is `<namespace>/<name>`. */
export const BudgetAccount = z.strictObject({ level: z.enum(['tenant', 'pool', 'mission', 'task']), id: z.string().min(1).max(400) });
export type BudgetAccount = z.infer<typeof BudgetAccount>;

/** A line of the journal. `balance` sums up what a compacted journal no longer tells call by call. */
export const LedgerEvent = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('reserved'), callId: CallId, accounts: z.array(BudgetAccount).min(1).max(4), amountMicroUsd: MicroUsd }),
  z.strictObject({ kind: z.literal('settled'), callId: CallId, usage: CallUsage, at: At.optional() }),
  z.strictObject({ kind: z.literal('released'), callId: CallId }),
  z.strictObject({ kind: z.literal('balance'), account: BudgetAccount, settled: CallUsage, calls: MicroUsd }),
  /** What an account spent in one slice of time; it is in its balance too. */
  z.strictObject({ kind: z.literal('spent'), account: BudgetAccount, at: At, costMicroUsd: MicroUsd }),
  /** Calls that had the answer of another one, or of a cheaper model, or came in a batch, and what they would have cost more. */
  z.strictObject({ kind: z.literal('saved'), account: BudgetAccount, cachedCalls: MicroUsd, downgradedCalls: MicroUsd.optional(), batchedCalls: MicroUsd.optional(), savedMicroUsd: MicroUsd }),
]);
export type LedgerEvent = z.infer<typeof LedgerEvent>;
