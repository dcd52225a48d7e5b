// The tables, as numbered changes. A number that was ever released is never edited: what comes later is a number of its own.
import { columnLines } from './columns.ts';

export interface Migration {
  readonly number: number;
  readonly what: string;
  /** Each may run again: a server that died between two of them starts over. */
  readonly statements: readonly string[];
}

/** How long rows live, in days; at most 3650: ends of life after 2105 would be times long ago to the server. */
export interface Retention {
  readonly eventDays: number;
  readonly rollupDays: number;
}

/** Blocks whose tokens are remembered; one is enough, a few hundred are for whoever looks after it. */
const remembered = 'non_replicated_deduplication_window = 1000';
const rollup = (days: number, column = 'hour') => `PARTITION BY toYYYYMM(${column}) TTL toDateTime(${column}) + INTERVAL ${days} DAY SETTINGS ${remembered}, ttl_only_drop_parts = 1`;
const sums = ['duration_ms', 'cost_micro_usd', 'calls', 'input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens', 'violations', 'reused'] as const;

/** All migrations of a database. Its name is a plain word. */
export function migrationsOf(database: string, { eventDays, rollupDays }: Retention): readonly Migration[] {
  return [
    { number: 1, what: 'events, one row each, and the batches they came in', statements: [events(database, eventDays), deliveries(database)] },
    { number: 2, what: 'sums by hour', statements: [hourly(database, rollupDays), hourlyFeed(database)] },
    { number: 3, what: 'how long tasks and missions took, by hour', statements: [latency(database, rollupDays), latencyFeed(database)] },
    { number: 4, what: 'runs of missions that have ended', statements: [missions(database, rollupDays), missionsFeed(database)] },
    { number: 5, what: 'the log that the messages of a batch are of', statements: [`ALTER TABLE ${database}.deliveries ADD COLUMN IF NOT EXISTS log String DEFAULT ''`] },
  ];
}

// An event that comes twice has the same key, so that the later one takes the place of the first.
const events = (database: string, days: number) => `CREATE TABLE IF NOT EXISTS ${database}.events (
${columnLines()},
  INDEX by_id id TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(ts)
ORDER BY (tenant, mission, ts, id)
TTL toDateTime(ts) + INTERVAL ${days} DAY
SETTINGS ${remembered}, ttl_only_drop_parts = 1`;

const deliveries = (database: string) => `CREATE TABLE IF NOT EXISTS ${database}.deliveries (
  stream LowCardinality(String),
  number UInt64,
  first UInt64,
  last UInt64,
  begun DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree ORDER BY (stream, number) TTL toDateTime(begun) + INTERVAL 3650 DAY`;

const hourly = (database: string, days: number) => `CREATE TABLE IF NOT EXISTS ${database}.hourly (
  tenant LowCardinality(String),
  type LowCardinality(String),
  hour DateTime('UTC'),
  mission String,
  model LowCardinality(String),
  agent LowCardinality(String),
  task_type LowCardinality(String),
  result LowCardinality(String),
  reason LowCardinality(String),
  events SimpleAggregateFunction(sum, UInt64),
${sums.map((name) => `  ${name} SimpleAggregateFunction(sum, UInt64)`).join(',\n')}
) ENGINE = AggregatingMergeTree ORDER BY (tenant, type, hour, mission, model, agent, task_type, result, reason) ${rollup(days)}`;

const hourlyFeed = (database: string) => `CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.hourly_feed TO ${database}.hourly AS
SELECT tenant, type, toStartOfHour(ts) AS hour, mission, model, agent, task_type, result, reason, count() AS events,
  ${sums.map((name) => `sum(${name}) AS ${name}`).join(', ')}
FROM ${database}.events GROUP BY tenant, type, hour, mission, model, agent, task_type, result, reason`;

const latency = (database: string, days: number) => `CREATE TABLE IF NOT EXISTS ${database}.latency (
  tenant LowCardinality(String),
  type LowCardinality(String),
  hour DateTime('UTC'),
  mission String,
  task_type LowCardinality(String),
  pool LowCardinality(String),
  ended SimpleAggregateFunction(sum, UInt64),
  longest_ms SimpleAggregateFunction(max, UInt64),
  digest AggregateFunction(quantilesTDigest(0.5, 0.9, 0.95, 0.99), UInt64)
) ENGINE = AggregatingMergeTree ORDER BY (tenant, type, hour, mission, task_type, pool) ${rollup(days)}`;

const latencyFeed = (database: string) => `CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.latency_feed TO ${database}.latency AS
SELECT tenant, type, toStartOfHour(ts) AS hour, mission, task_type, pool, count() AS ended, max(duration_ms) AS longest_ms,
  quantilesTDigestState(0.5, 0.9, 0.95, 0.99)(duration_ms) AS digest
FROM ${database}.events WHERE type IN ('task.ended', 'mission.ended') AND duration_ms > 0 GROUP BY tenant, type, hour, mission, task_type, pool`;

// What a mission has used is counted over all its runs: of a mission the largest figure counts, not the sum.
const missions = (database: string, days: number) => `CREATE TABLE IF NOT EXISTS ${database}.missions (
  tenant LowCardinality(String),
  day Date,
  mission String,
  mission_uid String,
  runs SimpleAggregateFunction(max, UInt64),
  cost_micro_usd SimpleAggregateFunction(max, UInt64),
  saved_micro_usd SimpleAggregateFunction(max, UInt64),
  calls SimpleAggregateFunction(max, UInt64),
  cached_calls SimpleAggregateFunction(max, UInt64),
  last SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
) ENGINE = AggregatingMergeTree ORDER BY (tenant, day, mission, mission_uid) ${rollup(days, 'day')}`;

const missionsFeed = (database: string) => `CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.missions_feed TO ${database}.missions AS
SELECT tenant, toDate(ts) AS day, mission, mission_uid, max(attempt) AS runs, max(cost_micro_usd) AS cost_micro_usd, max(saved_micro_usd) AS saved_micro_usd,
  max(calls) AS calls, max(cached_calls) AS cached_calls, max(ts) AS last
FROM ${database}.events WHERE type = 'mission.ended' GROUP BY tenant, day, mission, mission_uid`;
