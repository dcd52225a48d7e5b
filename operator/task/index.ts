// The task reconciler: says whether a Task is accepted. Tasks of a mission get no status from it, so that a short task costs two writes;
// one applied alone is judged at once, and one whose mission does not exist is told so.
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Task, TaskStatus } from '#api/v1alpha1/task.ts';
import type { ObjectKey, Store } from '#platform/kube/types.ts';
import type { Reconcile } from '../reconciler.ts';
import { decideTask, type TaskIntent, type TaskView } from './decide/index.ts';
import type { TaskLedger } from './port.ts';

/** What the task reconciler reads. */
export interface TaskSources {
  readonly tasks: Store<Task>;
  readonly pools: Store<AgentPool>;
  /** True while the mission that a task names exists where the task is. */
  missionExists(task: Task): boolean;
}

/** The parts that the generic shell runs for tasks. */
export function taskParts(sources: TaskSources, ledger: TaskLedger): Reconcile<TaskView, TaskIntent, TaskStatus> {
  return {
    kind: 'Task',
    observe(key: ObjectKey) {
      const task = sources.tasks.get(key);
      if (task === undefined) return undefined;
      const isAlone = task.spec.missionRef === undefined;
      return { task, hasMission: isAlone || sources.missionExists(task), pools: isAlone ? sources.pools.list() : [] };
    },
    decide: decideTask,
    async act({ accepted, reason, message }, { task }) {
      await ledger.propose(task, { kind: 'judged', accepted, reason, message });
    },
    currentStatus: ({ task }) => task.status,
    // Every status goes through the ledger: it is the only writer.
    patchStatus: () => Promise.resolve(),
    coalesceMs: 0,
  };
}
