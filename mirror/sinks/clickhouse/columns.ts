// The columns of the events table, one list for the tables that are made and for the rows that are written.
import type { Column } from '#platform/clickhouse/types.ts';

interface Described extends Column {
  /** Type in the table where it is not the type on the wire: fewer bytes for what comes again and again. */
  readonly stored?: string;
}

const word = <N extends string>(name: N) => ({ name, type: 'String', stored: 'LowCardinality(String)' }) as const;
const text = <N extends string>(name: N) => ({ name, type: 'String' }) as const;
const sum = <N extends string>(name: N) => ({ name, type: 'UInt64' }) as const;
const count = <N extends string>(name: N) => ({ name, type: 'UInt32' }) as const;

/** In the order in which rows are written. */
export const eventColumns = [
  word('tenant'),
  text('mission'),
  { name: 'ts', type: 'DateTime64(3)', stored: "DateTime64(3, 'UTC')" },
  text('id'),
  word('type'),
  text('mission_uid'),
  text('task'),
  word('task_type'),
  word('action'),
  word('pool'),
  word('agent'),
  word('model'),
  word('tool'),
  word('result'),
  word('reason'),
  count('attempt'),
  sum('duration_ms'),
  sum('cost_micro_usd'),
  sum('saved_micro_usd'),
  count('calls'),
  count('cached_calls'),
  sum('input_tokens'),
  sum('output_tokens'),
  sum('cache_read_tokens'),
  sum('cache_write_tokens'),
  count('violations'),
  { name: 'reused', type: 'UInt8' },
  count('ready'),
  count('busy'),
  count('queued'),
  count('slots'),
  sum('delivery'),
] as const satisfies readonly Described[];

export type EventColumn = (typeof eventColumns)[number]['name'];

/** One row of the events table. */
export type EventRow = Readonly<Record<EventColumn, string | number>>;

/** Lines of a CREATE TABLE, one for each column. */
export function columnLines(): string {
  return eventColumns.map((column) => `  ${column.name} ${'stored' in column ? column.stored : column.type}${codecOf(column.name)}`).join(',\n');
}

/** Times and deliveries grow from row to row; for all else the server's own choice is the fastest to write. */
function codecOf(name: EventColumn): string {
  if (name === 'ts') return ' CODEC(Delta, ZSTD(1))';
  return name === 'delivery' ? ' CODEC(DoubleDelta, ZSTD(1))' : '';
}
