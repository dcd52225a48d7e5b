// Who calls language models at all: for the others there is nothing to ask and nothing to pay.
import { intents } from '#api/intents.ts';
import type { MissionSpec } from '#api/v1alpha1/mission.ts';
import type { TaskSpec } from '#api/v1alpha1/task.ts';

/** Actions of the built-in roles that think. */
const thinking: ReadonlySet<string> = new Set(['Coder.WriteCode', 'Tester.WriteTests', 'Tester.JudgeWork', 'Analyzer.ExplainCode']);

/** True for a mission whose planner, tasks or judges may call a model. */
export function mayCallModels({ planner, tasks, finally: last, goals }: Pick<MissionSpec, 'planner' | 'tasks' | 'finally' | 'goals'>): boolean {
  return planner !== undefined || goals.some(({ check }) => check?.judge !== undefined) || [...tasks, ...last].some(callsModels);
}

/** True for a task that may call a model: those of built-in roles that think, and whatever a role of somebody else's does. */
export function callsModels({ type, intent }: Pick<TaskSpec, 'type' | 'intent'>): boolean {
  return !Object.hasOwn(intents, type) || thinking.has(`${type}.${intent.action}`);
}

/** True for a task that judges the work of others: its calls have an account of their own. */
export function judgesWork({ type, intent }: Pick<TaskSpec, 'type' | 'intent'>): boolean {
  return type === 'Tester' && intent.action === 'JudgeWork';
}
