// How long tasks took that did the same, and what they cost: a guess for the next one, kept in memory only and bounded.
import type { MissionTask } from '#api/v1alpha1/mission.ts';
import type { Task, TaskSpec } from '#api/v1alpha1/task.ts';
import { durationKey, median } from '#domain/intent/durations.ts';
import type { PastRun } from '#domain/plan/estimate.ts';

const kept = { keys: 2048, perKey: 16 } as const;

interface Run {
  readonly seconds: number;
  /** Undefined for a task that asked no model. */
  readonly costMicroUsd: number | undefined;
}

/** A task that may not exist yet. */
interface AnyTask {
  readonly metadata: { readonly namespace?: string | undefined };
  readonly spec: Pick<TaskSpec, 'type' | 'intent' | 'workspace'>;
}

/** Run times and costs of succeeded tasks by what they did. */
export class PastRuns {
  /** Runs by task UID, by key; the oldest first in both. */
  readonly #byKey = new Map<string, Map<string, Run>>();

  /** Takes a task into account once it has succeeded; said twice, it counts once. */
  note(task: Task): void {
    const { outcome, durationSeconds: seconds, observed = {} } = task.status ?? {};
    if (outcome?.result !== 'Succeeded' || seconds === undefined) return;
    const key = keyOf(task);
    const runs = this.#byKey.get(key) ?? new Map<string, Run>();
    // A key that is in use moves to the end: what nobody runs any more is forgotten first.
    this.#byKey.delete(key);
    const { costMicroUsd } = observed;
    this.#byKey.set(key, runs.set(task.metadata.uid, { seconds, costMicroUsd: typeof costMicroUsd === 'number' ? costMicroUsd : undefined }));
    dropOldest(runs, kept.perKey);
    dropOldest(this.#byKey, kept.keys);
  }

  /** Median in seconds, at least 1; 0 when nothing alike has succeeded. */
  secondsFor(task: AnyTask): number {
    const seconds = median(this.#runsOf(task).map((run) => run.seconds));
    return seconds === undefined ? 0 : Math.max(1, Math.round(seconds));
  }

  /** Median in micro-USD; undefined when nothing alike has succeeded that asked a model. */
  costFor(task: AnyTask): number | undefined {
    const cost = median(this.#runsOf(task).flatMap(({ costMicroUsd }) => (costMicroUsd === undefined ? [] : [costMicroUsd])));
    return cost === undefined ? undefined : Math.round(cost);
  }

  #runsOf(task: AnyTask): Run[] {
    return [...(this.#byKey.get(keyOf(task))?.values() ?? [])];
  }
}

/** What is known of runs like a task that a mission in this namespace would have. */
export function pastOf(runs: PastRuns, { namespace, workspace }: { readonly namespace: string; readonly workspace: TaskSpec['workspace'] }): (task: MissionTask) => PastRun {
  return ({ type, intent }) => {
    const alike = { metadata: { namespace }, spec: { type, intent, workspace } };
    const seconds = runs.secondsFor(alike);
    const costMicroUsd = runs.costFor(alike);
    return { ...(seconds === 0 ? {} : { seconds }), ...(costMicroUsd === undefined ? {} : { costMicroUsd }) };
  };
}

function keyOf({ metadata, spec }: AnyTask): string {
  return durationKey({ namespace: metadata.namespace, type: spec.type, intent: spec.intent, workspaceUrl: spec.workspace?.git?.url });
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
