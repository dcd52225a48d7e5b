// What a mission's own rules do to a call before it is paid for: a cheaper model, only known answers, or a wait for a higher budget.
import { errorTypes } from '#api/llm.ts';
import type { BudgetAccount } from '#api/llm-journal.ts';
import { type Rung, rungOf } from '#domain/cost/ladder.ts';
import { formatMicroUsd, microUsdOf } from '#domain/cost/money.ts';
import type { Charge } from './access.ts';
import type { Budget } from './budget.ts';
import { cheaperOf, type ParsedRequest } from './request.ts';
import type { SpendingRules } from './rules.ts';
import type { Refusal } from './sender.ts';
import type { Waiting } from './waiting.ts';

export interface ThriftOptions {
  readonly budget: Pick<Budget, 'usageOf'>;
  readonly waiting: Waiting;
}

/** A call as the rules of its mission let it go. */
export interface ThriftyCall {
  /** What the provider is asked. */
  readonly request: ParsedRequest;
  /** What the caller asked. */
  readonly asked: ParsedRequest;
  /** Set where nothing may be bought any more: what to tell a caller whose question has no known answer. */
  readonly onlyKnown?: Refusal;
}

/** A call that may be made, and how. */
export interface JudgedCall extends ThriftyCall {
  readonly charge: Charge;
  readonly rules: SpendingRules;
}

/** Applies the ladder of the mission's budget to a call. */
export function thriftyCall(options: ThriftOptions, charge: Charge, rules: SpendingRules, asked: ParsedRequest): ThriftyCall {
  const { budget } = rules;
  if (budget === undefined) return { request: asked, asked };
  const used = usedOf(options, charge, budget.maxCostUsd);
  const { isCheaper, isCachedOnly }: Rung = rungOf(budget, used);
  const request = isCheaper ? cheaperOf(asked, rules.modelPolicy.tiers?.[0]) : asked;
  if (!isCachedOnly) return { request, asked };
  const message = `${formatMicroUsd(used.usedMicroUsd)} of ${budget.maxCostUsd} USD are spent or reserved; from ${budget.cachedOnlyFromPercent} % on only questions that were answered before are answered, and this one was not; raise the budget`;
  return { request, asked, onlyKnown: noMoney(rules, 'mission', message) };
}

function usedOf({ budget }: ThriftOptions, { account }: Charge, limitUsd: string) {
  const { settled, reservedMicroUsd } = budget.usageOf(account.missionUid);
  return { usedMicroUsd: settled.costMicroUsd + reservedMicroUsd, limitMicroUsd: microUsdOf(limitUsd) };
}

const waitMs = 10_000;

/** Why there is no money for a call. What waits may go on when a limit is raised or a period is over; the limit of a task ends with the task. */
function noMoney({ budget }: SpendingRules, level: BudgetAccount['level'], message: string): Refusal {
  const isWaiting = budget?.onExceeded === 'Suspend' && level !== 'task';
  return isWaiting ? { status: 429, type: errorTypes.waits, message, retryAfterMs: waitMs } : { status: 402, type: errorTypes.budget, message };
}

/** The same, for a reservation that was refused; notes who waits. */
export function refusalForMoney(options: Pick<ThriftOptions, 'waiting'>, charge: Charge, rules: SpendingRules, { level, message }: { readonly level: BudgetAccount['level']; readonly message: string }): Refusal {
  return noted(options, charge, noMoney(rules, level, message));
}

/** Notes whether a caller that is refused so waits. */
export function noted({ waiting }: Pick<ThriftOptions, 'waiting'>, charge: Charge, refusal: Refusal): Refusal {
  if (refusal.type === errorTypes.waits) waiting.waits(charge);
  else waiting.goesOn(charge);
  return refusal;
}
