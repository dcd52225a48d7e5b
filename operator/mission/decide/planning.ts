// Missions whose tasks a planner makes: the plan is an object before anything of it runs, and the planner is asked once for each question.
import { plainText } from '#domain/conditions.ts';
import type { NotedIntent } from './intents.ts';
import { isUnplanned, type MissionView } from './view.ts';

/** Asks, once. */
export function requestPlan(view: MissionView): NotedIntent[] {
  const isDue = isUnplanned(view) && view.planning.planner.kind === 'idle' && view.mission.spec.operatingMode === 'Run';
  return isDue ? [{ kind: 'requestPlan', note: 'ask the planner' }] : [];
}

/** Ends a question that is under way. */
export function abandonPlan({ planning: { planner } }: MissionView): NotedIntent[] {
  return planner.kind === 'asking' || planner.kind === 'waiting' ? [{ kind: 'abandonPlan', note: 'stop asking the planner' }] : [];
}

/** The wait in words. */
export function planningText({ planning: { planner } }: MissionView): string {
  return planner.kind === 'waiting' ? `the planner will be asked again: ${plainText(planner.message, 900)}` : 'the planner is making the task graph';
}
