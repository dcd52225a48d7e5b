// What a mission, its task and the pool wish for the calls they pay for.
import type { Account } from '#api/llm.ts';
import type { Budget } from '#api/v1alpha1/mission.ts';
import type { ModelPolicy, TaskSpec } from '#api/v1alpha1/task.ts';
import type { Limits } from './budget.ts';

export interface SpendingRules {
  readonly limits: Limits;
  /** Budget of the mission, if it has one of its own. */
  readonly budget: Budget | undefined;
  /** That of the mission, with what its task says otherwise. */
  readonly modelPolicy: ModelPolicy;
}

/** Whose wishes count for a call. */
interface Wishes {
  readonly mission: { readonly budget: Budget | undefined; readonly modelPolicy: ModelPolicy | undefined };
  readonly task: { readonly budget: TaskSpec['budget']; readonly modelPolicy: ModelPolicy | undefined } | undefined;
  readonly pool: { readonly budget: Limits['pool'] } | undefined;
}

/** The rules for calls of a mission, or of one of its tasks. */
export function rulesOf({ mission, task, pool }: Wishes): SpendingRules {
  return {
    limits: { missionUsd: mission.budget?.maxCostUsd, taskUsd: task?.budget?.maxCostUsd, pool: pool?.budget },
    budget: mission.budget,
    modelPolicy: { ...mission.modelPolicy, ...task?.modelPolicy },
  };
}

/** Those for a plan that nobody keeps. */
export function rulesOfPreview({ maxCostUsd }: Pick<Account, 'maxCostUsd'>): SpendingRules {
  return { limits: { missionUsd: maxCostUsd, taskUsd: undefined, pool: undefined }, budget: undefined, modelPolicy: {} };
}
