// What can be wrong with a task graph, told with the field that the user has to change.
import type { MissionTask } from '#api/v1alpha1/mission.ts';
import { shortestCycle } from './cycle.ts';

export const graphLimits = { tasks: 100, dependencies: 64 } as const;

/** The first thing wrong with a graph. */
export interface GraphFault {
  /** Path below spec, for example `tasks[3].dependsOn`. */
  readonly field: string;
  /** The same for people. */
  readonly message: string;
}

/** What the rules look at. */
export type CheckedTask = Pick<MissionTask, 'name' | 'dependsOn' | 'inputs' | 'workspaceFrom'>;

/** What is wrong with spec.tasks, or undefined. Sizes first, then task by task in plan order, cycles last. */
export function firstGraphFault(tasks: readonly CheckedTask[]): GraphFault | undefined {
  if (tasks.length > graphLimits.tasks) return { field: 'tasks', message: `${tasks.length} tasks, the limit is ${graphLimits.tasks}` };
  return firstFault(tasks, { root: 'tasks', before: new Map() });
}

/** What is wrong with spec.finally, or undefined. `before` has the tasks that have ended by then, with the paths below spec that they come from. */
export function firstFinallyFault(tasks: readonly CheckedTask[], before: ReadonlyMap<string, string>): GraphFault | undefined {
  return firstFault(tasks, { root: 'finally', before });
}

/** A list of tasks that depend on each other. */
interface Section {
  readonly root: 'tasks' | 'finally';
  /** Tasks of the plan that have ended before these begin: their results may be read, but nothing needs to wait for them. */
  readonly before: ReadonlyMap<string, string>;
}

function firstFault(tasks: readonly CheckedTask[], section: Section): GraphFault | undefined {
  const { root, before } = section;
  const names = new Map<string, number>();
  for (const [index, { name }] of tasks.entries()) {
    const first = names.get(name);
    const other = first === undefined ? before.get(name) : `${root}[${first}]`;
    if (other !== undefined) return { field: `${root}[${index}].name`, message: `${other} is called ${name} too` };
    names.set(name, index);
  }
  for (const [index, task] of tasks.entries()) {
    const path = `${root}[${index}]`;
    const fault = dependencyFault(task, path, { ...section, names }) ?? useFault(task, path, before);
    if (fault !== undefined) return fault;
  }
  return cycleFault(tasks, { ...section, names });
}

type Known = Section & { readonly names: ReadonlyMap<string, number> };

function dependencyFault({ name, dependsOn }: CheckedTask, path: string, { names, before }: Known): GraphFault | undefined {
  const field = `${path}.dependsOn`;
  if (dependsOn.length > graphLimits.dependencies) return { field, message: `${dependsOn.length} dependencies, the limit is ${graphLimits.dependencies}` };
  for (const [index, dependency] of dependsOn.entries()) {
    if (dependency === name) return { field, message: `${name} depends on itself` };
    if (before.has(dependency)) return { field, message: `${dependency} has ended before finally begins: leave it out` };
    if (!names.has(dependency)) return { field, message: `there is no task ${dependency}` };
    if (dependsOn.indexOf(dependency) !== index) return { field, message: `${dependency} is named twice` };
  }
  return undefined;
}

function useFault({ dependsOn, inputs, workspaceFrom }: CheckedTask, path: string, before: ReadonlyMap<string, string>): GraphFault | undefined {
  const stray = inputs.findIndex(({ task }) => !dependsOn.includes(task) && !before.has(task));
  const input = inputs[stray];
  if (input !== undefined) return { field: `${path}.inputs[${stray}].task`, message: `${input.task} must be listed in dependsOn` };
  if (workspaceFrom === undefined || dependsOn.includes(workspaceFrom)) return undefined;
  if (before.has(workspaceFrom)) return { field: `${path}.workspaceFrom`, message: `${workspaceFrom} is not one of finally, whose tasks start from the workspace itself or from each other` };
  return { field: `${path}.workspaceFrom`, message: `${workspaceFrom} must be listed in dependsOn` };
}

function cycleFault(tasks: readonly CheckedTask[], { root, names }: Known): GraphFault | undefined {
  const cycle = shortestCycle(tasks);
  if (cycle === undefined) return undefined;
  const start = names.get(cycle[0] ?? '') ?? 0;
  return { field: `${root}[${start}].dependsOn`, message: `cycle ${describeCycle(cycle)}` };
}

const namedTasks = 12;

function describeCycle(cycle: readonly string[]): string {
  const [first = ''] = cycle;
  if (cycle.length <= namedTasks) return [...cycle, first].join(' -> ');
  return `${cycle.slice(0, namedTasks).join(' -> ')} -> (${cycle.length - namedTasks} more) -> ${first}`;
}
