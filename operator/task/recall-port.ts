// What the scheduler asks before a task waits for an agent.
import type { Task } from '#api/v1alpha1/task.ts';

export interface Recall {
  /** True: the result of an equal task is known and is being taken over. An outcome or a word that it failed follows; until then the task must not start. */
  begin(task: Task): boolean;
}
