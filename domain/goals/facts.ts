// What goals may know of a task, and when that knowledge counts as evidence.
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { Artifact } from '#api/v1alpha1/schema.ts';
import type { TaskResult, TaskSpec, TaskStatus } from '#api/v1alpha1/task.ts';

/** One task as goals see it. */
export interface TaskFact {
  readonly name: string;
  /** Absent until the task is decided. */
  readonly outcome?: TaskResult | undefined;
  /** What its outcome says, for people. */
  readonly message: string;
  readonly observed: JsonObject;
  /** What a model or a script said, for people: nothing is decided by it. Absent: nothing. */
  readonly claimed?: JsonObject | undefined;
  readonly artifacts: readonly Artifact[];
  /** Whether the task has files to work on at all. */
  readonly hasWorkspace: boolean;
  readonly workspaceFrom?: string | undefined;
  readonly workspace?: { readonly treeBefore: string; readonly treeAfter: string } | undefined;
  /** Number of the deciding attempt; 0 when none ran. */
  readonly attempt: number;
  /** Pod name of the agent of the deciding attempt. */
  readonly agent?: string | undefined;
  /** Pod names of the agents of all attempts that are known. */
  readonly agents: readonly string[];
  /** Tasks whose work it checks. */
  readonly verifies: readonly string[];
}

/** The facts of a planned task; `status` is absent while its object is. */
export function taskFact(name: string, spec: Pick<TaskSpec, 'workspace' | 'workspaceFrom' | 'verifies'>, status: TaskStatus = {}): TaskFact {
  const { outcome, observed = {}, claimed, artifacts = [], workspace, attempt = 0 } = status;
  return {
    name,
    outcome: outcome?.result,
    message: outcome?.message ?? '',
    observed,
    claimed,
    artifacts,
    hasWorkspace: spec.workspace !== undefined || spec.workspaceFrom !== undefined,
    workspaceFrom: spec.workspaceFrom,
    workspace,
    attempt,
    ...agentsOf(status),
    verifies: spec.verifies ?? [],
  };
}

function agentsOf({ assignment, attempts = [], memoizedFrom }: TaskStatus): Pick<TaskFact, 'agent' | 'agents'> {
  const agent = assignment?.agent;
  return { agent, agents: [agent, ...attempts.map((earlier) => earlier.agent), ...(memoizedFrom?.agents ?? [])].filter((pod) => pod !== undefined) };
}

/** Git's hash of a tree without files: what a task without a workspace starts from. */
export const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/**
 * The tree that each task had to start from, by task name: the mission's (`status.workspace.tree`), or what the task named by
 * workspaceFrom left behind. A task whose start is not known is not in it.
 */
export function recordedTrees(tasks: readonly TaskFact[], missionTree: string | undefined): Map<string, string> {
  const left = new Map(tasks.map(({ name, workspace }) => [name, workspace?.treeAfter]));
  const trees = new Map<string, string>();
  for (const { name, hasWorkspace, workspaceFrom } of tasks) {
    const tree = workspaceFrom !== undefined ? left.get(workspaceFrom) : hasWorkspace ? missionTree : emptyTree;
    if (tree !== undefined) trees.set(name, tree);
  }
  return trees;
}

/**
 * Whether a decided task may prove something: it ran on the recorded files and left them as they were. Where there are no files, there is
 * nothing to have tampered with; where nothing ran (Skipped, Cancelled), the outcome is the operator's own word.
 */
export function countsAsEvidence({ name, outcome, hasWorkspace, workspace }: TaskFact, trees: ReadonlyMap<string, string>): boolean {
  if (workspace !== undefined) return workspace.treeBefore === trees.get(name) && workspace.treeAfter === workspace.treeBefore;
  return !hasWorkspace || outcome === 'Skipped' || outcome === 'Cancelled';
}
