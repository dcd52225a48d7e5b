// Missions whose tasks a planner makes: a plan is an object before anything of it runs, and the planner is asked once for each question.
import { plainText } from '#domain/conditions.ts';
import type { Facts } from './facts.ts';
import { isFirst } from './facts.ts';
import type { NotedIntent } from './intents.ts';
import { revisionOf } from './trouble.ts';
import { type Candidate, isUnplanned, type MissionView } from './view.ts';

/** Asks for a plan, once, as soon as what is looked at first is known. */
export function requestPlan(view: MissionView, facts: Facts): NotedIntent[] {
  return isUnplanned(view) && mayAsk(view) && !isLooking(facts) ? [{ kind: 'requestPlan', ...surveyOf(facts), note: 'ask the planner' }] : [];
}

function isLooking({ nodes }: Facts): boolean {
  return nodes.some(({ planned, result }) => planned.phase === 'survey' && result === undefined);
}

const shownSurvey = 4096;

/** What was found before there was a plan; nothing when it was not looked for, or could not be found. */
function surveyOf({ nodes }: Facts): { readonly survey?: string } {
  const observed = nodes.find(({ planned, result }) => planned.phase === 'survey' && result === 'Succeeded')?.task?.status?.observed;
  return observed === undefined ? {} : { survey: plainText(JSON.stringify(observed), shownSurvey) };
}

/** Asks for the plan that takes the place of the one in force, once. */
export function requestRevision(view: MissionView, facts: Facts): NotedIntent[] {
  const { nodes, goals, trouble } = facts;
  const revision = trouble && revisionOf(view, { first: nodes.filter(isFirst), goals, trouble });
  return revision !== undefined && mayAsk(view) ? [{ kind: 'requestPlan', revision, ...surveyOf(facts), note: `ask the planner for another plan: ${revision.message}` }] : [];
}

function mayAsk({ mission, planning: { planner, candidate } }: MissionView): boolean {
  return candidate === undefined && planner.kind === 'idle' && mission.spec.operatingMode === 'Run';
}

/** Ends a question that is under way. */
export function abandonPlan({ planning: { planner } }: MissionView): NotedIntent[] {
  return planner.kind === 'asking' || planner.kind === 'waiting' ? [{ kind: 'abandonPlan', note: 'stop asking the planner' }] : [];
}

/** The wait for a plan, as reason and words. */
export function planningWait({ mission, planning: { planner, candidate } }: MissionView, facts: Facts): { readonly reason: 'Planning' | 'Replanning' | 'AwaitingApproval'; readonly message: string } {
  const { trouble } = facts;
  if (candidate?.state === 'awaited') return { reason: 'AwaitingApproval', message: approvalText(candidate, mission.metadata.name) };
  if (isLooking(facts)) return { reason: 'Planning', message: 'an Analyzer looks at the workspace before there is a plan' };
  const why = trouble === undefined ? '' : `; ${trouble.message}`;
  if (planner.kind === 'waiting') return { reason: trouble === undefined ? 'Planning' : 'Replanning', message: `the planner will be asked again: ${plainText(planner.message, 500)}${why}` };
  return trouble === undefined ? { reason: 'Planning', message: 'the planner is making the task graph' } : { reason: 'Replanning', message: `the planner is making another plan${why}` };
}

function approvalText({ plan }: Candidate, mission: string): string {
  const { estimate, tasks } = plan.spec;
  const cost = estimate === undefined ? '' : `, about ${estimate.costUsd} USD`;
  return `plan ${plan.metadata.name} (${tasks.length} tasks${cost}) waits for approval: kubectl mission approve ${mission}`;
}
