// The assignments of this term: which attempt of which task is with which agent. In memory only; what must survive is in Task.status.
import type { Epoch } from '#api/v1alpha1/schema.ts';
import type { Assignment, Task } from '#api/v1alpha1/task.ts';
import type { Checkpoint } from './agents-port.ts';

/** `recording`: its trace is being written. `sent`: on the way. `running`: the agent said so. `finished`: its end is being written. */
export type LiveState = 'recording' | 'sent' | 'running' | 'finished';

export interface LiveAttempt {
  /** The task as it was when the attempt began. */
  readonly task: Task;
  readonly attempt: number;
  readonly assignment: Assignment;
  state: LiveState;
  /** When the order left, monotonic milliseconds; undefined before, and for an attempt of an earlier term. */
  sentAt: number | undefined;
  /** Epoch milliseconds; 0 until the agent has started. */
  startedAt: number;
  /** True when Task.status names this assignment. */
  traced: boolean;
  /** What it was given to go on from. */
  readonly resumes?: Checkpoint | undefined;
  /** The newest that its own agent kept. */
  checkpoint?: Checkpoint | undefined;
}

export interface Book {
  get(taskUid: string): LiveAttempt | undefined;
  open(live: LiveAttempt): void;
  /** Ends an entry, if it is still this one. */
  close(live: LiveAttempt): void;
  ofAgent(agentUid: string): readonly LiveAttempt[];
  usedSlots(agentUid: string): number;
  /** Notes that so many slots of an agent hold work of an earlier term which nobody has weighed yet. */
  setAside(agentUid: string, slots: number): void;
  /** Keeps for the next attempt of a task what a lost one leaves; undefined: nothing. */
  leave(taskUid: string, checkpoint: Checkpoint | undefined): void;
  /** Hands out what was left, once. */
  takeLeft(taskUid: string): Checkpoint | undefined;
  readonly size: number;
  /** Number for the next assignment of this term. */
  nextEpoch(): Epoch;
}

/** An empty book for a term. */
export function createBook(term: number): Book {
  return new TermBook(term);
}

class TermBook implements Book {
  readonly #term: number;
  readonly #byTask = new Map<string, LiveAttempt>();
  readonly #byAgent = new Map<string, Set<LiveAttempt>>();
  readonly #aside = new Map<string, number>();
  readonly #left = new Map<string, Checkpoint>();
  #counter = 0;

  constructor(term: number) {
    this.#term = term;
  }

  get size(): number {
    return this.#byTask.size;
  }

  get(taskUid: string): LiveAttempt | undefined {
    return this.#byTask.get(taskUid);
  }

  open(live: LiveAttempt): void {
    const before = this.#byTask.get(live.task.metadata.uid);
    if (before !== undefined) this.close(before);
    this.#byTask.set(live.task.metadata.uid, live);
    const { agentUid } = live.assignment;
    this.#byAgent.set(agentUid, (this.#byAgent.get(agentUid) ?? new Set()).add(live));
  }

  close(live: LiveAttempt): void {
    if (this.#byTask.get(live.task.metadata.uid) !== live) return;
    this.#byTask.delete(live.task.metadata.uid);
    const { agentUid } = live.assignment;
    const entries = this.#byAgent.get(agentUid);
    entries?.delete(live);
    if (entries?.size === 0) this.#byAgent.delete(agentUid);
  }

  ofAgent(agentUid: string): readonly LiveAttempt[] {
    return [...(this.#byAgent.get(agentUid) ?? [])];
  }

  usedSlots(agentUid: string): number {
    return (this.#byAgent.get(agentUid)?.size ?? 0) + (this.#aside.get(agentUid) ?? 0);
  }

  setAside(agentUid: string, slots: number): void {
    if (slots === 0) this.#aside.delete(agentUid);
    else this.#aside.set(agentUid, slots);
  }

  leave(taskUid: string, checkpoint: Checkpoint | undefined): void {
    if (checkpoint === undefined) this.#left.delete(taskUid);
    else this.#left.set(taskUid, checkpoint);
  }

  takeLeft(taskUid: string): Checkpoint | undefined {
    const left = this.#left.get(taskUid);
    this.#left.delete(taskUid);
    return left;
  }

  nextEpoch(): Epoch {
    return { term: this.#term, counter: ++this.#counter };
  }
}

/** True when the message speaks of exactly this assignment. */
export function isCurrent(live: LiveAttempt | undefined, attempt: number, epoch: Epoch): live is LiveAttempt {
  return live !== undefined && live.attempt === attempt && live.assignment.epoch.term === epoch.term && live.assignment.epoch.counter === epoch.counter;
}
