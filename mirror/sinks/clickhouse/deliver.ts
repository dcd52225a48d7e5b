// One batch into the table: what is counted, what is not there yet, in one insert under the batch's own token.
import { isClickHouseError } from '#platform/clickhouse/error.ts';
import { BlockEncoder } from '#platform/clickhouse/blocks.ts';
import type { ClickHouse } from '#platform/clickhouse/types.ts';
import type { Batch } from '../batch.ts';
import { eventColumns, type EventRow } from './columns.ts';
import { idsFromOthers } from './position.ts';
import { isCounted, rowOf } from './rows.ts';

/** What became of the events of a batch. */
export interface Delivered {
  readonly stored: number;
  /** Told before, by this batch or another. */
  readonly repeated: number;
  /** That could not be read, or that the server refused. */
  readonly refused: number;
}

export interface DeliveryDeps {
  readonly server: ClickHouse;
  readonly database: string;
  readonly stream: string;
  readonly encoder: BlockEncoder;
  /** Calls until it works, or rejects with what waiting does not mend. */
  readonly persist: <T>(call: () => Promise<T>) => Promise<T>;
}

/** An encoder for rows of the events table. */
export function eventEncoder(): BlockEncoder {
  return new BlockEncoder(eventColumns);
}

const idsAtATime = 20_000;

/** Stores a batch. Doing it again, after whatever happened to the first time, leaves the same rows and the same sums. */
export async function deliver(deps: DeliveryDeps, batch: Batch, number: number): Promise<Delivered> {
  const events = batch.messages.flatMap((message) => message.events).filter(isCounted);
  const rows = new Map<string, EventRow>();
  let unread = 0;
  for (const event of events) {
    const row = rowOf(event, number);
    if (row === undefined) unread += 1;
    else rows.set(event.id, row);
  }
  const seen = await seenBefore(deps, number, [...rows.values()]);
  for (const id of seen) rows.delete(id);
  const refused = await store(deps, [...rows.values()], `${deps.stream}-${number}`);
  const faults = batch.messages.filter(({ fault }) => fault !== undefined).length;
  return { stored: rows.size - refused, repeated: events.length - unread - rows.size, refused: refused + unread + faults };
}

async function seenBefore({ server, database, persist }: DeliveryDeps, delivery: number, rows: readonly EventRow[]): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for (let from = 0; from < rows.length; from += idsAtATime) {
    const some = rows.slice(from, from + idsAtATime);
    const question = { tenants: distinct(some, 'tenant'), missions: distinct(some, 'mission'), ids: some.map(({ id }) => String(id)), delivery };
    for (const id of await persist(() => idsFromOthers(server, database, question))) seen.add(id);
  }
  return seen;
}

function distinct(rows: readonly EventRow[], column: 'tenant' | 'mission'): readonly string[] {
  return [...new Set(rows.map((row) => String(row[column])))];
}

/** Stores rows and gives the number of those that the server does not take: what is refused as a whole is halved until the row is found that is wrong. */
async function store(deps: DeliveryDeps, rows: readonly EventRow[], token: string): Promise<number> {
  if (rows.length === 0) return 0;
  try {
    await deps.persist(() => deps.server.insert({ table: `${deps.database}.events`, columns: eventColumns, body: deps.encoder.encode(rows), token }));
    return 0;
  } catch (error) {
    if (!isRefused(error)) throw error;
    if (rows.length === 1) return 1;
    const half = rows.length >> 1;
    return (await store(deps, rows.slice(0, half), `${token}/0`)) + (await store(deps, rows.slice(half), `${token}/1`));
  }
}

/** By the server, or by the encoder: a number that the column cannot hold. */
function isRefused(error: unknown): boolean {
  return (isClickHouseError(error) && error.errorClass === 'refused') || error instanceof RangeError;
}

