// Decides the goals of a mission from what was measured. An answer that was once found cannot change within a run: facts only get more.
import { formatTime, type Instant } from '#api/time.ts';
import type { Goal, GoalState, GoalStatus } from '#api/v1alpha1/mission.ts';
import { compileExpression } from '#domain/expression/check.ts';
import { evaluateExpression, type ExpressionFacts } from '#domain/expression/evaluate.ts';
import { describeEvidence } from './evidence.ts';
import { countsAsEvidence, type TaskFact } from './facts.ts';
import type { GoalReason } from './reasons.ts';

/** What goals are decided by. */
export interface GoalsView {
  readonly goals: readonly Goal[];
  /** Every task of the plan, decided or not. */
  readonly tasks: readonly TaskFact[];
  /** The tree each task had to start from, by task name: recordedTrees(). */
  readonly recordedTrees: ReadonlyMap<string, string>;
  /** What the status says of the goals of this run; empty at its start. */
  readonly previous: readonly GoalStatus[];
  readonly now: Instant;
}

/** State, reason and evidence of each goal, in order of the spec. */
export function decideGoals({ goals, tasks, recordedTrees, previous, now }: GoalsView): GoalStatus[] {
  const world: World = { tasks: new Map(tasks.map((task) => [task.name, task])), facts: evidenceOf(tasks, recordedTrees) };
  const before = new Map(previous.map((status) => [status.name, status]));
  return goals.map((goal) => {
    const verdict = decideGoal(goal.check.expression, world);
    const checkedTime = checkedTimeOf(verdict.state, before.get(goal.name), now);
    return { name: goal.name, ...verdict, ...(checkedTime === undefined ? {} : { checkedTime }) };
  });
}

interface World {
  readonly tasks: ReadonlyMap<string, TaskFact>;
  /** Only what proves something: decided tasks that count as evidence. */
  readonly facts: ReadonlyMap<string, ExpressionFacts>;
}

function evidenceOf(tasks: readonly TaskFact[], trees: ReadonlyMap<string, string>): Map<string, ExpressionFacts> {
  const facts = new Map<string, ExpressionFacts>();
  for (const task of tasks) {
    if (task.outcome !== undefined && countsAsEvidence(task, trees)) facts.set(task.name, { outcome: task.outcome, observed: task.observed });
  }
  return facts;
}

type Verdict = Pick<GoalStatus, 'evidence'> & { readonly state: GoalState; readonly reason: GoalReason };

function decideGoal(expression: string, { tasks, facts }: World): Verdict {
  const compiled = compileExpression(expression);
  if (compiled.kind === 'fault') return { state: 'Unmet', reason: 'ExpressionError', evidence: describeEvidence([], tasks, compiled.fault.message) };
  const { references } = compiled;
  const result = evaluateExpression(expression, facts);
  if (result.kind === 'true') return { state: 'Met', reason: 'ExpressionTrue', evidence: describeEvidence(references, tasks) };
  if (result.kind === 'false') return { state: 'Unmet', reason: 'ExpressionFalse', evidence: describeEvidence(references, tasks) };
  const read = references.map(({ task }) => tasks.get(task));
  if (read.some((task) => task !== undefined && task.outcome === undefined)) return { state: 'Unknown', reason: 'Waiting', evidence: describeEvidence(references, tasks) };
  const unproven = read.find((task) => task !== undefined && !facts.has(task.name));
  if (unproven !== undefined) return { state: 'Unmet', reason: 'UnverifiedEvidence', evidence: describeEvidence(references, tasks, `${unproven.name} did not run on the recorded files or changed them`) };
  if (result.kind === 'missing') return { state: 'Unmet', reason: 'FieldMissing', evidence: describeEvidence(references, tasks, `missing: ${result.field}`) };
  return { state: 'Unmet', reason: 'ExpressionError', evidence: describeEvidence(references, tasks, result.message) };
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
