// What succeeded tasks found, by what they were asked. In memory only, over the board: etcd is the record, and a task that is gone is forgotten.
// Nothing is computed before somebody asks, so tasks that nobody memoizes cost an entry in a map.
import type { Instant } from '#api/time.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { memoKey } from '#domain/memo/key.ts';
import { isSource, newestOf } from '#domain/memo/result.ts';
import { filesOfRun, type RunFiles, type Start, startFound, startToCome } from '#domain/memo/start.ts';
import type { TaskBoard } from './board.ts';
import { type OrderSources, resolveInputs } from './order.ts';

export interface MemoryDeps {
  readonly board: Pick<TaskBoard, 'get' | 'list' | 'ofMission' | 'subscribe'>;
  readonly sources: Pick<OrderSources, 'sibling' | 'mission'>;
}

export interface Memory {
  /** The newest task of the namespace that was asked the same, succeeded and is young enough for this one; undefined when none is known. */
  equalTo(task: Task, now: Instant): Task | undefined;
}

/** A memory of all tasks of this board. */
export function createMemory(deps: MemoryDeps): Memory {
  return new BoardMemory(deps);
}

class BoardMemory implements Memory {
  readonly #deps: MemoryDeps;
  /** UIDs of sources whose key nobody has needed yet, by their kind of work. */
  readonly #unread = new Map<string, Set<string>>();
  readonly #byKey = new Map<string, Set<string>>();
  /** Keys by UID: of sources, and of tasks that asked. */
  readonly #keys = new Map<string, string>();

  constructor(deps: MemoryDeps) {
    this.#deps = deps;
    for (const task of deps.board.list()) this.#note(task, undefined);
    deps.board.subscribe((change) => (change.kind === 'gone' ? this.#forget(change.task) : this.#note(change.task, change.old)));
  }

  equalTo(task: Task, now: Instant): Task | undefined {
    const { memoize } = task.spec;
    if (memoize === undefined) return undefined;
    this.#read(kindOfWork(task));
    const key = this.#keyAsked(task);
    const uids = key === undefined ? undefined : this.#byKey.get(key);
    const sources = [...(uids ?? [])].map((uid) => this.#deps.board.get(uid)).filter((source) => source !== undefined).filter(isSource);
    return newestOf(sources, memoize.maxAgeSeconds, now);
  }

  #note(task: Task, old: Task | undefined): void {
    if (task.status?.outcome === undefined || old?.status?.outcome !== undefined) return;
    const { uid } = task.metadata;
    this.#keys.delete(uid);
    if (isSource(task)) add(this.#unread, kindOfWork(task), uid);
  }

  #forget(task: Task): void {
    const { uid } = task.metadata;
    remove(this.#unread, kindOfWork(task), uid);
    remove(this.#byKey, this.#keys.get(uid) ?? '', uid);
    this.#keys.delete(uid);
  }

  #read(kind: string): void {
    const unread = this.#unread.get(kind) ?? [];
    this.#unread.delete(kind);
    for (const uid of unread) {
      const source = this.#deps.board.get(uid);
      const key = source && this.#keyOf(source, startFound(source, this.#filesOf(source)));
      if (key === undefined) continue;
      this.#keys.set(uid, key);
      add(this.#byKey, key, uid);
    }
  }

  /** Once known it stays: what a task depends on is decided, and the files of a run do not change. */
  #keyAsked(task: Task): string | undefined {
    const { uid } = task.metadata;
    const known = this.#keys.get(uid);
    if (known !== undefined) return known;
    const run = { files: this.#filesOf(task), sibling: (name: string) => this.#deps.sources.sibling(task, name) };
    const key = this.#keyOf(task, startToCome(task, run));
    if (key !== undefined) this.#keys.set(uid, key);
    return key;
  }

  /** Every input counts: one that cannot be had any more makes the question unknown. */
  #keyOf(task: Task, start: Start | undefined): string | undefined {
    if (start === undefined) return undefined;
    const inputs = resolveInputs(task, this.#deps.sources);
    if (inputs.kind !== 'values' || task.spec.inputs.some(({ name }) => !Object.hasOwn(inputs.values, name))) return undefined;
    // A tenant never has what another one found.
    return `${task.metadata.namespace}/${memoKey(task.spec, inputs.values, start)}`;
  }

  #filesOf(task: Task): RunFiles | undefined {
    const { missionRef, run } = task.spec;
    const status = this.#deps.sources.mission(task)?.status;
    const recorded = status?.runNumber === run ? status?.workspace : undefined;
    return filesOfRun(task.spec, recorded, this.#deps.board.ofMission(missionRef?.uid ?? '').filter(({ spec }) => spec.run === run));
  }
}

/** Tasks of another kind of work are never equal. */
function kindOfWork({ metadata, spec }: Task): string {
  return `${metadata.namespace}/${spec.type}/${spec.intent.action}`;
}

function add(sets: Map<string, Set<string>>, key: string, uid: string): void {
  sets.set(key, (sets.get(key) ?? new Set()).add(uid));
}

function remove(sets: Map<string, Set<string>>, key: string, uid: string): void {
  const set = sets.get(key);
  set?.delete(uid);
  if (set?.size === 0) sets.delete(key);
}
