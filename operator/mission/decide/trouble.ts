// What makes a plan need another one in its place (failurePolicy Replan), and when it is time to ask for it.
import type { GoalStatus } from '#api/v1alpha1/mission.ts';
import type { Violation } from '#api/v1alpha1/task.ts';
import { plainText } from '#domain/conditions.ts';
import { requiredGoals } from '#domain/goals/parts.ts';
import type { EndedTask, Revision, RevisionReason } from '#domain/planning/revision.ts';
import { mayReplan } from './replans.ts';
import type { MissionView, Node } from './view.ts';
import { listed, namesOf } from './work.ts';

/** Why the plan in force does not get there. */
export interface Trouble {
  readonly reason: RevisionReason;
  readonly message: string;
}

/** What trouble is told from. */
interface Counted {
  /** Tasks of the graph and those that check goals. */
  readonly first: readonly Node[];
  readonly failures: readonly Node[];
  readonly goals: readonly GoalStatus[];
}

/** The trouble that another plan may help against; undefined when there is none, or there will be no other plan. */
export function troubleOf(view: MissionView, counted: Counted): Trouble | undefined {
  if (!mayReplan(view)) return undefined;
  const { first, failures } = counted;
  if (failures.length > 0) return { reason: 'TaskFailed', message: told('task', failures, 'failed', lastWords) };
  return first.some(({ result }) => result === undefined) ? undefined : (goalsUnmet(view, counted) ?? violated(counted));
}

function goalsUnmet({ mission }: MissionView, { goals }: Counted): Trouble | undefined {
  const required = requiredGoals(mission.spec.goals);
  const unmet = goals.filter(({ name, state }) => required.has(name) && state === 'Unmet');
  const [one] = unmet;
  return one && { reason: 'GoalsUnmet', message: plainText(`${listed('goal', unmet.map(({ name }) => name))} not met: ${one.evidence}`, shown.trouble) };
}

function violated({ first }: Counted): Trouble | undefined {
  const violating = first.filter((node) => counts(node) && grave(node).length > 0);
  if (violating.length === 0) return undefined;
  return { reason: 'Violated', message: told('task', violating, 'left something else behind than was expected', (node) => grave(node)[0]?.message ?? '') };
}

/** What may fail may also leave something else behind. */
function counts({ planned: { phase, spec }, result }: Node): boolean {
  return phase === 'work' && spec.onFailure === 'Fail' && result === 'Succeeded';
}

/** `tasks a, b failed: why the first did` */
function told(word: string, nodes: readonly Node[], what: string, why: (node: Node) => string): string {
  return plainText(`${listed(word, namesOf(nodes))} ${what}: ${nodes.slice(0, 1).map(why).join('')}`, shown.trouble);
}

/** Being slow is told, but no other plan would help. */
function grave({ task }: Node): readonly Violation[] {
  return (task?.status?.violations ?? []).filter(({ kind }) => kind !== 'Timeout');
}

function lastWords({ task }: Node): string {
  return task?.status?.outcome?.message ?? 'its object was deleted';
}

const shown = { trouble: 512, message: 300, observed: 600, violations: 4 } as const;

/** What the planner is told about the run so far. */
export function revisionOf({ run, planning: { chain } }: MissionView, { first, goals, trouble }: { readonly first: readonly Node[]; readonly goals: readonly GoalStatus[]; readonly trouble: Trouble }): Revision | undefined {
  const plan = chain.at(-1);
  if (plan === undefined) return undefined;
  return {
    plan,
    run,
    ...trouble,
    tasks: first.filter(({ planned }) => planned.phase === 'work').map(endedTask),
    goals: goals.map(({ name, state, reason, evidence }) => ({ name, state, reason, evidence })),
    earlier: chain.slice(0, -1).flatMap(({ spec }) => spec.tasks),
  };
}

function endedTask({ planned: { name }, task, result }: Node): EndedTask {
  const { outcome, observed, workspace, violations = [] } = task?.status ?? {};
  return {
    name,
    outcome: result ?? 'NotStarted',
    ...(outcome === undefined ? {} : { reason: outcome.reason, message: plainText(outcome.message, shown.message) }),
    ...(observed === undefined ? {} : { observed: plainText(JSON.stringify(observed), shown.observed) }),
    changedFiles: workspace !== undefined && workspace.treeAfter !== workspace.treeBefore,
    ...(violations.length === 0 ? {} : { violations: violations.slice(0, shown.violations).map(({ kind, message }) => `${kind}: ${message}`) }),
  };
}
