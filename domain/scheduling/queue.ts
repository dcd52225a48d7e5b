// The queue of ready tasks. Finding the next one costs as much as there are shapes, however many tasks wait.
import { compareRank, type Ranked, type RunningIn } from './rank.ts';
import { placeIn } from './sorted.ts';

/** A task that waits for a slot. */
export interface Queued extends Ranked {
  /** Identity of the task. */
  readonly key: string;
  /** Of taskShape(). */
  readonly shape: string;
}

/** Ready tasks by shape. */
export class ReadyQueue<T extends Queued> {
  readonly #shapes = new Map<string, T[]>();
  readonly #tasks = new Map<string, T>();

  get size(): number {
    return this.#tasks.size;
  }

  /** Adds a task; one that is there already is replaced. */
  add(task: T): void {
    this.remove(task.key);
    const list = this.#shapes.get(task.shape) ?? [];
    list.splice(placeIn(list, task, inShape), 0, task);
    this.#shapes.set(task.shape, list);
    this.#tasks.set(task.key, task);
  }

  /** Removes a task; false when it is not there. */
  remove(key: string): boolean {
    const task = this.#tasks.get(key);
    const list = task && this.#shapes.get(task.shape);
    if (task === undefined || list === undefined) return false;
    list.splice(placeIn(list, task, inShape), 1);
    if (list.length === 0) this.#shapes.delete(task.shape);
    return this.#tasks.delete(key);
  }

  /** The task to be handed out next, among shapes that are not skipped. It stays in the queue. */
  next(runningIn: RunningIn, skipped: ReadonlySet<string> = new Set()): T | undefined {
    let best: T | undefined;
    for (const [shape, [head]] of this.#shapes) {
      if (head === undefined || skipped.has(shape)) continue;
      if (best === undefined || compareRank(head, best, runningIn) < 0) best = head;
    }
    return best;
  }

  /** The first task of each shape, and how many wait with it. */
  heads(): readonly { readonly head: T; readonly count: number }[] {
    return [...this.#shapes.values()].flatMap((list) => (list[0] === undefined ? [] : [{ head: list[0], count: list.length }]));
  }

  /** Place of a task among all that wait, from 1; 0 when it does not wait. */
  position(key: string, runningIn: RunningIn): number {
    const task = this.#tasks.get(key);
    if (task === undefined) return 0;
    return 1 + [...this.#tasks.values()].filter((other) => other !== task && compareRank(other, task, runningIn) < 0).length;
  }
}

// Inside a shape there is one namespace: its share changes no order.
const inShape = (a: Ranked, b: Ranked) => compareRank(a, b, () => 0);
