// When a finished mission is deleted by itself, and when it is not although it asks for it.
import { gitOpsTracking } from '#api/labels.ts';
import { type Instant, parseTime } from '#api/time.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Wanted } from '#domain/conditions.ts';

/** Milliseconds until a finished mission is to be deleted; undefined without a TTL, or when somebody would create it again. */
export function msToExpiry(mission: Mission, now: Instant): number | undefined {
  const { spec, status } = mission;
  const end = parseTime(status?.completionTime);
  if (spec.ttlSecondsAfterFinished === undefined || end === undefined || isTracked(mission)) return undefined;
  return end + spec.ttlSecondsAfterFinished * 1000 - now;
}

/** The condition of a mission whose TTL is not carried out; empty for every other. */
export function ignoredTtl(mission: Mission): readonly Wanted[] {
  if (mission.spec.ttlSecondsAfterFinished === undefined || !isTracked(mission)) return [];
  return [{ type: 'TTLIgnored', status: 'True', reason: 'TrackedByGitOps', message: 'ttlSecondsAfterFinished is not carried out: Argo CD or Flux would create the mission again and run it again' }];
}

/** True when Argo CD or Flux tracks the mission. */
function isTracked({ metadata }: Mission): boolean {
  const has = (keys: readonly string[], map: Readonly<Record<string, string>> | undefined) => keys.some((key) => map?.[key] !== undefined);
  return has(gitOpsTracking.annotations, metadata.annotations) || has(gitOpsTracking.labels, metadata.labels);
}
