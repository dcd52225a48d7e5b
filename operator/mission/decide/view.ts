// Everything the mission reconciler may look at, read once, and what follows from it by counting.
import type { Usage } from '#api/llm.ts';
import type { Instant } from '#api/time.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Approval } from '#api/v1alpha1/approval.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Task, TaskResult } from '#api/v1alpha1/task.ts';
import type { PlannedTask } from '#domain/plan/expand.ts';
import type { Standing } from '#domain/approval/standing.ts';
import { awaitsPlan } from '#domain/plan/question.ts';

/** What the planner does about the question of a mission. `absent`: the installation has none. */
export type PlannerState =
  | { readonly kind: 'absent' | 'idle' | 'asking' }
  /** It will be asked again by itself. */
  | { readonly kind: 'waiting'; readonly message: string }
  /** It may not be asked: a budget is spent, or the gateway refuses. */
  | { readonly kind: 'refused'; readonly message: string };

/** An answer of the planner that is not carried out. `invalid`: no valid plan came of it. `awaited`: people have to approve it. `denied`: somebody rejected it. */
export interface Candidate {
  readonly plan: Plan;
  readonly state: 'invalid' | 'awaited' | 'denied';
  /** What people have said; absent for an invalid one. */
  readonly standing?: Standing;
}

export interface Planning {
  /** Plans of this run, from the first to the one in force; empty until there is one, and for a manifest. */
  readonly chain: readonly Plan[];
  /** The newest answer to the question that follows, when it is not in force. */
  readonly candidate: Candidate | undefined;
  /** About the question that follows. */
  readonly planner: PlannerState;
  /** Names of objects that earlier plans of this run had, and the one in force has not. */
  readonly superseded: ReadonlySet<string>;
}

/** Lists are sorted by name, so equal worlds give equal bytes. */
export interface MissionView {
  /** With the tasks of its plan, where a planner made one. */
  readonly mission: Mission;
  /** Number of the run that the mission is at, or is about to start. */
  readonly run: number;
  /** Tasks of that run as they have to exist, in plan order; empty for a graph that cannot be expanded. */
  readonly plan: readonly PlannedTask[];
  readonly planHash: string;
  /** Tasks that carry this mission's uid, all runs. */
  readonly tasks: readonly Task[];
  /** UIDs of tasks that an agent has now, or may have from before this leader's term. */
  readonly live: ReadonlySet<string>;
  /** All pools. */
  readonly pools: readonly AgentPool[];
  /** Names from the plan that objects of somebody else hold. */
  readonly foreignNames: readonly string[];
  /** Names of objects of this mission that the API server itself said do not exist: a cache may be late. */
  readonly confirmedGone: ReadonlySet<string>;
  /** UIDs of tasks that check others and that no connected agent may have: each executed one of those. */
  readonly withoutVerifier: ReadonlySet<string>;
  readonly planning: Planning;
  /** What people have said of the mission. */
  readonly approvals: readonly Approval[];
  /** What the LLM gateway last told that the mission has used; undefined until it did. */
  readonly usage: Usage | undefined;
  /** When the gateway told that nothing is in flight for the run that has ended; undefined until it did. */
  readonly usageSettledAt: Instant | undefined;
}

/** A task of the plan and what became of it. */
export interface Node {
  readonly planned: PlannedTask;
  /** Position among the tasks of the plan that will exist, from 0. */
  readonly index: number;
  readonly task: Task | undefined;
  /** Absent until decided. An object that was deleted by hand counts as Failed. */
  readonly result: TaskResult | undefined;
  /** `deleted`: the object existed and is gone. `unproven`: it existed, and the cache does not show it. */
  readonly object: 'there' | 'deleted' | 'unproven' | 'not created';
}

/** True until the tasks are known, which a planner has to make. */
export function isUnplanned({ mission, planning }: Pick<MissionView, 'mission' | 'planning'>): boolean {
  return awaitsPlan(mission.spec, planning.chain.at(-1));
}

/** Which run a mission is at: a finished one whose runRequest changed is about to start the next. */
export function runOf({ spec, status }: Mission): number {
  if (status?.runNumber === undefined) return 1;
  return startsAnew({ spec, status }) ? status.runNumber + 1 : status.runNumber;
}

/** True when a finished mission is asked for another run. */
export function startsAnew({ spec, status }: Pick<Mission, 'spec' | 'status'>): boolean {
  return status?.completionTime !== undefined && (spec.runRequest ?? '') !== (status.observedRunRequest ?? '');
}

/** True when the current run is over and no other was asked for. */
export function isFinished(mission: Mission): boolean {
  return mission.status?.completionTime !== undefined && !startsAnew(mission);
}

/** True for a task that has run for a second or longer and is not decided. */
export function isRunning({ task, result }: Node): boolean {
  return result === undefined && task?.status?.assignment !== undefined && task.status.startTime !== undefined;
}

/** True for a task that an agent has or had: it may not be changed any more. */
export function hasStarted(task: Task, live: ReadonlySet<string>): boolean {
  const { outcome, attempt = 0 } = task.status ?? {};
  const ran = outcome === undefined ? attempt > 0 : outcome.epoch !== undefined;
  return ran || live.has(task.metadata.uid);
}
