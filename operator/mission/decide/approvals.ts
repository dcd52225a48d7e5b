// What people are asked: to approve a plan before it runs, or the work as a goal says.
import type { AwaitedApproval, GoalStatus } from '#api/v1alpha1/mission.ts';
import { awaitedPlan } from '#domain/approval/plan.ts';
import type { Wanted } from '#domain/conditions.ts';
import { requiredGoals } from '#domain/goals/parts.ts';
import type { MissionView, Node } from './view.ts';

/** Everything that people are asked, and what they have said so far; `asked` has what it is about goals. */
export function awaitedApprovals({ mission: { spec }, planning: { candidate }, approvals }: MissionView, asked: readonly AwaitedApproval[]): AwaitedApproval[] {
  const plan = candidate === undefined || candidate.state === 'invalid' || spec.planner === undefined ? [] : [awaitedPlan(candidate.plan, spec.planner.requiredApprovals, approvals)];
  return [...plan, ...asked];
}

/** True when all tasks of the graph and all checks are decided but for people whom a required goal needs. */
export function holdsForPeople({ mission: { spec } }: MissionView, { first, goals }: { readonly first: readonly Node[]; readonly goals: readonly GoalStatus[] }): boolean {
  const required = requiredGoals(spec.goals);
  const needed = goals.filter(({ name }) => required.has(name));
  return first.every(({ result }) => result !== undefined) && needed.every(({ state }) => state !== 'Unmet') && needed.some(({ reason }) => reason === 'AwaitingApproval');
}

/** The condition ApprovalRequired; none when nobody is asked any more. */
export function approvalRequired(mission: string, awaited: readonly AwaitedApproval[]): readonly Wanted[] {
  const open = awaited.filter(({ approvedBy, required, rejectedBy }) => approvedBy.length < required && rejectedBy === undefined);
  if (open.length === 0) return [];
  const what = open.map(({ kind, name }) => `${kind === 'Plan' ? 'plan' : 'goal'} ${name}`).join(', ');
  return [{ type: 'ApprovalRequired', status: 'True', reason: 'AwaitingApproval', message: `${what}: kubectl mission approve ${mission}` }];
}
