// The task graph as adjacency. All walks are loops over queues: a chain of 10,000 tasks is as safe as one of three.
import type { MissionTask } from '#api/v1alpha1/mission.ts';
import type { TaskResult } from '#api/v1alpha1/task.ts';
import { letsDependentsRun } from '#domain/dependency.ts';

/** A node of the graph: a task and what it waits for. */
export type GraphTask = Pick<MissionTask, 'name' | 'dependsOn'>;

/** Number of dependencies of each task. */
export function indegrees(tasks: readonly GraphTask[]): Map<string, number> {
  return new Map(tasks.map(({ name, dependsOn }) => [name, dependsOn.length]));
}

/** The tasks that wait for each task, in plan order; every task has an entry. */
export function dependents(tasks: readonly GraphTask[]): Map<string, string[]> {
  const waiting = new Map<string, string[]>(tasks.map(({ name }) => [name, []]));
  for (const { name, dependsOn } of tasks) for (const dependency of dependsOn) waiting.get(dependency)?.push(name);
  return waiting;
}

/** Names so ordered that each comes after what it depends on, else in plan order; undefined when a cycle makes that impossible. */
export function topologicalOrder(tasks: readonly GraphTask[]): string[] | undefined {
  const open = indegrees(tasks);
  const waiting = dependents(tasks);
  const order = tasks.filter(({ dependsOn }) => dependsOn.length === 0).map(({ name }) => name);
  // The list grows while it is walked: it is result and queue at once.
  for (const name of order) {
    for (const dependent of waiting.get(name) ?? []) {
      const left = (open.get(dependent) ?? 0) - 1;
      open.set(dependent, left);
      if (left === 0) order.push(dependent);
    }
  }
  return order.length === tasks.length ? order : undefined;
}

/** Number of tasks in the longest row of which each depends on the one before; 0 for a graph with a cycle, which has no end. */
export function depthOf(tasks: readonly GraphTask[]): number {
  const depths = new Map<string, number>();
  const byName = new Map(tasks.map((task) => [task.name, task]));
  for (const name of topologicalOrder(tasks) ?? []) depths.set(name, 1 + Math.max(0, ...(byName.get(name)?.dependsOn ?? []).map((dependency) => depths.get(dependency) ?? 0)));
  return Math.max(0, ...depths.values());
}

/** What is known of the dependencies of one task. */
export type DependencyState = { readonly kind: 'ready' } | { readonly kind: 'waiting' } | { readonly kind: 'failed'; readonly dependency: string; readonly result: TaskResult };

/** A task that others depend on, with what its failure means to them. */
export type FailureRule = GraphTask & Pick<MissionTask, 'onFailure'>;

/** Whether a task may start. A dependency that cannot help it any more decides at once: others need not be waited for. */
export function dependencyState(task: GraphTask, plan: ReadonlyMap<string, FailureRule>, results: ReadonlyMap<string, TaskResult>): DependencyState {
  let state: DependencyState = { kind: 'ready' };
  for (const dependency of task.dependsOn) {
    const result = results.get(dependency);
    if (result === undefined) state = { kind: 'waiting' };
    else if (!letsDependentsRun(result, plan.get(dependency)?.onFailure ?? 'Fail')) return { kind: 'failed', dependency, result };
  }
  return state;
}

/** Tasks without a result whose dependencies allow them to run, in plan order; whether one runs already is not looked at. */
export function readyTasks<T extends FailureRule>(tasks: readonly T[], results: ReadonlyMap<string, TaskResult>): T[] {
  const plan = new Map(tasks.map((task) => [task.name, task]));
  return tasks.filter((task) => !results.has(task.name) && dependencyState(task, plan, results).kind === 'ready');
}
