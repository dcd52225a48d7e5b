// The policies by the names under which the command line knows them.
import { firstOf, type Policy } from '#testing/llm/policy.ts';
import { bendPolicy } from './bend/bend.ts';
import { fixPolicy, type FixOptions } from './fix/fix.ts';
import { judgePolicy } from './judge/judge.ts';
import { learningPolicy } from './plan/learn.ts';
import { alwaysBad, badThenGood, fencedJson, garbage, planPolicy } from './plan/plan.ts';

const policies = {
  demo: (options: FixOptions) => firstOf(bendPolicy, fixPolicy(options), judgePolicy, planPolicy),
  learning: (options: FixOptions) => firstOf(bendPolicy, fixPolicy(options), judgePolicy, learningPolicy),
  plan: () => planPolicy,
  'plan-learning': () => learningPolicy,
  'plan-fenced': () => fencedJson,
  'plan-bad-then-good': () => badThenGood,
  'plan-always-bad': () => alwaysBad,
  'plan-garbage': () => garbage,
  fix: fixPolicy,
  judge: () => judgePolicy,
} as const satisfies Record<string, (options: FixOptions) => Policy>;

export type PolicyName = keyof typeof policies;

/** Names of all policies. */
export const policyNames = Object.keys(policies) as readonly PolicyName[];

/** The policy of a name; options are for those that write code. */
export function policyOf(name: PolicyName, options: FixOptions): Policy {
  return policies[name](options);
}
