// What tasks and goals come to, once all of them are decided: before the output, which needs them to be well, and before finally.
import type { MissionReason } from '#api/conditions.ts';
import type { GoalStatus } from '#api/v1alpha1/mission.ts';
import { requiredGoals } from '#domain/goals/parts.ts';
import { whyNoReplan } from './replans.ts';
import type { MissionView, Node } from './view.ts';

/** How a run ended. */
export interface Result {
  readonly succeeded: boolean;
  readonly reason: MissionReason<'Succeeded'>;
  readonly message: string;
}

/** What the result of the work is told from. */
export interface Work {
  readonly nodes: readonly Node[];
  /** Tasks of spec.tasks that failed and whose failure counts. */
  readonly failures: readonly Node[];
  readonly goals: readonly GoalStatus[];
}

/** The result of tasks and goals alone. */
export function workResult(view: MissionView, { failures, goals, nodes }: Work): Result {
  const { spec } = view.mission;
  if (failures.length > spec.errorThreshold) return failure('TaskFailed', `${listed('task', namesOf(failures))} failed`);
  const required = requiredGoals(spec.goals);
  const unmet = goals.filter(({ name, state }) => required.has(name) && state !== 'Met').map(({ name }) => name);
  if (unmet.length > 0) return failure('GoalsUnmet', `${listed('goal', unmet)} not met${whyNoReplan(view)}`);
  if (goals.length === 0) return { succeeded: true, reason: 'TasksSucceeded', message: nodes.length === 1 ? 'the one task is done' : `all ${nodes.length} tasks are done` };
  return { succeeded: true, reason: 'GoalsMet', message: `all required goals are met by ${nodes.length === 1 ? 'one task' : `${nodes.length} tasks`}` };
}

export const failure = (reason: Result['reason'], message: string): Result => ({ succeeded: false, reason, message });

export const namesOf = (nodes: readonly Node[]): string[] => nodes.map(({ planned }) => planned.name);

const shown = 5;

/** `tasks a, b, c, d, e and 4 more` */
export function listed(word: string, names: readonly string[]): string {
  const more = names.length > shown ? ` and ${names.length - shown} more` : '';
  return `${word}${names.length === 1 ? '' : 's'} ${names.slice(0, shown).join(', ')}${more}`;
}
