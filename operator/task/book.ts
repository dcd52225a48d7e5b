// The assignments of this term: which attempt of which task is with which agent. In memory only; what must survive is in Task.status.
import type { Epoch } from '#api/v1alpha1/schema.ts';
import type { Assignment, Task } from '#api/v1alpha1/task.ts';

/** `recording`: its trace is being written. `sent`: on the way. `running`: the agent said so. `finished`: its result is being written. */
export type LiveState = 'recording' | 'sent' | 'running' | 'finished';

export interface LiveAttempt {
  /** The task as it was when the attempt began. */
  readonly task: Task;
  readonly attempt: number;
  assignment: Assignment;
  state: LiveState;
  /** Epoch milliseconds; 0 until the agent has started. */
  startedAt: number;
  /** True when Task.status names this assignment. */
  traced: boolean;
}

export interface Book {
  get(taskUid: string): LiveAttempt | undefined;
  open(live: LiveAttempt): void;
  /** Ends an entry, if it is still this one. */
  close(live: LiveAttempt): void;
  ofAgent(agentUid: string): readonly LiveAttempt[];
  usedSlots(agentUid: string): number;
  readonly size: number;
  /** Number for the next assignment of this term. */
  nextEpoch(): Epoch;
}

/** An empty book for a term. */
export function createBook(term: number): Book {
  const byTask = new Map<string, LiveAttempt>();
  const byAgent = new Map<string, Set<LiveAttempt>>();
  let counter = 0;
  return {
    get: (taskUid) => byTask.get(taskUid),
    open(live) {
      byTask.set(live.task.metadata.uid, live);
      const { agentUid } = live.assignment;
      byAgent.set(agentUid, (byAgent.get(agentUid) ?? new Set()).add(live));
    },
    close(live) {
      if (byTask.get(live.task.metadata.uid) !== live) return;
      byTask.delete(live.task.metadata.uid);
      const entries = byAgent.get(live.assignment.agentUid);
      entries?.delete(live);
      if (entries?.size === 0) byAgent.delete(live.assignment.agentUid);
    },
    ofAgent: (agentUid) => [...(byAgent.get(agentUid) ?? [])],
    usedSlots: (agentUid) => byAgent.get(agentUid)?.size ?? 0,
    get size() {
      return byTask.size;
    },
    nextEpoch: () => ({ term, counter: ++counter }),
  };
}

/** True when the message speaks of exactly this assignment. */
export function isCurrent(live: LiveAttempt | undefined, attempt: number, epoch: Epoch): live is LiveAttempt {
  return live !== undefined && live.attempt === attempt && live.assignment.epoch.term === epoch.term && live.assignment.epoch.counter === epoch.counter;
}
