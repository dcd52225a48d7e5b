// Whether a run may get another plan in place of the one that did not get there (failurePolicy Replan).
import { plainText } from '#domain/conditions.ts';
import type { Candidate, MissionView } from './view.ts';

type Part = Pick<MissionView, 'mission' | 'planning'>;

/** True while the run may still get another plan. */
export function mayReplan(view: Part): boolean {
  const { mission: { spec }, planning: { chain, candidate, planner } } = view;
  if (!wantsReplans(view)) return false;
  const isOver = candidate?.state === 'invalid' || candidate?.state === 'denied' || planner.kind === 'refused' || planner.kind === 'absent';
  return !isOver && chain.length - 1 < (spec.planner?.maxReplans ?? 0);
}

/** Why there will be no other plan, for whoever asks why the run ends; empty when nobody wanted one. */
export function whyNoReplan(view: Part): string {
  const { mission: { spec }, planning: { chain, candidate, planner } } = view;
  if (!wantsReplans(view)) return '';
  if (candidate?.state === 'denied') return denial(candidate);
  if (candidate?.state === 'invalid') return `; no valid plan came in its place: plans.coditect.ai ${candidate.plan.metadata.name}`;
  if (planner.kind === 'refused') return `; the planner may not be asked for another plan: ${plainText(planner.message, 300)}`;
  return `; another plan took its place ${chain.length - 1} of ${spec.planner?.maxReplans ?? 0} times`;
}

function denial({ plan, standing }: Candidate): string {
  return `; plan ${plan.metadata.name} was rejected by ${standing?.rejectedBy ?? 'somebody'}`;
}

function wantsReplans({ mission: { spec }, planning: { chain } }: Part): boolean {
  return spec.failurePolicy === 'Replan' && spec.planner !== undefined && chain.length > 0;
}
