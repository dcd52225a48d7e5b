// Which files a task starts from, told without running it. What is not known for sure is unknown: a wrong guess would hand out a stranger's result.
import type { Artifact } from '#api/v1alpha1/schema.ts';
import type { Task, TaskSpec, TaskStatus } from '#api/v1alpha1/task.ts';
import { emptyTree } from '#domain/goals/facts.ts';

/** Name of the artifact that holds a task's changed files. */
export const outputBundle = 'output.bundle';

/** The files of a run before any task changed them. `commit` is absent for files that are not from git. */
export interface RunFiles {
  readonly tree: string;
  readonly commit?: string | undefined;
}

/** What a task finds: its files, and what they were before any task changed them. */
export interface Start extends RunFiles {
  readonly base: string;
}

/** The run that a task belongs to. */
export interface RunOfTask {
  /** Undefined while nobody knows them. */
  readonly files: RunFiles | undefined;
  readonly sibling: (name: string) => Task | undefined;
}

/** A change of the files, and how to get it. */
export interface Change {
  readonly bundle: Artifact;
  readonly bundleCommit: string;
  readonly treeAfter: string;
}

/** The newest change of the files that a task starts from, by way of workspaceFrom; undefined when nobody changed anything. */
export function changeBefore({ workspaceFrom }: Pick<TaskSpec, 'workspaceFrom'>, sibling: RunOfTask['sibling']): Change | undefined {
  const seen = new Set<string>();
  for (let name = workspaceFrom; name !== undefined && !seen.has(name); ) {
    seen.add(name);
    const from = sibling(name);
    const change = changeOf(from?.status);
    if (change !== undefined) return change;
    name = from?.spec.workspaceFrom;
  }
  return undefined;
}

function changeOf({ artifacts, workspace }: TaskStatus = {}): Change | undefined {
  const bundle = artifacts?.find(({ name }) => name === outputBundle);
  return bundle === undefined || workspace?.outputCommit === undefined ? undefined : { bundle, bundleCommit: workspace.outputCommit, treeAfter: workspace.treeAfter };
}

/** The files of a run: what its mission has recorded, else what all tasks that started from them agree on. A task without a workspace has none. */
export function filesOfRun({ workspace }: Pick<TaskSpec, 'workspace'>, recorded: RunFiles | undefined, run: Iterable<Task>): RunFiles | undefined {
  if (workspace === undefined) return { tree: emptyTree };
  if (recorded !== undefined) return recorded;
  const [first, ...others] = [...run].flatMap(filesFound);
  return first !== undefined && others.every(({ tree, commit }) => tree === first.tree && commit === first.commit) ? first : undefined;
}

function filesFound({ spec, status }: Task): RunFiles[] {
  if (spec.workspace === undefined || spec.workspaceFrom !== undefined || status?.workspace === undefined) return [];
  return [{ tree: status.workspace.treeBefore, commit: status.workspace.commit }];
}

/** What a task would find if it ran now. */
export function startToCome({ spec }: Pick<Task, 'spec'>, { files, sibling }: RunOfTask): Start | undefined {
  if (files === undefined) return undefined;
  const change = changeBefore(spec, sibling);
  const tree = change?.treeAfter ?? files.tree;
  // Changes that were not kept: nobody can start from them.
  if (spec.workspaceFrom !== undefined && treeLeftBy(sibling(spec.workspaceFrom)) !== tree) return undefined;
  if (!isFromGit(spec)) return { tree, base: files.tree };
  return files.commit === undefined ? undefined : { tree, base: files.tree, commit: change?.bundleCommit ?? files.commit };
}

function isFromGit({ workspace }: TaskSpec): boolean {
  return workspace?.git !== undefined;
}

function treeLeftBy(task: Task | undefined): string | undefined {
  return task?.status?.workspace?.treeAfter;
}

/** What a task found that ran, as its agent measured it. */
export function startFound({ spec, status }: Pick<Task, 'spec' | 'status'>, files: RunFiles | undefined): Start | undefined {
  const found = status?.workspace;
  const hasFiles = spec.workspace !== undefined || spec.workspaceFrom !== undefined;
  if (found === undefined) return hasFiles ? undefined : { tree: emptyTree, base: emptyTree };
  const base = spec.workspaceFrom === undefined ? found.treeBefore : files?.tree;
  return base === undefined ? undefined : { tree: found.treeBefore, base, ...(found.commit === undefined ? {} : { commit: found.commit }) };
}
