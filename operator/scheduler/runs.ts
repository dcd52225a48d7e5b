// The graph part: which tasks wait for which, counted down as outcomes are acknowledged.
import type { Task } from '#api/v1alpha1/task.ts';
import { dependencyVerdict } from '#domain/dependency.ts';
import { type Entry, nameInRun, type Run, runId } from './entry.ts';

export interface Runs {
  /** Takes a task in; undefined when it is decided. New entries stand `blocked`. */
  see(task: Task): Entry | undefined;
  /** Removes a task; returns the entry it had. */
  remove(task: Task): Entry | undefined;
  /** Entries that were freed by this decided task. */
  unblockedBy(task: Task): readonly Entry[];
  entry(task: Task): Entry | undefined;
  run(task: Task): Run | undefined;
  /** Entries of all runs of a mission. */
  ofMission(missionUid: string): readonly Entry[];
  /** Runs with undecided tasks. */
  readonly size: number;
}

export interface RunsDeps {
  /** Task of the same run by name, decided or not. */
  readonly sibling: (task: Task, name: string) => Task | undefined;
}

/** No tasks yet. */
export function createRuns({ sibling }: RunsDeps): Runs {
  return new RunTable(sibling);
}

class RunTable implements Runs {
  readonly #sibling: RunsDeps['sibling'];
  readonly #runs = new Map<string, Run>();
  readonly #byMission = new Map<string, Set<Run>>();

  constructor(sibling: RunsDeps['sibling']) {
    this.#sibling = sibling;
  }

  see(task: Task): Entry | undefined {
    if (task.status?.outcome !== undefined || task.metadata.deletionTimestamp !== undefined) return undefined;
    const known = this.entry(task);
    if (known === undefined) return this.#enter(task);
    known.task = task;
    return known;
  }

  remove(task: Task): Entry | undefined {
    const run = this.run(task);
    const entry = run?.entries.get(task.metadata.uid);
    if (run === undefined || entry === undefined) return undefined;
    run.entries.delete(task.metadata.uid);
    for (const name of entry.waitingOn) forgetDependent(run, name, task.metadata.uid);
    if (run.entries.size === 0) this.#drop(run);
    return entry;
  }

  unblockedBy(task: Task): readonly Entry[] {
    const run = this.run(task);
    const name = nameInRun(task);
    const uids = run?.dependents.get(name);
    if (run === undefined || uids === undefined || !isSatisfied(task)) return [];
    // Of two tasks with one name only one is meant: where a plan was revised, the other may end too.
    const entries = [...uids].map((uid) => run.entries.get(uid)).filter((entry) => entry !== undefined && isSatisfied(this.#sibling(entry.task, name))) as Entry[];
    for (const entry of entries) forgetDependent(run, name, entry.task.metadata.uid);
    return entries.filter((entry) => entry.waitingOn.delete(name) && entry.waitingOn.size === 0);
  }

  entry(task: Task): Entry | undefined {
    return this.run(task)?.entries.get(task.metadata.uid);
  }

  run(task: Task): Run | undefined {
    return this.#runs.get(runId(task));
  }

  ofMission(missionUid: string): readonly Entry[] {
    return [...(this.#byMission.get(missionUid) ?? [])].flatMap((run) => [...run.entries.values()]);
  }

  get size(): number {
    return this.#runs.size;
  }

  #enter(task: Task): Entry {
    const run = this.#runOf(task);
    const { uid } = task.metadata;
    const waitingOn = new Set(task.spec.dependsOn.filter((dependency) => !isSatisfied(this.#sibling(task, dependency))));
    for (const dependency of waitingOn) run.dependents.set(dependency, (run.dependents.get(dependency) ?? new Set()).add(uid));
    const entry: Entry = { task, standing: 'blocked', heldBecause: '', waitingOn, sequence: 0, readyAt: 0, shape: '', cancelTimer: undefined, recordFirst: false };
    run.entries.set(uid, entry);
    return entry;
  }

  #runOf(task: Task): Run {
    const known = this.run(task);
    if (known !== undefined) return known;
    const missionUid = task.spec.missionRef?.uid;
    const run: Run = { id: runId(task), missionUid, entries: new Map(), dependents: new Map(), live: new Set() };
    this.#runs.set(run.id, run);
    if (missionUid !== undefined) this.#byMission.set(missionUid, (this.#byMission.get(missionUid) ?? new Set()).add(run));
    return run;
  }

  #drop(run: Run): void {
    this.#runs.delete(run.id);
    const siblings = this.#byMission.get(run.missionUid ?? '');
    siblings?.delete(run);
    if (siblings?.size === 0) this.#byMission.delete(run.missionUid ?? '');
  }
}

function forgetDependent({ dependents }: Run, name: string, uid: string): void {
  const waiting = dependents.get(name);
  waiting?.delete(uid);
  if (waiting?.size === 0) dependents.delete(name);
}

function isSatisfied(task: Task | undefined): boolean {
  return task !== undefined && dependencyVerdict(task) === 'satisfied';
}
