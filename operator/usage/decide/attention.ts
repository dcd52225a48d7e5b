// How closely the usage of a mission is followed: only while somebody may be spending for it.
import { type Instant, parseTime } from '#api/time.ts';
import type { Mission, MissionStatus } from '#api/v1alpha1/mission.ts';
import { findCondition } from '#domain/conditions.ts';
import { mayCallModels } from '#domain/cost/callers.ts';

/** `steady`: again and again. `last`: until what is in flight is settled. `none`: not at all. */
export type Attention = 'none' | 'last' | 'steady';

// A leader that took over asks about what ended shortly before and is not settled: the one before it may not have come to that.
const recentMs = 600_000;

/** The attention that a mission needs now. */
export function attentionOf({ spec, status = {} }: Pick<Mission, 'spec' | 'status'>, now: Instant): Attention {
  const reason = findCondition(status.conditions, 'Succeeded')?.reason;
  if (reason === undefined || !mayCallModels(spec)) return 'none';
  const ended = parseTime(status.completionTime);
  if (ended !== undefined) return isSettled(status) || now - ended >= recentMs ? 'none' : 'last';
  return atRest.has(reason) && !hasRunning(status) ? 'last' : 'steady';
}

/** Reasons of a mission that starts nothing; what runs already goes on. */
const atRest: ReadonlySet<string> = new Set(['NotAccepted', 'Suspended']);

function isSettled({ usage }: MissionStatus): boolean {
  return usage?.settledTime !== undefined;
}

function hasRunning({ tasks }: MissionStatus): boolean {
  return tasks !== undefined && tasks.running > 0;
}
