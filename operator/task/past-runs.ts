// How long tasks took that did the same: a guess for the next one, kept in memory only and bounded.
import type { Task } from '#api/v1alpha1/task.ts';
import { durationKey, medianSeconds } from '#domain/intent/durations.ts';

const kept = { keys: 2048, perKey: 16 } as const;

/** Run times of succeeded tasks by what they did. */
export class PastRuns {
  /** Seconds by task UID, by key; the oldest first in both. */
  readonly #byKey = new Map<string, Map<string, number>>();

  /** Takes a task into account once it has succeeded; said twice, it counts once. */
  note(task: Task): void {
    const { outcome, durationSeconds } = task.status ?? {};
    if (outcome?.result !== 'Succeeded' || durationSeconds === undefined) return;
    const key = keyOf(task);
    const runs = this.#byKey.get(key) ?? new Map<string, number>();
    // A key that is in use moves to the end: what nobody runs any more is forgotten first.
    this.#byKey.delete(key);
    this.#byKey.set(key, runs.set(task.metadata.uid, durationSeconds));
    dropOldest(runs, kept.perKey);
    dropOldest(this.#byKey, kept.keys);
  }

  /** Median in seconds, at least 1; 0 when nothing alike has succeeded. */
  secondsFor(task: Task): number {
    const median = medianSeconds([...(this.#byKey.get(keyOf(task))?.values() ?? [])]);
    return median === undefined ? 0 : Math.max(1, Math.round(median));
  }
}

function keyOf({ metadata, spec }: Task): string {
  return durationKey({ namespace: metadata.namespace, type: spec.type, intent: spec.intent, workspaceUrl: spec.workspace?.git?.url });
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
