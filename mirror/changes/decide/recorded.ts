// Events of objects that only record: plans and approvals never change, so each is told once, by an id without a version.
import type { CloudEvent } from '#api/events/envelope.ts';
import type { Approval } from '#api/v1alpha1/approval.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import { eventOf, fits, type Sight } from './sight.ts';

/** A planner has made a plan. */
export function planEvents(sight: Sight<Plan>): CloudEvent[] {
  return sight.before === undefined ? [eventOf(sight, 'plans', { name: 'plan.made', mark: 'made', time: sight.now.metadata.creationTimestamp }, recordOf(sight))] : [];
}

/** Somebody has said yes or no. */
export function approvalEvents(sight: Sight<Approval>): CloudEvent[] {
  return sight.before === undefined ? [eventOf(sight, 'approvals', { name: 'approval.given', mark: 'given', time: sight.now.metadata.creationTimestamp }, recordOf(sight))] : [];
}

function recordOf({ now: { metadata, spec } }: Sight<Plan | Approval>) {
  const { name, uid, resourceVersion } = metadata;
  const { name: missionName, uid: missionUid } = spec.missionRef;
  const mission = { name: missionName, uid: missionUid };
  return { data: { name, uid, resourceVersion, mission, spec: (fits(spec) ? spec : withoutTasks(spec)) as unknown as JsonObject }, mission };
}

/** The graph of a plan is in its Task objects as well; all else of it is short. */
function withoutTasks(spec: object): object {
  const { tasks: _tasks, ...rest } = spec as { readonly tasks?: unknown };
  return rest;
}
