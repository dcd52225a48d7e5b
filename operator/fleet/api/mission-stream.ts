// What the streams tell of a Mission and its tasks, read from the caches.
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { findCondition } from '#domain/conditions.ts';
import { byPlanName } from '#domain/plan/newest.ts';
import type { Store } from '#platform/kube/types.ts';

/** Reason and message of the Succeeded condition. */
export interface State {
  readonly state: string;
  readonly message: string;
}

/** Where a mission stands. */
export function missionState({ status }: Mission): State {
  const { reason = 'Waiting', message = '' } = findCondition(status?.conditions, 'Succeeded') ?? {};
  return { state: reason, message };
}

/** Where a task stands; an outcome speaks before every condition. */
export function taskState({ status }: Task): State {
  if (status?.outcome !== undefined) return { state: status.outcome.reason, message: status.outcome.message };
  const { reason = 'Waiting', message = '' } = findCondition(status?.conditions, 'Succeeded') ?? {};
  return { state: reason, message };
}

/** True when the current run of a mission is over. */
export function hasEnded({ status }: Mission): boolean {
  const succeeded = findCondition(status?.conditions, 'Succeeded');
  return succeeded !== undefined && succeeded.status !== 'Unknown';
}

/** Tasks of the current run, sorted by name. */
export function currentTasks(tasks: Pick<Store<Task>, 'list'>, { metadata, status }: Mission): Task[] {
  return tasks
    .list()
    .filter(({ spec }) => spec.missionRef?.uid === metadata.uid && spec.run === (status?.runNumber ?? spec.run))
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

/** A task of the current run by its name in the plan. */
export function currentTask(tasks: Pick<Store<Task>, 'list'>, mission: Mission, name: string): Task | undefined {
  return byPlanName(currentTasks(tasks, mission)).get(name);
}
