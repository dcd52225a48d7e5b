// Which Task of a name speaks for it: a plan that was revised may have left one behind that is not wanted any more.
import { annotations, labels } from '#api/labels.ts';
import type { Task } from '#api/v1alpha1/task.ts';

/** Revision of the Plan that a task was made for; 0 where no planner took part. */
export function planRevisionOf({ metadata }: Pick<Task, 'metadata'>): number {
  return Number(metadata.labels?.[labels.revision] ?? 0);
}

/** Name of the object that a task means by the name of a dependency; undefined where only one can be meant. */
export function dependencyObject({ metadata }: Pick<Task, 'metadata'>, name: string): string | undefined {
  const object = objectsIn(metadata.annotations?.[annotations.dependencies])[name];
  return typeof object === 'string' ? object : undefined;
}

/** Anybody who may edit Tasks can write anything there. */
function objectsIn(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The tasks of one run by their name in the plan: of two with the same name the one of the later revision. */
export function byPlanName(tasks: readonly Task[]): ReadonlyMap<string, Task> {
  return new Map(tasks.toSorted((a, b) => planRevisionOf(a) - planRevisionOf(b)).map((task) => [task.spec.taskName ?? task.metadata.name, task]));
}
