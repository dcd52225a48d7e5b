// How each named question is put to the tables. Only fixed text: what people ask with comes in as parameters that the server binds.
import type { StatsName } from '#api/stats.ts';

/** Filters that a table can apply. */
export type Filter = 'mission' | 'agent' | 'model';

export interface Source {
  readonly table: 'hourly' | 'latency' | 'missions' | 'events FINAL';
  /** Column of the time, and how precise it is. */
  readonly time: 'hour' | 'day' | 'ts';
  readonly filters: readonly Filter[];
  /** What else must hold. */
  readonly where: string;
  /** Expression of each column that the template has besides the one that tells rows apart. */
  readonly select: Readonly<Record<string, string>>;
  /** Columns besides that one that tell rows apart. */
  readonly group: readonly string[];
  readonly order: string;
}

/** Expressions of what rows may be told apart by, where they are not columns. */
export const divisions: Readonly<Record<string, Readonly<Record<Source['time'], string>>>> = {
  day: { hour: "formatDateTime(hour, '%Y-%m-%d')", day: "formatDateTime(toDateTime(day, 'UTC'), '%Y-%m-%d')", ts: "formatDateTime(ts, '%Y-%m-%d')" },
  hour: { hour: "formatDateTime(hour, '%Y-%m-%dT%H:00:00Z')", day: "formatDateTime(toDateTime(day, 'UTC'), '%Y-%m-%dT%H:00:00Z')", ts: "formatDateTime(ts, '%Y-%m-%dT%H:00:00Z')" },
};

const usd = (expression: string) => `round(${expression} / 1000000, 6)`;
const share = (part: string, whole: string) => `if(${whole} = 0, 0, round(${part} / ${whole}, 4))`;
const ended = "sumIf(h.events, h.type = 'task.ended')";
const percentile = (index: number) => `toUInt64(round(quantilesTDigestMerge(0.5, 0.9, 0.95, 0.99)(h.digest)[${index}]))`;
const again = "sumIf(h.reused, h.type = 'task.ended')";

export const sources: Readonly<Record<StatsName, Source>> = {
  cost: {
    table: 'hourly', time: 'hour', filters: ['mission', 'agent', 'model'], where: "h.type = 'agent.think'",
    select: { cost_usd: usd('sum(h.cost_micro_usd)'), calls: 'sum(h.calls)', input_tokens: 'sum(h.input_tokens)', output_tokens: 'sum(h.output_tokens)', cache_read_tokens: 'sum(h.cache_read_tokens)' },
    group: [], order: 'cost_usd DESC',
  },
  savings: {
    table: 'missions', time: 'day', filters: ['mission'], where: "h.mission != ''",
    select: { calls: 'max(h.calls)', cached_calls: 'max(h.cached_calls)', reused: share('max(h.cached_calls)', '(max(h.calls) + max(h.cached_calls))'), cost_usd: usd('max(h.cost_micro_usd)'), saved_usd: usd('max(h.saved_micro_usd)') },
    // A mission that was deleted and made again is another one.
    group: ['h.mission_uid'], order: 'saved_usd DESC',
  },
  reuse: {
    table: 'hourly', time: 'hour', filters: ['mission', 'agent'], where: "h.type = 'task.ended'",
    select: { ended, again, reused: share(again, ended) },
    group: [], order: 'again DESC',
  },
  agents: {
    table: 'hourly', time: 'hour', filters: ['mission', 'agent'], where: "h.type IN ('task.ended', 'agent.think', 'violation.found') AND h.agent != ''",
    select: { ended, succeeded: share("sumIf(h.events, h.type = 'task.ended' AND h.result = 'Succeeded')", ended), mean_ms: `if(${ended} = 0, 0, toUInt64(round(sumIf(h.duration_ms, h.type = 'task.ended') / ${ended})))`, violations: "sumIf(h.violations, h.type = 'violation.found')", calls: "sumIf(h.calls, h.type = 'agent.think')", cost_usd: usd("sumIf(h.cost_micro_usd, h.type = 'agent.think')") },
    group: [], order: 'ended DESC',
  },
  latency: {
    table: 'latency', time: 'hour', filters: ['mission'], where: "h.type = 'task.ended'",
    select: { ended: 'sum(h.ended)', p50_ms: percentile(1), p90_ms: percentile(2), p95_ms: percentile(3), p99_ms: percentile(4), longest_ms: 'max(h.longest_ms)' },
    group: [], order: 'ended DESC',
  },
  failures: {
    table: 'hourly', time: 'hour', filters: ['mission', 'agent'], where: "h.type = 'task.ended' AND h.result = 'Failed'",
    select: { failed: 'sum(h.events)', share: 'round(sum(h.events) / sum(sum(h.events)) OVER (), 4)' },
    group: [], order: 'failed DESC',
  },
  trends: {
    table: 'hourly', time: 'hour', filters: ['mission', 'agent'], where: "h.type != ''",
    select: { type: 'h.type', events: 'sum(h.events)' },
    group: ['h.type'], order: 'division, type',
  },
  pools: {
    table: 'events FINAL', time: 'ts', filters: [], where: "h.type = 'pool.changed'",
    select: { pool: 'h.pool', most_queued: 'max(h.queued)', most_busy: 'max(h.busy)', most_slots: 'max(h.slots)', least_ready: 'min(h.ready)' },
    group: ['h.pool'], order: 'division, pool',
  },
};
