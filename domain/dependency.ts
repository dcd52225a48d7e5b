// What a dependency's outcome means for the tasks behind it.
import type { Task, TaskResult, TaskSpec } from '#api/v1alpha1/task.ts';

export type DependencyVerdict = 'waiting' | 'satisfied' | 'failed';

/** Succeeded satisfies, and so does Failed with onFailure Continue; every other outcome fails the dependents. */
export function dependencyVerdict({ spec, status }: Pick<Task, 'spec' | 'status'>): DependencyVerdict {
  const result = status?.outcome?.result;
  if (result === undefined) return 'waiting';
  return letsDependentsRun(result, spec.onFailure) ? 'satisfied' : 'failed';
}

/** Whether dependents of a task with this result may still run. */
export function letsDependentsRun(result: TaskResult, onFailure: TaskSpec['onFailure']): boolean {
  return result === 'Succeeded' || (result === 'Failed' && onFailure === 'Continue');
}
