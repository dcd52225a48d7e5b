// Every Task at the newest version anybody here has seen: the cache, or the reply to our own write when that is ahead of it.
// Dependents start from here the moment the API server has acknowledged an outcome.
import type { Task } from '#api/v1alpha1/task.ts';
import { dependencyObject, planRevisionOf } from '#domain/plan/newest.ts';
import type { Store, StoreEvent } from '#platform/kube/types.ts';

export type BoardChange = { readonly kind: 'seen'; readonly task: Task; readonly old: Task | undefined } | { readonly kind: 'gone'; readonly task: Task };

export interface TaskBoard {
  get(uid: string): Task | undefined;
  /** Tasks of a mission, all runs, in no order. */
  ofMission(missionUid: string): readonly Task[];
  /** The task of this name in the plan of the same mission and run, and in the same namespace: a name elsewhere proves nothing. */
  sibling(task: Task, taskName: string): Task | undefined;
  list(): Iterable<Task>;
  /** Takes in the reply to a request. */
  record(task: Task): void;
  subscribe(listener: (change: BoardChange) => void): () => void;
}

// A reply may overtake the watch event of the deletion: such a task must not come back.
const tombstonesKept = 4096;

/** A board over the cache of tasks. */
export function createTaskBoard(store: Store<Task>): TaskBoard {
  return new CachedBoard(store);
}

class CachedBoard implements TaskBoard {
  readonly #newest = new Map<string, Task>();
  readonly #byMission = new Map<string, Map<string, Task>>();
  readonly #byName = new Map<string, string>();
  readonly #byObject = new Map<string, string>();
  readonly #tombstones = new Set<string>();
  readonly #listeners = new Set<(change: BoardChange) => void>();

  constructor(store: Store<Task>) {
    store.subscribe((event) => this.#follow(event));
    for (const task of store.list()) this.record(task);
  }

  get(uid: string): Task | undefined {
    return this.#newest.get(uid);
  }

  ofMission(missionUid: string): readonly Task[] {
    return [...(this.#byMission.get(missionUid)?.values() ?? [])];
  }

  sibling(task: Task, taskName: string): Task | undefined {
    if (task.spec.missionRef === undefined) return undefined;
    const object = dependencyObject(task, taskName);
    if (object === undefined) return this.#newest.get(this.#byName.get(nameKey(task, taskName)) ?? '');
    const meant = this.#newest.get(this.#byObject.get(objectKey(task, object)) ?? '');
    return meant !== undefined && nameKey(meant) === nameKey(task, taskName) ? meant : undefined;
  }

  list(): Iterable<Task> {
    return this.#newest.values();
  }

  readonly record = (task: Task): void => {
    const { uid } = task.metadata;
    const old = this.#newest.get(uid);
    if (this.#tombstones.has(uid) || (old !== undefined && !isNewer(task, old))) return;
    this.#newest.set(uid, task);
    const mission = task.spec.missionRef?.uid;
    if (mission !== undefined) {
      const siblings = this.#byMission.get(mission) ?? new Map<string, Task>();
      this.#byMission.set(mission, siblings.set(uid, task));
      this.#byObject.set(objectKey(task), uid);
      this.#name(task);
    }
    this.#tell({ kind: 'seen', task, old });
  };

  subscribe(listener: (change: BoardChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #follow(event: StoreEvent<Task>): void {
    if (event.kind === 'deleted') return this.#lose(event.object);
    // A list may show another object under the same name without a word about the end of the first.
    if (event.kind === 'updated' && event.old.metadata.uid !== event.object.metadata.uid) this.#lose(event.old);
    this.record(event.object);
  }

  #lose(task: Task): void {
    const { uid } = task.metadata;
    this.#bury(uid);
    if (!this.#newest.delete(uid)) return;
    if (this.#byName.get(nameKey(task)) === uid) this.#byName.delete(nameKey(task));
    if (this.#byObject.get(objectKey(task)) === uid) this.#byObject.delete(objectKey(task));
    const mission = task.spec.missionRef?.uid ?? '';
    const siblings = this.#byMission.get(mission);
    siblings?.delete(uid);
    if (siblings?.size === 0) this.#byMission.delete(mission);
    this.#tell({ kind: 'gone', task });
  }

  /** Of two tasks with one name the one of the later plan speaks for it. */
  #name(task: Task): void {
    const key = nameKey(task);
    const named = this.#newest.get(this.#byName.get(key) ?? '');
    if (named === undefined || planRevisionOf(named) <= planRevisionOf(task)) this.#byName.set(key, task.metadata.uid);
  }

  #bury(uid: string): void {
    this.#tombstones.add(uid);
    if (this.#tombstones.size <= tombstonesKept) return;
    const [oldest = ''] = this.#tombstones;
    this.#tombstones.delete(oldest);
  }

  #tell(change: BoardChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function nameKey({ metadata, spec }: Task, taskName = spec.taskName ?? ''): string {
  return `${metadata.namespace}/${spec.missionRef?.uid ?? ''}/${spec.run ?? 0}/${taskName}`;
}

function objectKey({ metadata }: Task, name = metadata.name): string {
  return `${metadata.namespace}/${name}`;
}

function isNewer(a: Task, b: Task): boolean {
  return BigInt(a.metadata.resourceVersion) > BigInt(b.metadata.resourceVersion);
}
