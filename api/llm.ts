// Contract of the LLM gateway: the Anthropic Messages API over TLS 1.3 with client certificates, and what it adds.
//   POST /v1/messages                as Anthropic documents it, streaming or not
//   POST /v1/messages/count_tokens   as Anthropic documents it; costs nothing
//   GET  /v1/usage/<mission uid>     the operator alone: Usage of a mission, of all its runs
// The operator shows its own certificate and `Coditect-Account: <base64url of the JSON of an Account>`. An agent shows its certificate and
// `Coditect-Grant: <grant>`, signed by the operator for one attempt. Errors have Anthropic's form; ours add types of errorTypes.
import { z } from 'zod';
import { Budget } from './v1alpha1/mission.ts';
import { Epoch, LabelName, ObjectName, Uid } from './v1alpha1/schema.ts';

export const llmHeaders = {
  account: 'coditect-account',
  grant: 'coditect-grant',
  /** On requests: `no-store` asks the provider anew, and keeps the answer from others. */
  cache: 'coditect-cache',
  /** On answers: JSON of a CallUsage. */
  usage: 'coditect-usage',
  /** On answers: `1` when it was made for another call, so that this one cost nothing. */
  cached: 'coditect-cached',
  /** On answers: `1` when the budget was so far spent that a cheaper model answered than was asked; the answer names it. */
  downgraded: 'coditect-model-downgraded',
} as const;

/** Who pays: the tree tenant > pool > mission > task. */
export const Account = z.strictObject({
  namespace: LabelName,
  namespaceUid: Uid,
  mission: ObjectName,
  missionUid: Uid,
  /** Absent for calls of the planner. */
  taskUid: Uid.optional(),
  pool: ObjectName.optional(),
  /** Namespace of the pool. Absent: that of the mission. */
  poolNamespace: LabelName.optional(),
  /** preview: a plan that nobody keeps. There is no such mission: its names are made up for this one, and the tenant pays. */
  purpose: z.enum(['plan', 'preview', 'work', 'judge']),
  /** Budget of a preview, in US dollars. Unset: what the installation allows a mission. Of anything else the Mission tells it. */
  maxCostUsd: Budget.shape.maxCostUsd.optional(),
});
export type Account = z.infer<typeof Account>;

/** What the operator allows an agent to spend while it runs one attempt. */
export const LlmGrant = z.strictObject({
  /** SPIFFE URI of the agent that may use it. */
  agent: z.string().min(1).max(600),
  account: Account,
  attempt: z.int().min(1).max(2_147_483_647),
  epoch: Epoch,
  /** End of validity, epoch milliseconds. */
  expiresAt: z.int().min(0).max(9_007_199_254_740_991),
});
export type LlmGrant = z.infer<typeof LlmGrant>;

/** Types of errors besides Anthropic's: why a call was refused before anything was spent. `retry` of each is in retryAfter. */
export const errorTypes = {
  /** The next call could cost more than is left: 402. */
  budget: 'budget_exceeded',
  /** The task or mission has ended, or another attempt took its place: 403. */
  fenced: 'attempt_fenced',
  /** As budget, for a mission whose calls wait until the budget is raised: 429. */
  waits: 'budget_waits',
  /** The call is in a batch, which takes its time; who asks the same again gets its answer: 429. */
  batched: 'batch_going_on',
} as const;

/** Tokens of one or more calls by class, and what they cost in micro-USD (millionths of a US dollar). */
export const CallUsage = z.strictObject({
  inputTokens: z.int().min(0).max(9_007_199_254_740_991),
  outputTokens: z.int().min(0).max(9_007_199_254_740_991),
  cacheReadTokens: z.int().min(0).max(9_007_199_254_740_991),
  cacheWriteTokens: z.int().min(0).max(9_007_199_254_740_991),
  costMicroUsd: z.int().min(0).max(9_007_199_254_740_991),
});
export type CallUsage = z.infer<typeof CallUsage>;

/** What a mission has used, and what calls in flight have reserved. */
export const Usage = z.strictObject({
  settled: CallUsage,
  reservedMicroUsd: z.int().min(0).max(9_007_199_254_740_991),
  calls: z.int().min(0).max(9_007_199_254_740_991),
  /** Calls that had the answer of another one; they are not in `calls`. Absent: none. */
  cachedCalls: z.int().min(1).max(9_007_199_254_740_991).optional(),
  /** Calls that a cheaper model answered because of the budget. Absent: none. */
  downgradedCalls: z.int().min(1).max(9_007_199_254_740_991).optional(),
  /** Calls that were made in a batch, at half the price. Absent: none. */
  batchedCalls: z.int().min(1).max(9_007_199_254_740_991).optional(),
  /** What all these would have cost more, in micro-USD. Absent: nothing was saved. */
  savedMicroUsd: z.int().min(0).max(9_007_199_254_740_991).optional(),
  /** Callers that wait for a higher budget now. Absent: none. */
  waiting: z.int().min(1).max(1_000_000).optional(),
});
export type Usage = z.infer<typeof Usage>;

/** Path of a mission's usage. */
export function usagePath(missionUid: string): string {
  return `/v1/usage/${missionUid}`;
}
