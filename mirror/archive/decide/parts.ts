// Which rows go into which file: one file for each tenant and day.
import type { EventRow, Part } from '#api/archive.ts';
import { dayOf } from './layout.ts';

/** A file before it is written. */
export interface Draft extends Pick<Part, 'tenant' | 'day' | 'first' | 'last' | 'from' | 'until'> {
  readonly rows: readonly EventRow[];
}

/** Files for rows that are in the order of the log; equal rows make equal files, in the order of tenants and days. */
export function draftsOf(rows: readonly EventRow[]): Draft[] {
  const groups = new Map<string, EventRow[]>();
  for (const row of rows) {
    const key = `${row.tenant}/${dayOf(row.time)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => draftOf(group));
}

function draftOf(rows: readonly EventRow[]): Draft {
  const [{ tenant, time, sequence }] = rows as readonly [EventRow, ...EventRow[]];
  let [from, until, first, last] = [time, time, sequence, sequence];
  for (const row of rows) {
    [from, until] = [Math.min(from, row.time), Math.max(until, row.time)];
    [first, last] = [Math.min(first, row.sequence), Math.max(last, row.sequence)];
  }
  return { tenant, day: dayOf(time), first, last, from, until, rows };
}
