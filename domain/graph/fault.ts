// What can be wrong with a task graph, told with the field that the user has to change.
import type { MissionTask } from '#api/v1alpha1/mission.ts';
import { shortestCycle } from './cycle.ts';

export const graphLimits = { tasks: 100, dependencies: 64 } as const;

/** The first thing wrong with a graph. */
export interface GraphFault {
  readonly kind: 'tooManyTasks' | 'tooManyDependencies' | 'duplicateName' | 'duplicateDependency' | 'selfDependency' | 'unknownDependency' | 'inputWithoutDependency' | 'workspaceWithoutDependency' | 'cycle';
  /** Path below spec, for example `tasks[3].dependsOn`. */
  readonly field: string;
  /** The same for people. */
  readonly message: string;
}

/** What the rules look at. */
export type CheckedTask = Pick<MissionTask, 'name' | 'dependsOn' | 'inputs' | 'workspaceFrom'>;

/** What is wrong with the graph, or undefined. Sizes first, then task by task in plan order, cycles last. */
export function firstGraphFault(tasks: readonly CheckedTask[]): GraphFault | undefined {
  if (tasks.length > graphLimits.tasks) return { kind: 'tooManyTasks', field: 'tasks', message: `${tasks.length} tasks, the limit is ${graphLimits.tasks}` };
  const names = new Map<string, number>();
  for (const [index, { name }] of tasks.entries()) {
    const first = names.get(name);
    if (first !== undefined) return { kind: 'duplicateName', field: `tasks[${index}].name`, message: `tasks[${first}] is called ${name} too` };
    names.set(name, index);
  }
  for (const [index, task] of tasks.entries()) {
    const fault = dependencyFault(task, `tasks[${index}]`, names) ?? useFault(task, `tasks[${index}]`);
    if (fault !== undefined) return fault;
  }
  return cycleFault(tasks, names);
}

/** `tasks[3].dependsOn: cycle build -> test -> build` */
export function describeGraphFault({ field, message }: GraphFault): string {
  return `${field}: ${message}`;
}

function dependencyFault({ name, dependsOn }: CheckedTask, path: string, names: ReadonlyMap<string, number>): GraphFault | undefined {
  const field = `${path}.dependsOn`;
  if (dependsOn.length > graphLimits.dependencies) return { kind: 'tooManyDependencies', field, message: `${dependsOn.length} dependencies, the limit is ${graphLimits.dependencies}` };
  for (const [index, dependency] of dependsOn.entries()) {
    if (dependency === name) return { kind: 'selfDependency', field, message: `${name} depends on itself` };
    if (!names.has(dependency)) return { kind: 'unknownDependency', field, message: `there is no task ${dependency}` };
    if (dependsOn.indexOf(dependency) !== index) return { kind: 'duplicateDependency', field, message: `${dependency} is named twice` };
  }
  return undefined;
}

function useFault({ dependsOn, inputs, workspaceFrom }: CheckedTask, path: string): GraphFault | undefined {
  const stray = inputs.findIndex(({ task }) => !dependsOn.includes(task));
  const input = inputs[stray];
  if (input !== undefined) return { kind: 'inputWithoutDependency', field: `${path}.inputs[${stray}].task`, message: `${input.task} must be listed in dependsOn` };
  if (workspaceFrom === undefined || dependsOn.includes(workspaceFrom)) return undefined;
  return { kind: 'workspaceWithoutDependency', field: `${path}.workspaceFrom`, message: `${workspaceFrom} must be listed in dependsOn` };
}

function cycleFault(tasks: readonly CheckedTask[], names: ReadonlyMap<string, number>): GraphFault | undefined {
  const cycle = shortestCycle(tasks);
  if (cycle === undefined) return undefined;
  const start = names.get(cycle[0] ?? '') ?? 0;
  return { kind: 'cycle', field: `tasks[${start}].dependsOn`, message: `cycle ${describeCycle(cycle)}` };
}

const namedTasks = 12;

function describeCycle(cycle: readonly string[]): string {
  const [first = ''] = cycle;
  if (cycle.length <= namedTasks) return [...cycle, first].join(' -> ');
  return `${cycle.slice(0, namedTasks).join(' -> ')} -> (${cycle.length - namedTasks} more) -> ${first}`;
}
