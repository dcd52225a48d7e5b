// What a planner is asked about a mission, as an identity, and the mission with what came of it.
import type { Mission, MissionSpec } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import { canonicalJson, sha256Hex } from '#domain/digest.ts';

/** SHA-256 over what the mission itself asks, as hex. Neither pools nor who has to approve are in it: a plan is not made anew because of them. */
export function questionDigest({ goal, goals, planner, workspace, outputs, results, finally: last }: MissionSpec): string {
  const { instructions, model, maxTasks, maxDepth, survey } = planner ?? {};
  return sha256Hex(canonicalJson({ goal, goals, planner: planner && { instructions, model, maxTasks, maxDepth, survey }, workspace, outputs, results, finally: last }));
}

/** SHA-256 over the question for the plan that takes the place of `plan` in one run, as hex: it is asked once, whatever is known by then. */
export function revisionDigest(plan: Plan, run: number): string {
  return sha256Hex(canonicalJson({ revises: plan.spec.requestDigest, run }));
}

/** The plan of the newest revision that answers what the mission asks now. */
export function planFor(spec: MissionSpec, plans: readonly Plan[]): Plan | undefined {
  return newestAnswer(questionDigest(spec), plans);
}

/** Plans of one run. */
export interface PlanChain {
  /** Those that were carried out, from the first to the one in force; empty while there is none. */
  readonly chain: readonly Plan[];
  /** The newest answer to the question that follows, when it is not carried out. */
  readonly candidate: Plan | undefined;
}

/** What planners made of a mission for one run. `mayRun` tells of a valid plan whether it may be carried out. */
export function planChain(spec: MissionSpec, run: number, plans: readonly Plan[], mayRun: (plan: Plan) => boolean): PlanChain {
  const chain: Plan[] = [];
  let candidate = planFor(spec, plans);
  while (candidate?.spec.verdict === 'Accepted' && mayRun(candidate)) {
    chain.push(candidate);
    candidate = newestAnswer(revisionDigest(candidate, run), plans);
  }
  return { chain, candidate };
}

function newestAnswer(requestDigest: string, plans: readonly Plan[]): Plan | undefined {
  return plans.filter((plan) => plan.spec.requestDigest === requestDigest).toSorted((a, b) => a.spec.revision - b.spec.revision).at(-1);
}

/** True for a mission whose tasks a planner has to make first. */
export function awaitsPlan(spec: MissionSpec, plan: Plan | undefined): boolean {
  return spec.planner !== undefined && plan?.spec.verdict !== 'Accepted';
}

/** The mission with the tasks of its plan, where a planner made them. */
export function withPlan(mission: Mission, plan: Plan | undefined): Mission {
  return plan?.spec.verdict === 'Accepted' ? { ...mission, spec: { ...mission.spec, tasks: plan.spec.tasks } } : mission;
}
