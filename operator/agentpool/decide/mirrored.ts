// How the mirror is, told on every pool. Times are compared within one clock: ages of faults by the mirror's own, its silence by ours.
import { type AgentPoolReason, agentPoolConditions, type AgentPoolConditionReason } from '#api/conditions.ts';
import { partFaults, type PartReport } from '#api/mirrored.ts';
import { parseTime } from '#api/time.ts';
import { findCondition, type Wanted } from '#domain/conditions.ts';
import { earliest, type Situation } from './situation.ts';
import type { MirrorView } from './view.ts';

type MirroredCondition = Wanted & Extract<AgentPoolConditionReason, { type: 'Mirrored' }>;

/** A store that is away for a moment is no news, nor is one that is back for a moment. */
const settledMs = 30_000;
/** Many renewals of the Lease. */
const silentMs = 60_000;
/** A mirror that took its leave and does not come back was removed. */
const removedMs = 600_000;

/** The condition, or none where there is no mirror. */
export function mirrored({ view: { pool, mirror }, now }: Pick<Situation, 'view' | 'now'>): readonly MirroredCondition[] {
  if (mirror === undefined) return [];
  const quietMs = now - mirror.heardAt;
  if (!mirror.isHeld && quietMs >= removedMs) return [];
  if (quietMs >= silentMs) return [said('Unknown', 'MirrorSilent', `the mirror has said nothing since ${mirror.renewTime}; missions go on`)];
  return ofParts(mirror, previous(pool.status?.conditions));
}

function ofParts(mirror: MirrorView, before: readonly MirroredCondition[]): readonly MirroredCondition[] {
  // One that has just started has not looked yet.
  if (mirror.parts === undefined) return before;
  const parts = Object.entries(mirror.parts).filter(([, { state }]) => state !== 'off');
  const young = parts.filter(([, part]) => ageMs(part, mirror) < settledMs);
  const down = parts.filter((entry) => entry[1].state === 'down' && !young.includes(entry));
  if (down.length > 0) return [said('False', 'StoreDown', `${down.map(describe).join('; ')}; missions go on`)];
  if (young.length > 0 && before[0]?.reason === 'StoreDown') return before;
  return [said('True', 'Mirrored', parts.length === 0 ? 'the mirror follows; it has no store' : `the mirror follows; all of it is well: ${parts.map(([name]) => name).join(', ')}`)];
}

/** When to look again though nothing is heard, milliseconds; undefined without a mirror. */
export function mirroredWakeMs({ view: { mirror }, now }: Pick<Situation, 'view' | 'now'>): number | undefined {
  if (mirror === undefined) return undefined;
  const quietMs = now - mirror.heardAt;
  const silence = [silentMs, removedMs].filter((ms) => ms > quietMs).map((ms) => ms - quietMs);
  const young = quietMs >= silentMs ? [] : Object.values(mirror.parts ?? {}).map((part) => settledMs - ageMs(part, mirror)).filter((ms) => ms > 0);
  return earliest(...silence, ...young.map((ms) => ms + renewalMs));
}

/** Ages grow by renewals only. */
const renewalMs = 5000;

function said(status: 'True' | 'False' | 'Unknown', reason: AgentPoolReason<'Mirrored'>, message: string): MirroredCondition {
  return { type: 'Mirrored', status, reason, message };
}

function previous(conditions: Parameters<typeof findCondition>[0]): readonly MirroredCondition[] {
  const { status, reason, message } = findCondition(conditions, 'Mirrored') ?? {};
  return status === undefined || message === undefined || !isReason(reason) ? [] : [said(status, reason, message)];
}

function isReason(reason: string | undefined): reason is AgentPoolReason<'Mirrored'> {
  return reason !== undefined && Object.hasOwn(agentPoolConditions.Mirrored, reason);
}

function ageMs({ since }: PartReport, { renewTime }: MirrorView): number {
  return (parseTime(renewTime) ?? 0) - (parseTime(since) ?? 0);
}

function describe([name, { since, fault = 'failing' }]: [string, PartReport]): string {
  return `${name} has not worked since ${since}: ${partFaults[fault]}`;
}
