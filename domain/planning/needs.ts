// What a mission asks of any plan before there is one: names that must be there, names that are taken, effects that are allowed.
import { type Goal, type MissionSpec, MissionTask } from '#api/v1alpha1/mission.ts';
import { compileExpression } from '#domain/expression/check.ts';
import { derivedTasks } from '#domain/plan/derived.ts';
import { describePlanFault, firstPlanFault } from '#domain/plan/faults.ts';

/** A task that something outside of the plan speaks of. */
export interface NeededTask {
  readonly name: string;
  /** Path below spec of who needs it, for example `goals[2].check.expression`. */
  readonly field: string;
  /** How it is used there, for example `reads tasks["run-tests"]`. */
  readonly use: string;
}

/** Tasks that goals, outputs, results and finally speak of; each name once, in order of appearance. */
export function neededTasks(spec: MissionSpec): NeededTask[] {
  const others = new Set(takenNames(spec).keys());
  const named = [...spec.goals.flatMap(goalNeeds), ...restNeeds(spec).filter(({ name }) => !others.has(name))];
  return [...new Map(named.toReversed().map((need) => [need.name, need])).values()].toReversed();
}

function goalNeeds({ check: { expression, command, artifact, judge, approval } = {} }: Goal, index: number): NeededTask[] {
  const field = `goals[${index}].check`;
  const compiled = expression === undefined ? undefined : compileExpression(expression);
  const read = compiled?.kind === 'compiled' ? compiled.reads.map(({ task }) => ({ name: task, field: `${field}.expression`, use: `reads tasks["${task}"]` })) : [];
  const named = { 'command.from': command?.from, 'artifact.task': artifact?.task, 'judge.from': judge?.from, 'approval.from': approval?.from };
  return [...read, ...Object.entries(named).flatMap(([part, name]) => need(name, `${field}.${part}`))];
}

function restNeeds({ outputs, results, finally: last }: MissionSpec): NeededTask[] {
  return [
    ...need(outputs?.git?.from, 'outputs.git.from'),
    ...results.flatMap(({ task }, index) => need(task, `results[${index}].task`)),
    ...last.flatMap(({ inputs }, index) => inputs.flatMap(({ task }, at) => need(task, `finally[${index}].inputs[${at}].task`))),
  ];
}

function need(name: string | undefined, field: string): NeededTask[] {
  return name === undefined ? [] : [{ name, field, use: `names task ${name}` }];
}

/** Names that a plan may not use, with the path below spec of who has them. */
export function takenNames(spec: MissionSpec): ReadonlyMap<string, string> {
  const derived = derivedTasks({ ...spec, tasks: [] }).map(({ name, field }) => [name, field] as const);
  return new Map([...derived, ...spec.finally.map(({ name }, index) => [name, `finally[${index}]`] as const)]);
}

/** Branch that tasks of a plan may push to. Undefined: the user asked for no push, and no planned task may have effects outside. */
export function pushBranch({ outputs }: MissionSpec): string | undefined {
  return outputs?.git?.mode === 'Push' ? outputs.git.branch : undefined;
}

/** What is wrong with a mission that no plan could mend, or undefined: then it is worth asking a model. */
export function faultNoPlanMends(spec: MissionSpec): string | undefined {
  const needed = neededTasks(spec);
  const impossible = needed.find(({ name }) => !MissionTask.shape.name.safeParse(name).success);
  if (impossible !== undefined) return `${impossible.field}: ${impossible.use.slice(0, 80)}, but no task can have that name`;
  const maxTasks = spec.planner?.maxTasks ?? needed.length;
  if (needed.length > maxTasks) return `planner.maxTasks: goals, outputs, results and finally speak of ${needed.length} tasks, but the plan may have only ${maxTasks}`;
  const fault = firstPlanFault({ ...spec, tasks: standIns(needed, takenNames(spec)) });
  return fault && describePlanFault(fault);
}

/** Tasks as right as any: those that are needed, and one that changes files. */
function standIns(needed: readonly NeededTask[], taken: ReadonlyMap<string, string>): MissionTask[] {
  const names = new Set([...needed.map(({ name }) => name), ...taken.keys()]);
  let spare = 'work';
  while (names.has(spare)) spare += 'x';
  const wizard = { type: 'Any', intent: { action: 'Any' } };
  return [...needed.map(({ name }) => MissionTask.parse({ name, ...wizard })), MissionTask.parse({ name: spare, type: 'Coder', intent: { action: 'FormatCode' } })];
}
