// What can be wrong with the goals of a mission, told with the field that the user has to change.
import type { ArtifactCheck, CommandCheck, Goal, GoalCheck, JudgeCheck, MissionTask } from '#api/v1alpha1/mission.ts';
import { checkExpression, checkJsonExpression, describeExpressionFault, type ExpressionFault } from '#domain/expression/check.ts';
import { defaultSource, lineage } from '#domain/plan/sources.ts';
import { lineUp, maxLevels, requiredParts } from './parts.ts';

/** The first thing wrong with the goals. */
export interface GoalFault {
  readonly reason: 'InvalidGoal' | ExpressionFault['reason'];
  /** Path below spec, for example `goals[2].check.command.from`. */
  readonly field: string;
  readonly message: string;
}

type Tasks = readonly MissionTask[];

const invalid = (field: string, message: string): GoalFault => ({ reason: 'InvalidGoal', field, message });

/** What is wrong with the goals of a mission with these tasks, or undefined. */
export function firstGoalFault(goals: readonly Goal[], tasks: Tasks): GoalFault | undefined {
  for (const [index, goal] of goals.entries()) {
    const field = `goals[${index}]`;
    const fault = placeFault(goal, field, goals) ?? (goal.check && checkFault(goal.check, `${field}.check`, tasks));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function placeFault(goal: Goal, field: string, goals: readonly Goal[]): GoalFault | undefined {
  const line = lineUp(goal, new Map(goals.map((other) => [other.name, other])));
  const { name, parent } = line.at(-1) ?? goal;
  if (parent !== undefined) return invalid(`goals[${goals.findIndex((other) => other.name === name)}].parent`, line.some((other) => other.name === parent) ? describeCycle(line, parent) : `there is no goal ${parent}`);
  if (line.length > maxLevels) return invalid(`${field}.parent`, `${goal.name} would be on level ${line.length}, the limit is ${maxLevels}`);
  if (goal.check !== undefined || requiredParts(goal.name, goals).length > 0) return undefined;
  return invalid(`${field}.check`, 'a goal needs a check, or parts that are required');
}

/** `cycle a -> b -> a` */
function describeCycle(line: readonly Goal[], start: string): string {
  const names = line.map(({ name }) => name);
  return `cycle ${[...names.slice(names.indexOf(start)), start].join(' -> ')}`;
}

function checkFault(check: GoalCheck, field: string, tasks: Tasks): GoalFault | undefined {
  const { expression, command, artifact, judge, approval } = check;
  if (Object.values(check).filter((kind) => kind !== undefined).length !== 1) return invalid(field, 'exactly one of expression, command, artifact, judge and approval must be set');
  if (command !== undefined) return commandFault(command, `${field}.command`, tasks);
  if (artifact !== undefined) return artifactFault(artifact, `${field}.artifact`, tasks);
  if (judge !== undefined) return judgeFault(judge, `${field}.judge`, tasks);
  if (approval !== undefined) return sourceFault(approval.from, `${field}.approval.from`, tasks);
  return expressionFault(expression === undefined ? undefined : checkExpression(expression, new Set(tasks.map(({ name }) => name))), `${field}.expression`);
}

function expressionFault(fault: ExpressionFault | undefined, field: string): GoalFault | undefined {
  return fault && { reason: fault.reason, field, message: describeExpressionFault(fault) };
}

function commandFault({ from }: CommandCheck, field: string, tasks: Tasks): GoalFault | undefined {
  return sourceFault(from, `${field}.from`, tasks);
}

function judgeFault({ from, votes, quorum = 1 }: JudgeCheck, field: string, tasks: Tasks): GoalFault | undefined {
  if (quorum > votes) return invalid(`${field}.quorum`, `${quorum} votes must be in favour, but there are only ${votes}`);
  return sourceFault(from, `${field}.from`, tasks);
}

// The input of the verifier is `artifacts.<name>`.
const artifactName = /^[A-Za-z0-9._-]+$/;

function artifactFault({ task, name, expression }: ArtifactCheck, field: string, tasks: Tasks): GoalFault | undefined {
  if (!artifactName.test(name)) return invalid(`${field}.name`, 'must be letters, digits, dots, dashes and underscores');
  return sourceFault(task, `${field}.task`, tasks) ?? (expression === undefined ? undefined : expressionFault(checkJsonExpression(expression), `${field}.expression`));
}

const mostHands = 64;

/** What is wrong with the task whose files or artifact are meant, told as a goal's fault; outputs ask the same. */
export function sourceFault(from: string | undefined, field: string, tasks: Tasks): GoalFault | undefined {
  if (from !== undefined && !tasks.some(({ name }) => name === from)) return invalid(field, `there is no task ${from}`);
  const source = from === undefined ? defaultSource(tasks) : ({ kind: 'task', name: from } as const);
  if (source.kind === 'several') return invalid(field, `tasks ${source.names.join(', ')} change files and none goes on from another: name the one that is meant`);
  if (source.kind === 'workspace') return undefined;
  const hands = lineage(source.name, tasks).length;
  return hands > mostHands ? invalid(field, `the files of ${source.name} go through ${hands} tasks, the limit is ${mostHands}`) : undefined;
}
