// Everything the mission reconciler may look at, read once, and what follows from it by counting.
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Mission, TaskCounts } from '#api/v1alpha1/mission.ts';
import type { Task, TaskResult } from '#api/v1alpha1/task.ts';
import type { PlannedTask } from '#domain/plan/expand.ts';

/** Lists are sorted by name, so equal worlds give equal bytes. */
export interface MissionView {
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
}

/** A task of the plan and what became of it. */
export interface Node {
  readonly planned: PlannedTask;
  /** Position in the plan, from 0. */
  readonly index: number;
  readonly task: Task | undefined;
  /** Absent until decided. An object that was deleted by hand counts as Failed. */
  readonly result: TaskResult | undefined;
  /** `deleted`: the object existed and is gone. `unproven`: it existed, and the cache does not show it. */
  readonly object: 'there' | 'deleted' | 'unproven' | 'not created';
}

/** What counting tells of a view. */
export interface Facts {
  readonly nodes: readonly Node[];
  /** Number of tasks, in plan order, that are known to have existed as objects. */
  readonly createdThrough: number;
  /** Objects of this run that the plan does not have (any more). */
  readonly strays: readonly Task[];
  /** Objects of this run without outcome, strays included. */
  readonly open: readonly Task[];
  /** Tasks that failed and whose failure counts. */
  readonly failures: readonly Node[];
  readonly counts: TaskCounts;
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

/** Counts. */
export function factsOf(view: MissionView): Facts {
  const { run, plan, tasks } = view;
  const ofRun = tasks.filter(({ spec }) => spec.run === run);
  const byName = new Map(ofRun.map((task) => [task.metadata.name, task]));
  const createdThrough = createdThroughOf(view);
  const nodes = plan.map((planned, index) => nodeOf({ planned, index, task: byName.get(planned.objectName) }, createdThrough, view.confirmedGone));
  const planned = new Set(plan.map(({ objectName }) => objectName));
  return {
    nodes,
    createdThrough,
    strays: ofRun.filter(({ metadata }) => !planned.has(metadata.name)),
    open: ofRun.filter(({ status }) => status?.outcome === undefined),
    failures: nodes.filter(({ result, planned: { spec } }) => result === 'Failed' && spec.onFailure === 'Fail'),
    counts: countsOf(nodes),
  };
}

/** The mark of this plan and run; 0 when the status speaks of another one. */
function createdThroughOf({ mission: { status }, run, planHash }: MissionView): number {
  return status?.plan?.hash === planHash && status.runNumber === run ? status.plan.createdThrough : 0;
}

function nodeOf(place: Pick<Node, 'planned' | 'index' | 'task'>, createdThrough: number, confirmedGone: ReadonlySet<string>): Node {
  if (place.task !== undefined) return { ...place, object: 'there', result: place.task.status?.outcome?.result };
  if (place.index >= createdThrough) return { ...place, object: 'not created', result: undefined };
  return confirmedGone.has(place.planned.objectName) ? { ...place, object: 'deleted', result: 'Failed' } : { ...place, object: 'unproven', result: undefined };
}

function countsOf(nodes: readonly Node[]): TaskCounts {
  const having = (result: TaskResult) => nodes.filter((node) => node.result === result).length;
  const running = nodes.filter(isRunning).length;
  const counts = { succeeded: having('Succeeded'), failed: having('Failed'), skipped: having('Skipped'), cancelled: having('Cancelled') };
  const decided = counts.succeeded + counts.failed + counts.skipped + counts.cancelled;
  return { total: nodes.length, pending: nodes.length - decided - running, running, ...counts };
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
