// Answers of stats as figures and series.
import type { StatsAnswer, StatsUnit } from '#api/stats.ts';
import { parseTime } from '#api/time.ts';
import { count, duration, usd } from './format.ts';

export interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

export interface Series {
  /** Seconds since 1970, growing. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
}

/** Columns of an answer over its first column, which is a time. */
export function columnsOverTime({ columns, rows }: StatsAnswer, names: readonly string[]): Series {
  const sorted = rows.toSorted((a, b) => timeOf(a[0]) - timeOf(b[0]));
  const lines = names.map((name): Line => {
    const index = columns.findIndex((column) => column.name === name);
    return { name: name.replaceAll('_', ' '), values: sorted.map((row) => numberOf(row[index])) };
  });
  return { times: sorted.map(([time]) => timeOf(time)), lines };
}

/** One line for each value of the second column, of the third over the first. What there is nothing of is zero. */
export function kindsOverTime({ rows }: StatsAnswer, kinds: readonly string[]): Series {
  const times = [...new Set(rows.map(([time]) => timeOf(time)))].toSorted((a, b) => a - b);
  const lines = kinds.map((kind): Line => {
    const known = new Map(rows.filter((row) => row[1] === kind).map((row) => [timeOf(row[0]), numberOf(row[2])]));
    return { name: kind, values: times.map((time) => known.get(time) ?? 0) };
  });
  return { times, lines };
}

function timeOf(value: string | number | undefined): number {
  return typeof value === 'number' ? value : (parseTime(value?.replace(' ', 'T')) ?? 0) / 1000;
}

function numberOf(value: string | number | undefined): number | null {
  const number = Number(value);
  return value === undefined || value === '' || Number.isNaN(number) ? null : number;
}

/** A value as its unit wants it. */
export function tableCell(value: string | number, unit: StatsUnit): string {
  if (value === '') return '–';
  if (unit === 'text' || unit === 'time') return String(value);
  const number = Number(value);
  const forms = { usd: () => usd(String(number)), share: () => `${(number * 100).toFixed(1)}%`, ms: () => duration(number), count: () => count(number) };
  return forms[unit]();
}
