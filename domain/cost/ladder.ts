// What a mission still does for a call as its budget is used up: first warns, then takes a cheaper model, then only what is known already.
import type { Budget } from '#api/v1alpha1/mission.ts';

/** What of a budget is gone: spent, or reserved by calls in flight. */
export interface Used {
  readonly usedMicroUsd: number;
  readonly limitMicroUsd: number;
}

/** Which steps of the ladder a mission has come to. */
export interface Rung {
  readonly isCheaper: boolean;
  readonly isCachedOnly: boolean;
}

/** The rung of a mission with this budget. */
export function rungOf(budget: Pick<Budget, 'cheaperFromPercent' | 'cachedOnlyFromPercent'> | undefined, used: Used): Rung {
  return { isCheaper: isReached(budget?.cheaperFromPercent, used), isCachedOnly: isReached(budget?.cachedOnlyFromPercent, used) };
}

/** Whether that share of the budget is gone; never, when no share is set. */
export function isReached(percent: number | undefined, { usedMicroUsd, limitMicroUsd }: Used): boolean {
  return percent !== undefined && usedMicroUsd >= limitMicroUsd * (percent / 100);
}
