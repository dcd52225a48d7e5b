// When people have to approve a plan, what of it they approve, and what they are asked.
import type { Approval } from '#api/v1alpha1/approval.ts';
import type { AwaitedApproval, Planner } from '#api/v1alpha1/mission.ts';
import type { Plan, PlanSpec } from '#api/v1alpha1/plan.ts';
import { microUsdOf } from '#domain/cost/money.ts';
import { canonicalJson, sha256Hex } from '#domain/digest.ts';
import { awaitedApproval, type Question } from './standing.ts';

/** SHA-256 over what is approved of a plan: its tasks, its words and its estimate. What it cost to make is no part of it. */
export function planDigest({ spec: { tasks, summary, estimate } }: Pick<Plan, 'spec'>): string {
  return sha256Hex(canonicalJson({ tasks, summary, estimate }));
}

/** Whether people must approve the plan before anything of it runs. Where the cost decides, a plan without an estimate may cost anything. */
export function needsApproval({ planApproval, approvalAboveUsd }: Pick<Planner, 'planApproval' | 'approvalAboveUsd'>, { spec: { estimate } }: Pick<Plan, 'spec'>): boolean {
  if (planApproval !== 'OnCost') return planApproval === 'Always';
  return estimate === undefined || approvalAboveUsd === undefined || microUsdOf(estimate.costUsd) > microUsdOf(approvalAboveUsd);
}

/** What people are asked about a plan. */
export function planQuestion(plan: Plan, required: number): Question {
  const { metadata, spec } = plan;
  const { tasks, summary, estimate, revision } = spec;
  const size = tasks.length === 1 ? '1 task' : `${tasks.length} tasks`;
  const text = `May plan ${revision} run? It has ${size}${estimate === undefined ? '' : `, ${describeEstimate(estimate)}`}.${summary === undefined ? '' : ` ${summary}`}`;
  return { subject: { missionUid: spec.missionRef.uid, kind: 'Plan', name: metadata.name, digest: planDigest(plan) }, text, required };
}

/** The entry of status.approvals for a plan. */
export function awaitedPlan(plan: Plan, required: number, approvals: readonly Approval[]): AwaitedApproval {
  return awaitedApproval(planQuestion(plan, required), approvals);
}

/** `about 0.42 USD and 95 s, with up to 3 tasks side by side` */
export function describeEstimate({ costUsd, seconds, widest }: NonNullable<PlanSpec['estimate']>): string {
  return `about ${costUsd} USD and ${seconds} s, with ${widest === 1 ? 'one task at a time' : `up to ${widest} tasks side by side`}`;
}
