// What is said of a goal, and the world that it is judged in.
import type { GoalProof, GoalState } from '#api/v1alpha1/mission.ts';
import type { ApprovalFacts } from '#domain/approval/goal.ts';
import type { TaskFact } from './facts.ts';
import type { GoalReason } from './reasons.ts';

export interface Verdict {
  readonly state: GoalState;
  readonly reason: GoalReason;
  /** The facts that it rests on. */
  readonly evidence: string;
  readonly proof?: GoalProof;
}

/** What checks may look at. */
export interface World {
  /** Tasks of spec.tasks by name. */
  readonly tasks: ReadonlyMap<string, TaskFact>;
  /** Tasks that carry out checks, by name. */
  readonly verifiers: ReadonlyMap<string, TaskFact>;
  /** The tree that each of them had to start from, by name. */
  readonly trees: ReadonlyMap<string, string>;
  /** Names of verifiers that no connected agent may have: each executed one of the checked tasks. */
  readonly withoutVerifier: ReadonlySet<string>;
  readonly approvals: ApprovalFacts;
}
