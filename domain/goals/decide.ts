// Decides the goals of a mission from what was measured. An answer that was once found cannot change within a run, because facts only get more; people alone may change theirs.
import { formatTime, type Instant } from '#api/time.ts';
import type { AwaitedApproval, Goal, GoalState, GoalStatus } from '#api/v1alpha1/mission.ts';
import type { ApprovalFacts } from '#domain/approval/goal.ts';
import { plainText } from '#domain/conditions.ts';
import { awaitedGoal, judgeApproval } from './approval-check.ts';
import { judgeArtifact } from './artifact-check.ts';
import { judgeCommand } from './command-check.ts';
import { judgeExpression } from './expression-check.ts';
import type { TaskFact } from './facts.ts';
import { judgeByRubric } from './judge-check.ts';
import { withParts } from './parts.ts';
import type { Verdict, World } from './verdict.ts';

/** What goals are decided by. */
export interface GoalsView {
  readonly goals: readonly Goal[];
  /** Every task of spec.tasks, decided or not. */
  readonly tasks: readonly TaskFact[];
  /** Every task that carries out a check, decided or not. */
  readonly verifiers: readonly TaskFact[];
  /** The tree each of them had to start from, by task name: recordedTrees(). */
  readonly recordedTrees: ReadonlyMap<string, string>;
  /** Names of verifiers that no connected agent may have. */
  readonly withoutVerifier: ReadonlySet<string>;
  readonly approvals: ApprovalFacts;
  /** What the status says of the goals of this run; empty at its start. */
  readonly previous: readonly GoalStatus[];
  readonly now: Instant;
}

const evidenceLimit = 512;

/** State, reason, evidence and proof of each goal, in order of the spec. */
export function decideGoals(view: GoalsView): GoalStatus[] {
  const { goals, previous, now } = view;
  const world = worldOf(view);
  const before = byName(previous);
  return withParts(goals, (goal) => judge(goal, world)).map(({ name, ...verdict }) => {
    const checkedTime = checkedTimeOf(verdict.state, before.get(name), now);
    return { name, ...verdict, evidence: plainText(verdict.evidence, evidenceLimit), ...(checkedTime === undefined ? {} : { checkedTime }) };
  });
}

/** What people are asked about goals by now, in order of the spec, and what they have said. */
export function awaitedGoals(view: GoalsView): AwaitedApproval[] {
  const world = worldOf(view);
  return view.goals.map((goal) => awaitedGoal(goal, world)).filter((awaited) => awaited !== undefined);
}

function worldOf({ tasks, verifiers, recordedTrees: trees, withoutVerifier, approvals }: GoalsView): World {
  return { tasks: byName(tasks), verifiers: byName(verifiers), trees, withoutVerifier, approvals };
}

function byName<T extends { readonly name: string }>(items: readonly T[]): Map<string, T> {
  return new Map(items.map((item) => [item.name, item]));
}

/** What the goal's own check says; undefined without one. */
function judge(goal: Goal, world: World): Verdict | undefined {
  const { name, check = {} } = goal;
  if (check.expression !== undefined) return judgeExpression(check.expression, world);
  if (check.command !== undefined) return judgeCommand(name, check.command, world);
  if (check.judge !== undefined) return judgeByRubric(name, check.judge, world);
  if (check.approval !== undefined) return judgeApproval(goal, check.approval, world);
  return check.artifact && judgeArtifact(name, check.artifact, world);
}

/** When the state was decided: kept while it stays the same. */
function checkedTimeOf(state: GoalState, before: GoalStatus | undefined, now: Instant): string | undefined {
  if (state === 'Unknown') return undefined;
  return before?.state === state && before.checkedTime !== undefined ? before.checkedTime : formatTime(now);
}

/** `3/5`: goals met of all goals. */
export function goalsMet(goals: readonly GoalStatus[]): string {
  return `${goals.filter(({ state }) => state === 'Met').length}/${goals.length}`;
}
