// Whether a plan was right: what the goals of its mission say when they were decided by evidence, and nothing that an agent says.
import type { Verdict } from '#api/memory.ts';
import { parseTime } from '#api/time.ts';
import { type Course, type GoalState, isOver, type PlanSeen } from './seen.ts';

export interface Judgement {
  readonly verdict: Verdict;
  readonly because: string;
}

/** Reasons under which a goal is not met although nothing was found wrong. They prove nothing of the work. */
const unproven: ReadonlySet<string> = new Set(['Waiting', 'NoIndependentVerifier', 'NotVerified', 'VerifierFailed', 'UnverifiedEvidence', 'ExpressionError', 'AwaitingApproval']);

const unchecked = (because: string): Judgement => ({ verdict: 'Unchecked', because });

/** What became of the plan of this name; of the graph that a user wrote when it is empty. */
export function judge(course: Course, planName: string): Judgement {
  const all = judgeMission(course);
  if (all.verdict === 'Unchecked') return all;
  const next = successorOf(course, planName);
  if (next === undefined) return all;
  return { verdict: 'Failed', because: `another plan took its place: ${next.spec.revises?.message ?? ''}` };
}

function judgeMission(course: Course): Judgement {
  const { spec, facts, goals } = course;
  if (facts === undefined || !isOver(course)) return unchecked('the mission has not ended');
  if (spec === undefined) return unchecked('nobody told what the mission was to achieve');
  const required = spec.goals.filter((goal) => goal.required);
  if (required.length === 0) return unchecked('the mission has no goal that decides');
  if (spec.goals.length !== facts.goals || goals.filter(({ state }) => state === 'Met').length !== facts.goalsMet) return unchecked('not all that happened to the goals was told');
  const states = new Map(goals.map((goal) => [goal.name, goal]));
  const decided = required.flatMap(({ name }) => states.get(name) ?? []);
  const unmet = decided.filter(({ state, reason }) => state === 'Unmet' && !unproven.has(reason));
  if (unmet.length > 0) return { verdict: 'Failed', because: unmet.map(sentenceOf).join('; ') };
  if (decided.filter(({ state }) => state === 'Met').length < required.length) return unchecked('not all goals were decided by evidence');
  return facts.succeeded === 'True' ? { verdict: 'Worked', because: `met: ${decided.map(({ name }) => name).join(', ')}` } : unchecked(`the goals were met, but the mission ended as ${facts.state}`);
}

function sentenceOf({ name, evidence }: GoalState): string {
  return `goal ${name} was not met${evidence === '' ? '' : `: ${evidence}`}`;
}

/** The plan that took the place of this one in the run. */
function successorOf({ plans, run }: Course, planName: string): PlanSeen | undefined {
  return [...plans.values()].find(({ spec }) => spec.verdict === 'Accepted' && spec.revises?.run === run && spec.revises.plan === planName);
}

/** The plan that a task belongs to: the newest that was there when the task began, of those that name it where any does. */
export function planOf({ plans }: Pick<Course, 'plans'>, task: string, begun: string): PlanSeen | undefined {
  const at = parseTime(begun) ?? 0;
  const known = [...plans.values()].filter(({ spec }) => spec.verdict === 'Accepted' && (parseTime(spec.plannedTime) ?? 0) <= at).toSorted((a, b) => a.spec.revision - b.spec.revision);
  return known.findLast(({ spec }) => spec.tasks.some(({ name }) => name === task)) ?? known.at(-1);
}
