// Who calls language models at all: for the others there is nothing to ask and nothing to pay.
import { intents } from '#api/intents.ts';
import type { MissionSpec } from '#api/v1alpha1/mission.ts';
import type { TaskSpec } from '#api/v1alpha1/task.ts';

/** True for a mission whose planner or tasks may call a model. */
export function mayCallModels({ planner, tasks, finally: last }: Pick<MissionSpec, 'planner' | 'tasks' | 'finally'>): boolean {
  return planner !== undefined || [...tasks, ...last].some(callsModels);
}

/** True for a task that may call a model: those of built-in roles that think, and whatever a role of somebody else's does. */
export function callsModels({ type, intent }: Pick<TaskSpec, 'type' | 'intent'>): boolean {
  return !Object.hasOwn(intents, type) || (type === 'Coder' && intent.action === 'WriteCode');
}
