// What planners and people have made of a mission so far: which plan is in force, and what is in the way of the next.
import type { Approval } from '#api/v1alpha1/approval.ts';
import { labels } from '#api/labels.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { needsApproval, planQuestion } from '#domain/approval/plan.ts';
import { type Standing, standing } from '#domain/approval/standing.ts';
import { planChain } from '#domain/plan/question.ts';
import type { MissionPlanner } from './act.ts';
import type { Candidate, Planning } from './decide/view.ts';

/** What is known around a mission. */
export interface PlanningSources {
  readonly run: number;
  readonly plans: readonly Plan[];
  readonly approvals: readonly Approval[];
  /** Tasks that carry its UID. */
  readonly tasks: readonly Task[];
  readonly planner: Pick<MissionPlanner, 'stateOf'>;
}

/** The plans of a run. */
export function planningOf(mission: Mission, { run, plans, approvals, tasks, planner }: PlanningSources): Omit<Planning, 'superseded'> {
  const { planner: wish } = mission.spec;
  if (wish === undefined) return { chain: [], candidate: undefined, planner: { kind: 'idle' } };
  const told = (plan: Plan): Standing | undefined => {
    const { subject, required } = planQuestion(plan, wish.requiredApprovals);
    return needsApproval(wish, plan) && !hasBegun(plan, run, tasks) ? standing(subject, required, approvals) : undefined;
  };
  const { chain, candidate } = planChain(mission.spec, run, plans, (plan) => (told(plan)?.kind ?? 'approved') === 'approved');
  const last = chain.at(-1);
  return { chain, candidate: candidate && candidateOf(candidate, told(candidate)), planner: planner.stateOf(mission, last && { plan: last, run }) };
}

function candidateOf(plan: Plan, said: Standing | undefined): Candidate {
  if (plan.spec.verdict === 'Rejected') return { plan, state: 'invalid' };
  return { plan, state: said?.kind === 'rejected' ? 'denied' : 'awaited', ...(said === undefined ? {} : { standing: said }) };
}

/** What was begun stays begun: to delete an approval afterwards takes nothing back. */
function hasBegun({ spec }: Plan, run: number, tasks: readonly Task[]): boolean {
  return tasks.some((task) => task.spec.run === run && task.metadata.labels?.[labels.revision] === String(spec.revision));
}
