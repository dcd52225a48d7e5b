// What past runs say of the next one: runs are alike when they do the same to the same files, in one tenant.
import type { JsonObject } from '#api/v1alpha1/json.ts';

/** What makes two tasks alike, as far as their run time goes. */
export interface Alike {
  readonly namespace: string | undefined;
  readonly type: string;
  readonly intent: { readonly action: string; readonly params?: JsonObject | undefined };
  /** Repository of the workspace; undefined when it has none. */
  readonly workspaceUrl: string | undefined;
}

/** Key under which the run times of tasks that are alike are kept; the order of parameters does not matter. */
export function durationKey({ namespace, type, intent, workspaceUrl }: Alike): string {
  return JSON.stringify([namespace ?? null, type, intent.action, sorted(intent.params ?? {}), workspaceUrl ?? null]);
}

/** Median of run times or costs, or undefined when there were no runs. */
export function median(past: readonly number[]): number | undefined {
  const inOrder = past.filter((amount) => Number.isFinite(amount) && amount >= 0).toSorted((a, b) => a - b);
  const upper = inOrder[Math.floor(inOrder.length / 2)];
  const lower = inOrder[Math.floor((inOrder.length - 1) / 2)];
  return upper === undefined || lower === undefined ? undefined : lower + (upper - lower) / 2;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, sorted(item)]);
}
