// Why a plan needs another one in its place, and what has become of it so far: what a planner is told besides the mission.
import type { GoalStatus, MissionTask } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { TaskResult } from '#api/v1alpha1/task.ts';

/** What became of a task of the plan. */
export interface EndedTask {
  readonly name: string;
  /** NotStarted: it waits for one that failed. */
  readonly outcome: TaskResult | 'NotStarted';
  readonly reason?: string;
  readonly message?: string;
  /** JSON of what was measured, cut. */
  readonly observed?: string;
  readonly changedFiles: boolean;
  readonly violations?: readonly string[];
}

export type RevisionReason = 'TaskFailed' | 'GoalsUnmet' | 'Violated';

/** A plan of a run, and what has become of it. */
export interface Revision {
  readonly plan: Plan;
  readonly run: number;
  readonly reason: RevisionReason;
  /** The same for people. */
  readonly message: string;
  /** Tasks of the plan, in its order. */
  readonly tasks: readonly EndedTask[];
  readonly goals: readonly Pick<GoalStatus, 'name' | 'state' | 'reason' | 'evidence'>[];
  /** Tasks of all plans of the run before `plan`. */
  readonly earlier: readonly MissionTask[];
}

/** Names of tasks that may be taken over: they succeeded, or have not started. */
export function keepable({ tasks }: Revision): ReadonlySet<string> {
  return new Set(tasks.filter(({ outcome }) => outcome === 'Succeeded' || outcome === 'NotStarted').map(({ name }) => name));
}
