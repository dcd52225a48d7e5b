// Goals, and facts of the tasks that they are decided by, in the words of a test.
import { z } from 'zod';
import { Goal, type GoalStatus } from '#api/v1alpha1/mission.ts';
import type { ApprovalFacts } from '#domain/approval/goal.ts';
import { decideGoals, type GoalsView } from '#domain/goals/decide.ts';
import { recordedTrees, type TaskFact } from '#domain/goals/facts.ts';

export const t0 = Date.parse('2026-01-01T00:00:00Z');
export const missionTree = '1a2b3c4d5e6f';
export const unchanged = { treeBefore: missionTree, treeAfter: missionTree };
export const changed = { treeBefore: missionTree, treeAfter: 'ffff0000ffff' };

/** A goal `g` with this check unless told. */
export function goal(check: z.input<typeof Goal>['check'], more: Partial<z.input<typeof Goal>> = {}): Goal {
  return Goal.parse({ name: 'g', ...(check === undefined ? {} : { check }), ...more });
}

/** A task with files that has not ended. */
export function fact(name: string, more: Partial<TaskFact> = {}): TaskFact {
  return { name, message: '', observed: {}, artifacts: [], hasWorkspace: true, attempt: 1, agents: [], verifies: [], ...more };
}

/** A task that succeeded on agent-1 and changed nothing. */
export function done(name: string, observed: TaskFact['observed'] = {}, more: Partial<TaskFact> = {}): TaskFact {
  return fact(name, { outcome: 'Succeeded', observed, workspace: unchanged, agent: 'agent-1', agents: ['agent-1'], ...more });
}

/** Mission `m` in its first run, of which nobody has said anything. */
export const unsaid: ApprovalFacts = { mission: { name: 'm', uid: 'uid-m' }, run: 1, plan: [], workspaceTree: missionTree, said: [] };

/** What is decided of goals by these tasks and verifiers. */
export function decided(goals: readonly Goal[], tasks: readonly TaskFact[], more: Partial<GoalsView> = {}): GoalStatus[] {
  return decideGoals(goalsView(goals, tasks, more));
}

/** What goals are decided by. */
export function goalsView(goals: readonly Goal[], tasks: readonly TaskFact[], more: Partial<GoalsView> = {}): GoalsView {
  const trees = recordedTrees([...tasks, ...(more.verifiers ?? [])], missionTree);
  return { goals, tasks, verifiers: [], recordedTrees: trees, withoutVerifier: new Set(), approvals: unsaid, previous: [], now: t0, ...more };
}
