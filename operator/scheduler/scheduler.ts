// Hands ready tasks to free slots. One loop over state derived from the caches: it can be thrown away and built again.
// It decides nothing about outcomes; the life of an attempt is operator/task's.
import type { Task } from '#api/v1alpha1/task.ts';
import type { PoolNeed } from '#domain/capability/match.ts';
import { type Queued, ReadyQueue } from '#domain/scheduling/queue.ts';
import { taskShape } from '#domain/scheduling/shape.ts';
import type { Clock } from '#platform/clock.ts';
import type { AgentView } from '../task/agents-port.ts';
import type { Recall } from '../task/recall-port.ts';
import { type Admission, type AdmissionSources, admit } from './admission.ts';
import type { Entry, Run } from './entry.ts';
import type { Roster } from './roster.ts';
import type { Runs } from './runs.ts';

/** A ready task in the queue. */
interface ReadyTask extends Queued {
  readonly entry: Entry;
  readonly need: PoolNeed;
  readonly parallelism: number;
}

/** Ready tasks that wait for a slot, by shape. */
export interface ReadyTasks {
  byShape(): readonly { readonly need: PoolNeed; readonly count: number }[];
  /** Place of a task among all that wait, from 1; 0 when it does not wait for a slot. */
  position(taskUid: string): number;
}

export interface SchedulerDeps {
  readonly clock: Clock;
  readonly runs: Runs;
  readonly roster: Roster;
  readonly admission: AdmissionSources;
  readonly recall: Recall;
  /** Starts an attempt; must not throw. */
  readonly dispatch: (task: Task, agent: AgentView, matchReason: string, options: { readonly recordFirst: boolean }) => void;
  /** Called once after changes, when tasks may wait that found no slot. */
  readonly onSettled: () => void;
}

export interface Scheduler {
  readonly ready: ReadyTasks;
  taskSeen(task: Task): void;
  taskGone(task: Task): void;
  missionChanged(missionUid: string): void;
  poolsChanged(): void;
  agentChanged(agent: AgentView): void;
  agentGone(agentUid: string): void;
  /** A slot is free again. */
  slotFreed(agentUid: string): void;
  /** The attempt is over and the task is not decided: ready again after `afterMs`. */
  requeue(task: Task, afterMs: number): void;
  /** No known result takes the place of this task: it runs. */
  notRecalled(task: Task): void;
  /** The task may still run somewhere: hold it back until `recovered`. */
  recovering(task: Task): void;
  recovered(task: Task, options: { readonly recordFirst: boolean; readonly live: boolean; readonly afterMs: number }): void;
  /** True while an agent has the task, or may have it from before this leader's term. */
  mayRun(task: Task): boolean;
  /** True while the task waits because every connected agent that could run it executed what it checks. */
  lacksVerifier(task: Task): boolean;
}

/** A scheduler that runs its loop once per turn of the event loop, however many changes there were. */
export function createScheduler(deps: SchedulerDeps): Scheduler {
  return new LoopScheduler(deps);
}

class LoopScheduler implements Scheduler {
  readonly #deps: SchedulerDeps;
  readonly #queue = new ReadyQueue<ReadyTask>();
  readonly #runningIn = new Map<string, number>();
  #sequence = 0;
  #scheduled = false;

