// How far the sink got, kept where the rows are: a database that is lost, emptied or restored takes its position with it, and is filled again from there.
import type { ClickHouse } from '#platform/clickhouse/types.ts';
import type { Batch } from '../batch.ts';

type Server = Pick<ClickHouse, 'command' | 'query'>;

/** A batch that was begun: its own number, and its messages in the log. */
export interface Begun extends Pick<Batch, 'first' | 'last' | 'log'> {
  /** Counted from 1. Never the number of a message: a log that was lost begins to count anew. */
  readonly number: number;
}

/** The batch that was begun last: all before it are stored, of this one nobody knows. Undefined for an empty table. */
export async function lastBegun(server: Server, database: string, stream: string): Promise<Begun | undefined> {
  const rows = await server.query<{ readonly number: string; readonly first: string; readonly last: string; readonly log: string }>(`SELECT number, first, last, log FROM ${database}.deliveries FINAL WHERE stream = {stream:String} ORDER BY number DESC LIMIT 1`, { stream });
  return rows[0] === undefined ? undefined : { number: Number(rows[0].number), first: Number(rows[0].first), last: Number(rows[0].last), log: rows[0].log };
}

/** Records that a batch is about to be stored. From then on it may only be stored as the same messages under the same token. */
export async function begin(server: Server, database: string, { stream, number, first, last, log, now }: Begun & { readonly stream: string; readonly now: number }): Promise<void> {
  await server.command(`INSERT INTO ${database}.deliveries (stream, number, first, last, log, begun) SELECT {stream:String}, {number:UInt64}, {first:UInt64}, {last:UInt64}, {log:String}, fromUnixTimestamp64Milli({now:Int64})`, { stream, number, first, last, log, now });
}

// By a subquery: over a constant list of 20,000 texts the engine thinks for half a minute (26.7), over a table of them for a tenth of a second.
/** Ids of these rows that other batches have brought: the same question has the same answer however often a batch is stored. */
export async function idsFromOthers(server: Server, database: string, { tenants, missions, ids, delivery }: { readonly tenants: readonly string[]; readonly missions: readonly string[]; readonly ids: readonly string[]; readonly delivery: number }): Promise<ReadonlySet<string>> {
  const rows = await server.query<{ readonly id: string }>(`SELECT DISTINCT id FROM ${database}.events WHERE tenant IN {tenants:Array(String)} AND mission IN {missions:Array(String)} AND id IN (SELECT arrayJoin({ids:Array(String)})) AND delivery != {delivery:UInt64}`, { tenants, missions, ids, delivery });
  return new Set(rows.map(({ id }) => id));
}
