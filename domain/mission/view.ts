// One mission and the tasks of its current run, as the API server shows them, and the facts that commands read from them.
import { missionConditions, type ReasonText, taskConditions } from '#api/conditions.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Condition } from '#api/v1alpha1/schema.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { byPlanName } from '#domain/plan/newest.ts';

export interface MissionView {
  /** With the tasks of its Plan, where a planner made them. */
  readonly mission: Mission;
  /** Tasks of all runs that still exist, in no order. */
  readonly tasks: readonly Task[];
}

export type Ending = 'succeeded' | 'failed';

/** How the mission ended, or undefined while it may still change; the status must speak of the newest spec. */
export function endingOf({ metadata, status }: Mission): Ending | undefined {
  if ((status?.observedGeneration ?? 0) < metadata.generation) return undefined;
  const verdict = conditionOf(status, 'Succeeded')?.status;
  if (verdict === 'True') return 'succeeded';
  return verdict === 'False' ? 'failed' : undefined;
}

/** The condition of this type, if there is one. */
export function conditionOf(status: { readonly conditions?: readonly Condition[] | undefined } | undefined, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** The tasks of the current run by their name in the plan. */
export function currentTasks({ mission, tasks }: MissionView): ReadonlyMap<string, Task> {
  const run = mission.status?.runNumber ?? 1;
  return byPlanName(tasks.filter((task) => task.spec.run === run));
}

/** What a reason means and what to do about it, from the tables that docs/troubleshooting.md prints. */
export function reasonText(kind: 'Mission' | 'Task', type: string, reason: string): ReasonText | undefined {
  const table: Readonly<Record<string, Readonly<Record<string, ReasonText>>>> = kind === 'Mission' ? missionConditions : taskConditions;
  const reasons = Object.hasOwn(table, type) ? table[type] : undefined;
  return reasons !== undefined && Object.hasOwn(reasons, reason) ? reasons[reason] : undefined;
}
