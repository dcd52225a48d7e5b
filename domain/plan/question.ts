// What a planner is asked about a mission, as an identity, and the mission with what came of it.
import type { Mission, MissionSpec } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import { canonicalJson, sha256Hex } from '#domain/digest.ts';

/** SHA-256 over what the mission itself asks, as hex. Pools are not in it: a plan is not made anew because an agent type came or went. */
export function questionDigest({ goal, goals, planner, workspace, outputs, results, finally: last }: MissionSpec): string {
  return sha256Hex(canonicalJson({ goal, goals, planner, workspace, outputs, results, finally: last }));
}

/** The plan of the newest revision that answers what the mission asks now. */
export function planFor(spec: MissionSpec, plans: readonly Plan[]): Plan | undefined {
  const digest = questionDigest(spec);
  return plans.filter((plan) => plan.spec.requestDigest === digest).toSorted((a, b) => a.spec.revision - b.spec.revision).at(-1);
}

/** True for a mission whose tasks a planner has to make first. */
export function awaitsPlan(spec: MissionSpec, plan: Plan | undefined): boolean {
  return spec.planner !== undefined && plan?.spec.verdict !== 'Accepted';
}

/** The mission with the tasks of its plan, where a planner made them. */
export function withPlan(mission: Mission, plan: Plan | undefined): Mission {
  return plan?.spec.verdict === 'Accepted' ? { ...mission, spec: { ...mission.spec, tasks: plan.spec.tasks } } : mission;
}