  readonly ready: ReadyTasks = {
    byShape: () => this.#queue.heads().map(({ head, count }) => ({ need: head.need, count })),
    position: (taskUid) => this.#queue.position(taskUid, this.#share),
  };

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
  }

  taskSeen(task: Task): void {
    if (task.status?.outcome !== undefined) return this.#decided(task);
    const entry = this.#deps.runs.see(task);
    if (entry === undefined) this.taskGone(task);
    else if (!isReady(entry) || task.spec.missionRef === undefined) this.#settle(entry);
  }

  taskGone(task: Task): void {
    const { runs } = this.#deps;
    const run = runs.run(task);
    const entry = runs.entry(task);
    if (entry === undefined) return;
    this.#leave(entry);
    runs.remove(task);
    this.#refill(run);
    this.#soon();
  }

  missionChanged(missionUid: string): void {
    const entries = this.#deps.runs.ofMission(missionUid);
    if (entries.length === 0) return;
    this.#settleAll(entries);
    this.#soon();
  }

  poolsChanged(): void {
    this.#deps.roster.poolsChanged();
    this.#soon();
  }

  agentChanged(agent: AgentView): void {
    this.#deps.roster.setAgent(agent);
    this.#soon();
  }

  agentGone(agentUid: string): void {
    this.#deps.roster.removeAgent(agentUid);
    this.#soon();
  }

  slotFreed(agentUid: string): void {
    this.#deps.roster.touch(agentUid);
    this.#soon();
  }

  requeue(task: Task, afterMs: number): void {
    const entry = this.#deps.runs.entry(task);
    // Said twice of one attempt, it must not cut the wait short.
    if (entry?.standing !== 'live') return;
    entry.task = task;
    entry.recordFirst = false;
    this.#backOff(entry, afterMs);
    this.#refill(this.#deps.runs.run(task));
  }

  notRecalled(task: Task): void {
    const entry = this.#deps.runs.entry(task);
    if (entry?.standing !== 'recalling') return;
    this.#settle(entry);
    this.#soon();
  }

  recovering(task: Task): void {
    const entry = this.#deps.runs.see(task);
    if (entry !== undefined) this.#stand(entry, 'recovering');
  }

  recovered(task: Task, { recordFirst, live, afterMs }: { readonly recordFirst: boolean; readonly live: boolean; readonly afterMs: number }): void {
    const entry = this.#deps.runs.entry(task);
    if (entry === undefined) return;
    entry.recordFirst = recordFirst;
    if (live) this.#stand(entry, 'live');
    else this.#backOff(entry, afterMs);
    this.#refill(this.#deps.runs.run(task));
  }

  mayRun(task: Task): boolean {
    const standing = this.#deps.runs.entry(task)?.standing;
    return standing === 'live' || standing === 'recovering';
  }

  lacksVerifier(task: Task): boolean {
    const { runs, roster, admission } = this.#deps;
    const entry = runs.entry(task);
    if (entry?.standing !== 'queued' || (task.spec.verifies ?? []).length === 0) return false;
    const admitted = admit(entry.task, admission);
    const choice = admitted.kind === 'may start' ? roster.choose(admitted.need) : undefined;
    return choice?.kind === 'none' && choice.lacksIndependent;
  }

  readonly #share = (namespace: string): number => this.#runningIn.get(namespace) ?? 0;

  #soon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#assignAll();
      this.#deps.onSettled();
    });
  }

  #decided(task: Task): void {
    const freed = this.#deps.runs.unblockedBy(task);
    this.taskGone(task);
    for (const entry of freed) this.#settle(entry);
    this.#soon();
  }

  #stand(entry: Entry, standing: Entry['standing']): void {
    if (entry.standing === standing) return;
    this.#leave(entry);
    entry.standing = standing;
    // One that was handed out before this term counts against parallelism until it is known to have ended.
    const hasAgent = standing === 'live' || (standing === 'recovering' && entry.task.status?.assignment !== undefined);
    if (hasAgent) this.#deps.runs.run(entry.task)?.live.add(entry.task.metadata.uid);
    if (standing === 'live') this.#count(entry, 1);
  }

  /** Undoes what its standing meant. */
  #leave(entry: Entry): void {
    const { uid } = entry.task.metadata;
    entry.cancelTimer?.();
    entry.cancelTimer = undefined;
    if (entry.standing === 'queued') this.#queue.remove(uid);
    if (entry.standing === 'live') this.#count(entry, -1);
    this.#deps.runs.run(entry.task)?.live.delete(uid);
  }

  #count({ task }: Entry, change: number): void {
    const { namespace } = task.metadata;
    const now = this.#share(namespace) + change;
    if (now === 0) this.#runningIn.delete(namespace);
    else this.#runningIn.set(namespace, now);
  }

  /** Puts an entry that is not with an agent where it belongs now. */
  #settle(entry: Entry): void {
    if (entry.standing === 'live' || entry.standing === 'recovering' || entry.standing === 'backoff') return;
    if (entry.waitingOn.size > 0) return this.#stand(entry, 'blocked');
    if (entry.sequence === 0) {
      entry.sequence = ++this.#sequence;
      entry.readyAt = this.#deps.clock.monotonic();
    }
    const admission = admit(entry.task, this.#deps.admission);
    if (admission.kind === 'may start') return this.#enqueue(entry, admission);
    entry.heldBecause = admission.because;
    this.#stand(entry, 'held');
  }

  #enqueue(entry: Entry, { need, priority, parallelism }: Extract<Admission, { kind: 'may start' }>): void {
    const run = this.#deps.runs.run(entry.task);
    if (run === undefined) return;
    // It needs neither a slot nor room.
    if (this.#deps.recall.begin(entry.task)) return this.#stand(entry, 'recalling');
    this.#stand(entry, 'backlog');
    const shape = taskShape(need);
    if (!hasRoom(run, shape, parallelism)) return;
    this.#stand(entry, 'queued');
    entry.shape = shape;
    this.#queue.add({ key: entry.task.metadata.uid, shape, namespace: need.namespace, priority, order: entry.sequence, entry, need, parallelism });
    this.#soon();
  }

  /** Something of this run ended: tasks kept back by parallelism move up, in order. */
  #refill(run: Run | undefined): void {
    if ([...(run?.entries.values() ?? [])].some(({ standing }) => standing === 'backlog')) this.#rearrange(run);
  }

  #rearrange(run: Run | undefined): void {
    this.#settleAll([...(run?.entries.values() ?? [])].filter(isReady));
  }

  /** Settles tasks in the order in which they became ready, as if none of them were queued. */
  #settleAll(entries: readonly Entry[]): void {
    const inOrder = entries.toSorted((a, b) => (a.sequence || last) - (b.sequence || last));
    for (const entry of inOrder) if (entry.standing === 'queued') this.#stand(entry, 'backlog');
    for (const entry of inOrder) this.#settle(entry);
  }

  #assignAll(): void {
    const { roster, recall } = this.#deps;
    const skipped = new Set<string>();
    for (let head = this.#queue.next(this.#share, skipped); head !== undefined; head = this.#queue.next(this.#share, skipped)) {
      // An equal task may have succeeded while it waited.
      if (recall.begin(head.entry.task)) {
        this.#stand(head.entry, 'recalling');
        continue;
      }
      const choice = roster.choose(head.need);
      if (choice.kind === 'none') skipped.add(head.shape);
      else this.#assign(head, choice.agent.view, choice.matchReason);
    }
  }

  #assign({ entry, parallelism }: ReadyTask, agent: AgentView, matchReason: string): void {
    const { roster, dispatch, runs } = this.#deps;
    this.#stand(entry, 'live');
    dispatch(entry.task, agent, matchReason, { recordFirst: entry.recordFirst });
    roster.touch(agent.uid);
    // Tasks of other shapes wait for the same room.
    if (Number.isFinite(parallelism)) this.#rearrange(runs.run(entry.task));
  }

  #backOff(entry: Entry, afterMs: number): void {
    this.#leave(entry);
    entry.standing = 'backoff';
    entry.cancelTimer = this.#deps.clock.after(Math.max(0, afterMs), () => {
      entry.cancelTimer = undefined;
      entry.standing = 'blocked';
      this.#settle(entry);
    });
  }
}

function isReady({ standing }: Entry): boolean {
  return standing === 'queued' || standing === 'backlog';
}

const last = Number.MAX_SAFE_INTEGER;

/** Whether one more task of this shape may wait for a slot. Each shape may wait for all the room there is: one without agents must not hold up the others. */
function hasRoom({ live, entries }: Run, shape: string, parallelism: number): boolean {
  if (!Number.isFinite(parallelism)) return true;
  const waiting = [...entries.values()].filter((entry) => entry.standing === 'queued' && entry.shape === shape).length;
  return live.size + waiting < parallelism;
}
