// One undecided task as the scheduler sees it, and why it waits.
import type { Task } from '#api/v1alpha1/task.ts';

/**
 * Where a task stands:
 * - `blocked`: a dependency has not succeeded yet
 * - `held`: its mission does not let it start (suspended, stopped, gone), or the task is not accepted
 * - `recovering`: it may still run somewhere from before this leader's term
 * - `backoff`: it waits before the next attempt
 * - `backlog`: ready, but its mission runs as many tasks as it may
 * - `recalling`: ready, and the result of an equal task is being taken over
 * - `queued`: ready, waits for a slot
 * - `live`: with an agent
 */
export type Standing = 'blocked' | 'held' | 'recovering' | 'backoff' | 'backlog' | 'recalling' | 'queued' | 'live';

export interface Entry {
  task: Task;
  standing: Standing;
  /** Why it is held, for people. */
  heldBecause: string;
  /** Names of dependencies that have not succeeded yet. */
  readonly waitingOn: Set<string>;
  /** Running number of becoming ready: first come, first served. 0 before. */
  sequence: number;
  /** When it became ready, on the monotonic clock in milliseconds. */
  readyAt: number;
  /** While it is queued: which tasks can be served by the same agents. */
  shape: string;
  /** Takes back the timer of a back-off. */
  cancelTimer: (() => void) | undefined;
  /** The next attempt is recorded before it is sent. */
  recordFirst: boolean;
}

/** Tasks of one run of one mission; a task applied alone is a run of its own. */
export interface Run {
  readonly id: string;
  readonly missionUid: string | undefined;
  /** Undecided tasks by UID: for a moment two objects may have the same name in the plan. */
  readonly entries: Map<string, Entry>;
  /** UIDs of tasks that depend on a name. */
  readonly dependents: Map<string, Set<string>>;
  /** UIDs of tasks of this run that are with an agent, or were handed out before this leader's term. */
  readonly live: Set<string>;
}

/** Identity of the run a task belongs to. */
export function runId(task: Task): string {
  const { missionRef, run } = task.spec;
  return missionRef === undefined ? `alone/${task.metadata.uid}` : `${missionRef.uid}/${run ?? 0}`;
}

/** Name of a task inside its run. */
export function nameInRun(task: Task): string {
  return task.spec.taskName ?? task.metadata.name;
}
