// Every Task at the newest version anybody here has seen: the cache, or the reply to our own write when that is ahead of it.
// Dependents start from here the moment the API server has acknowledged an outcome.
import type { Task } from '#api/v1alpha1/task.ts';
import type { Store } from '#platform/kube/types.ts';

export type BoardChange = { readonly kind: 'seen'; readonly task: Task; readonly old: Task | undefined } | { readonly kind: 'gone'; readonly task: Task };

export interface TaskBoard {
  get(uid: string): Task | undefined;
  /** Tasks of a mission, all runs, in no order. */
  ofMission(missionUid: string): readonly Task[];
  /** The task of this name in the plan of a run. */
  named(missionUid: string, run: number, taskName: string): Task | undefined;
  list(): Iterable<Task>;
  /** Takes in the reply to a write. */
  record(task: Task): void;
  subscribe(listener: (change: BoardChange) => void): () => void;
}

// A reply may overtake the watch event of the deletion: such a task must not come back.
const tombstonesKept = 4096;

/** A board over the cache of tasks. */
export function createTaskBoard(store: Store<Task>): TaskBoard {
  const newest = new Map<string, Task>();
  const byMission = new Map<string, Map<string, Task>>();
  const byName = new Map<string, string>();
  const tombstones = new Set<string>();
  const listeners = new Set<(change: BoardChange) => void>();

  const tell = (change: BoardChange) => listeners.forEach((listener) => listener(change));

  function see(task: Task): void {
    const { uid } = task.metadata;
    const old = newest.get(uid);
    if (tombstones.has(uid) || (old !== undefined && !isNewer(task, old))) return;
    newest.set(uid, task);
    const mission = task.spec.missionRef?.uid;
    if (mission !== undefined) {
      const siblings = byMission.get(mission) ?? new Map<string, Task>();
      byMission.set(mission, siblings.set(uid, task));
      byName.set(nameKey(task), uid);
    }
    tell({ kind: 'seen', task, old });
  }

  function lose(task: Task): void {
    const { uid } = task.metadata;
    tombstones.add(uid);
    for (const oldest of tombstones) {
      if (tombstones.size <= tombstonesKept) break;
      tombstones.delete(oldest);
    }
    if (!newest.delete(uid)) return;
    if (byName.get(nameKey(task)) === uid) byName.delete(nameKey(task));
    const mission = task.spec.missionRef?.uid ?? '';
    const siblings = byMission.get(mission);
    siblings?.delete(uid);
    if (siblings?.size === 0) byMission.delete(mission);
    tell({ kind: 'gone', task });
  }

  store.subscribe((event) => (event.kind === 'deleted' ? lose(event.object) : see(event.object)));
  store.list().forEach(see);

  return {
    get: (uid) => newest.get(uid),
    ofMission: (missionUid) => [...(byMission.get(missionUid)?.values() ?? [])],
    named: (missionUid, run, taskName) => newest.get(byName.get(`${missionUid}/${run}/${taskName}`) ?? ''),
    list: () => newest.values(),
    record: see,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function nameKey({ spec }: Task): string {
  return `${spec.missionRef?.uid ?? ''}/${spec.run ?? 0}/${spec.taskName ?? ''}`;
}

function isNewer(a: Task, b: Task): boolean {
  return BigInt(a.metadata.resourceVersion) > BigInt(b.metadata.resourceVersion);
}
