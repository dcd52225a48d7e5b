// The goals of a run, and the files that they are about.
import type { Instant } from '#api/time.ts';
import type { AwaitedApproval, GoalStatus, MissionStatus } from '#api/v1alpha1/mission.ts';
import { awaitedGoals, decideGoals, type GoalsView } from '#domain/goals/decide.ts';
import { recordedTrees, taskFact } from '#domain/goals/facts.ts';
import type { GoalReason } from '#domain/goals/reasons.ts';
import type { Phase } from '#domain/plan/phase.ts';
import { isUnplanned, type MissionView, type Node } from './view.ts';

/** The goals of a run, and what people are asked about them. */
export interface RunGoals {
  /** State, evidence and proof of each. */
  readonly goals: readonly GoalStatus[];
  readonly asked: readonly AwaitedApproval[];
}

/** Decides the goals of this run. */
export function decideRunGoals(view: MissionView, nodes: readonly Node[], now: Instant): RunGoals {
  const { mission } = view;
  // Goals speak of tasks that there will be once there is a plan.
  if (isUnplanned(view)) return { goals: mission.spec.goals.map(({ name }) => ({ name, state: 'Unknown', reason: 'Waiting' satisfies GoalReason, evidence: 'there is no plan yet' })), asked: [] };
  const seen = goalsView(view, nodes, now);
  return { goals: decideGoals(seen), asked: awaitedGoals(seen) };
}

function goalsView(view: MissionView, nodes: readonly Node[], now: Instant): GoalsView {
  const { mission, run, withoutVerifier, approvals } = view;
  const { name, uid } = mission.metadata;
  const workspaceTree = workspaceOf(view, nodes)?.tree;
  const facts = (phase: Phase) => nodes.filter(({ planned }) => planned.phase === phase).map(({ planned, task, result }) => ({ ...taskFact(planned.name, planned.spec, task?.status), outcome: result }));
  const [tasks, verifiers] = [facts('work'), facts('verifier')];
  return {
    goals: mission.spec.goals,
    tasks,
    verifiers,
    recordedTrees: recordedTrees([...tasks, ...verifiers], workspaceTree),
    approvals: { mission: { name, uid }, run, plan: mission.spec.tasks, workspaceTree, said: approvals },
    withoutVerifier: new Set(nodes.filter(({ task }) => task !== undefined && withoutVerifier.has(task.metadata.uid)).map(({ planned }) => planned.name)),
    previous: mission.status?.runNumber === run ? (mission.status.goals ?? []) : [],
    now,
  };
}

/** The files of this run: what the first task found that started from the workspace itself. Kept once known. */
export function workspaceOf({ mission, run }: MissionView, nodes: readonly Node[]): MissionStatus['workspace'] {
  if (mission.status?.runNumber === run && mission.status.workspace !== undefined) return mission.status.workspace;
  const [first] = nodes
    .flatMap(({ planned: { spec }, task, index }) => {
      const { workspace, completionTime = '' } = task?.status ?? {};
      // What reads an artifact has no files, whatever the mission has.
      const startedThere = spec.workspaceFrom === undefined && (spec.workspace === undefined) === (mission.spec.workspace === undefined);
      return workspace === undefined || !startedThere ? [] : [{ workspace, completionTime, index }];
    })
    .toSorted((a, b) => (a.completionTime === b.completionTime ? a.index - b.index : a.completionTime < b.completionTime ? -1 : 1));
  if (first === undefined) return undefined;
  const { commit, treeBefore: tree } = first.workspace;
  return { ...(commit === undefined ? {} : { commit }), tree };
}
