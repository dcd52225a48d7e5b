// Which results may be used again, and what of them.
import { parseTime, type Instant } from '#api/time.ts';
import type { Artifact } from '#api/v1alpha1/schema.ts';
import type { Task, TaskStatus } from '#api/v1alpha1/task.ts';
import { isRepeatable } from './key.ts';

/** What a task that did not run takes over from one that did. */
export type KnownResult = { readonly [K in 'observed' | 'claimed' | 'artifacts' | 'workspace']: TaskStatus[K] | undefined } & { readonly memoizedFrom: NonNullable<TaskStatus['memoizedFrom']> };

/** Whether a task may serve as the source of results: an attempt of it succeeded and left what was expected. */
export function isSource({ spec, status, metadata }: Task): boolean {
  const { outcome, violations = [] } = status ?? {};
  return outcome?.result === 'Succeeded' && outcome.epoch !== undefined && violations.length === 0 && isRepeatable(spec) && metadata.deletionTimestamp === undefined;
}

/** The newest of these results that is young enough; of two of one moment the one with the lower UID. */
export function newestOf(sources: readonly Task[], maxAgeSeconds: number, now: Instant): Task | undefined {
  const young = sources.filter((task) => ageOf(task, now) < maxAgeSeconds * 1000);
  return young.toSorted((a, b) => ageOf(a, now) - ageOf(b, now) || (a.metadata.uid < b.metadata.uid ? -1 : 1))[0];
}

function ageOf({ status }: Task, now: Instant): number {
  const decided = parseTime(status?.outcome?.time);
  return decided === undefined ? Number.POSITIVE_INFINITY : now - decided;
}

/** The result of `source` with its artifacts where they lie now. */
export function knownResult({ metadata, status }: Task, artifacts: readonly Artifact[]): KnownResult {
  const { observed, claimed, workspace, assignment, attempts = [], outcome } = status ?? {};
  const agents = [...new Set([assignment?.agent, ...attempts.map(({ agent }) => agent)].filter((agent) => agent !== undefined))].toSorted();
  return {
    observed,
    claimed,
    artifacts: artifacts.length === 0 ? undefined : [...artifacts],
    workspace,
    memoizedFrom: { task: metadata.name, uid: metadata.uid, time: outcome?.time ?? '', ...(agents.length === 0 ? {} : { agents }) },
  };
}

/** For people: whose result it is, and how old. */
export function knownMessage(source: Task, now: Instant): string {
  return `nothing ran: task ${source.metadata.name} was asked the same ${spanText(ageOf(source, now))} ago, and its result is used again`;
}

const units = [['d', 86_400_000], ['h', 3_600_000], ['min', 60_000]] as const;

function spanText(ms: number): string {
  const unit = units.find(([, length]) => ms >= length);
  return unit === undefined ? `${Math.max(0, Math.floor(ms / 1000))} s` : `${Math.floor(ms / unit[1])} ${unit[0]}`;
}
