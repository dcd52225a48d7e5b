// Rows per second: by the Native format and by JSON, with roll-ups and without, and through the whole sink with its check for repeats.
import type { BenchRow } from '#bench/row.ts';
import { anEnd, aThought } from '#mirror/sinks/clickhouse/testing.ts';
import { eventColumns } from '#mirror/sinks/clickhouse/columns.ts';
import { deliver, eventEncoder } from '#mirror/sinks/clickhouse/deliver.ts';
import { migrate } from '#mirror/sinks/clickhouse/migrate.ts';
import { migrationsOf } from '#mirror/sinks/clickhouse/migrations.ts';
import type { ClickHouse } from '#platform/clickhouse/types.ts';
import type { Received } from '#platform/nats/types.ts';
import { rowsBetween, t0 } from './rows.ts';

const command = 'node bench/analytics/main.ts';
const batchRows = 200_000;
const batches = 2;
const retention = { eventDays: 3650, rollupDays: 3650 };

/** All rows of this file. */
export async function benchInserts(client: ClickHouse): Promise<readonly BenchRow[]> {
  const plain = migrationsOf('plain', retention).filter(({ number }) => number === 1);
  await migrate(client, 'plain', plain);
  await migrate(client, 'rolled', migrationsOf('rolled', retention));
  const rows = Array.from({ length: batches }, (_, index) => rowsBetween(index * batchRows, (index + 1) * batchRows));
  const encoder = eventEncoder();
  const bodies = rows.map((some) => Buffer.from(encoder.encode(some)));
  // Once for warmth: the first insert of a process pays for much that the others do not.
  await client.insert({ table: 'plain.events', columns: eventColumns, body: bodies[0] ?? Buffer.alloc(0), token: 'warm' });
  const binary = await rate(bodies, (body, index) => client.insert({ table: 'plain.events', columns: eventColumns, body, token: `b${index}` }));
  const rolled = await rate(bodies, (body, index) => client.insert({ table: 'rolled.events', columns: eventColumns, body, token: `r${index}` }));
  const copied = await copy(client);
  const encode = await rate(rows, (some) => Promise.resolve(void encoder.encode(some)));
  const json = await jsonRate(client);
  const sink = await sinkRate(client);
  const row = (id: string, value: number, floor: number): BenchRow => ({ id, value, unit: 'rows/s', floor, ratio: value / floor, command });
  return [
    row('engine_insert_rows_per_s', binary, copied),
    row('engine_insert_json_rows_per_s', json, binary),
    row('engine_insert_rolled_rows_per_s', rolled, binary),
    { id: 'rollup_ingest_tax', value: binary / rolled, unit: 'times', floor: 1, ratio: binary / rolled, command },
    row('block_encode_rows_per_s', encode, binary),
    row('sink_rows_per_s', sink, rolled),
  ];
}

async function rate<T>(items: readonly T[], run: (item: T, index: number) => Promise<void>): Promise<number> {
  const started = performance.now();
  for (const [index, item] of items.entries()) await run(item, index);
  return (items.length * batchRows * 1000) / (performance.now() - started);
}

/** The same rows from table to table: what the engine can do without a wire. */
async function copy(client: ClickHouse): Promise<number> {
  await client.command('CREATE TABLE plain.copy AS plain.events');
  return rate([0], () => client.command('INSERT INTO plain.copy SELECT * FROM plain.events')).then((perBatch) => perBatch * batches);
}

/** The rows as lines of JSON, as the client sends them when it is left to itself. */
async function jsonRate(client: ClickHouse): Promise<number> {
  await client.command('CREATE TABLE plain.json AS plain.events');
  const bodies = Array.from({ length: batches }, (_, index) => Buffer.from(rowsBetween(index * batchRows, (index + 1) * batchRows).map((row) => JSON.stringify({ ...row, ts: new Date(Number(row.ts)).toISOString().replace('T', ' ').replace('Z', '') })).join('\n')));
  return rate(bodies, (body, index) => client.insert({ table: 'plain.json', columns: eventColumns, body, token: `j${index}`, format: 'JSONEachRow' }));
}

async function sinkRate(client: ClickHouse): Promise<number> {
  await migrate(client, 'sunk', migrationsOf('sunk', retention));
  const deps = { server: client, database: 'sunk', stream: 'events', encoder: eventEncoder(), persist: <T>(call: () => Promise<T>) => call() };
  const messages = Array.from({ length: batches }, (_, batch) => messagesOf(batch));
  return rate(messages, async (some, index) => void (await deliver(deps, { log: '', first: index * 1000 + 1, last: index * 1000 + some.length, messages: some }, index + 1)));
}

function messagesOf(batch: number): readonly Received[] {
  return Array.from({ length: batchRows / 500 }, (_, message): Received => {
    const from = batch * batchRows + message * 500;
    const events = Array.from({ length: 500 }, (_, index) => (index % 10 === 0 ? anEnd : aThought)(`0b5c1f6e-3f5d-4a55-9d0a-${String(message)}.1.3-7.${from + index}`, { at: t0 + from + index, mission: `mission-${message % 40}` }));
    return { sequence: batch * 1000 + message + 1, tenant: 'team-a', family: 'agent', events, pending: 0 };
  });
}
