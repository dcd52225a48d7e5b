// Everything that can be wrong with a mission by its text alone, in order of precedence: the same for every state of the world.
import type { MissionSpec } from '#api/v1alpha1/mission.ts';
import type { TaskSpec } from '#api/v1alpha1/task.ts';
import { firstFinallyFault, firstGraphFault } from '#domain/graph/fault.ts';
import { firstGoalFault, type GoalFault, sourceFault } from '#domain/goals/faults.ts';
import { intentFault } from '#domain/intent/validate.ts';
import { isRepeatable } from '#domain/memo/key.ts';
import { derivedTasks, sourceOf } from './derived.ts';

/** The first thing wrong with a spec. */
export interface SpecFault {
  readonly reason: 'InvalidGraph' | 'InvalidIntent' | 'InvalidOutput' | GoalFault['reason'];
  /** Path below spec, for example `tasks[3].dependsOn`. */
  readonly field: string;
  /** The same for people. */
  readonly message: string;
}

const rules: readonly ((spec: MissionSpec) => SpecFault | undefined)[] = [graphIsInvalid, nameIsReserved, finallyIsInvalid, intentIsInvalid, memoizeIsInvalid, goalIsInvalid, outputIsInvalid, derivedIntentIsInvalid, resultIsInvalid];

/** What is wrong with a spec, or undefined: such a spec can be expanded into tasks that the API server takes. */
export function firstPlanFault(spec: MissionSpec): SpecFault | undefined {
  for (const rule of rules) {
    const fault = rule(spec);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** `tasks[3].dependsOn: cycle build -> test -> build` */
export function describePlanFault({ field, message }: SpecFault): string {
  return `${field}: ${message}`;
}

function graphIsInvalid({ tasks }: MissionSpec): SpecFault | undefined {
  const fault = firstGraphFault(tasks);
  return fault && { reason: 'InvalidGraph', ...fault };
}

function nameIsReserved(spec: MissionSpec): SpecFault | undefined {
  const taken = new Map(spec.tasks.map(({ name }, index) => [name, index]));
  const clash = derivedTasks(spec).find(({ name }) => taken.has(name));
  return clash && { reason: 'InvalidGraph', field: `tasks[${taken.get(clash.name) ?? 0}].name`, message: `${clash.name} is the name of the task that is made for ${clash.field}` };
}

function finallyIsInvalid(spec: MissionSpec): SpecFault | undefined {
  const written = spec.tasks.map(({ name }, index) => [name, `tasks[${index}]`] as const);
  const derived = derivedTasks(spec).map(({ name, field }) => [name, field] as const);
  const fault = firstFinallyFault(spec.finally, new Map([...written, ...derived]));
  return fault && { reason: 'InvalidGraph', ...fault };
}

function intentIsInvalid(spec: MissionSpec): SpecFault | undefined {
  for (const root of ['tasks', 'finally'] as const) {
    for (const [index, { type, intent }] of spec[root].entries()) {
      const fault = faultOfIntent(type, intent, `${root}[${index}].intent`);
      if (fault !== undefined) return { reason: 'InvalidIntent', ...fault };
    }
  }
  return undefined;
}

function memoizeIsInvalid(spec: MissionSpec): SpecFault | undefined {
  for (const root of ['tasks', 'finally'] as const) {
    const index = spec[root].findIndex((task) => task.memoize !== undefined && !isRepeatable(task));
    if (index >= 0) return { reason: 'InvalidGraph', field: `${root}[${index}].memoize`, message: 'only a task without effects may use a known result: set sideEffects None, and no PushCommit' };
  }
  return undefined;
}

type Place = Pick<SpecFault, 'field' | 'message'>;

function faultOfIntent(type: string, intent: TaskSpec['intent'], field: string): Place | undefined {
  const text = intentFault(type, intent, field);
  if (text === undefined) return undefined;
  const at = text.indexOf(': ');
  return { field: text.slice(0, at), message: text.slice(at + 2) };
}

function goalIsInvalid({ goals, tasks }: MissionSpec): SpecFault | undefined {
  return firstGoalFault(goals, tasks);
}

/** Told by the field that the parameter was taken from: nobody wrote the intent. */
function derivedIntentIsInvalid(spec: MissionSpec): SpecFault | undefined {
  for (const { phase, field, definition } of derivedTasks(spec)) {
    const fault = faultOfIntent(definition.type, definition.intent, field);
    if (fault !== undefined) return { reason: phase === 'output' ? 'InvalidOutput' : 'InvalidGoal', field: fault.field.replace(`${field}.params`, field), message: fault.message };
  }
  return undefined;
}

function outputIsInvalid({ outputs, tasks }: MissionSpec): SpecFault | undefined {
  const git = outputs?.git;
  if (git === undefined) return undefined;
  const fault = sourceFault(git.from, 'outputs.git.from', tasks);
  if (fault !== undefined) return { ...fault, reason: 'InvalidOutput' };
  if (sourceOf(git.from, tasks) !== undefined) return undefined;
  return { reason: 'InvalidOutput', field: 'outputs.git.from', message: 'no task changes files, so there is no commit: name the task whose files are the output' };
}

function resultIsInvalid(spec: MissionSpec): SpecFault | undefined {
  const names = new Set([...spec.tasks, ...spec.finally].map(({ name }) => name));
  const index = spec.results.findIndex(({ task }) => !names.has(task));
  const result = spec.results[index];
  return result && { reason: 'InvalidOutput', field: `results[${index}].task`, message: `there is no task ${result.task}` };
}
