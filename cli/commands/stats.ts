// `stats`: answers to named questions about what happened, as a table or as data.
import type { StatsAnswer } from '#api/stats.ts';
import { statsNames, statsTemplate } from '#api/stats.ts';
import { formatTime } from '#api/time.ts';
import type { StatsQuestion } from '../access/stats.ts';
import { exitCodes, Refusal } from '../failure.ts';
import { styleOf } from '../terminal/style.ts';
import { line } from '../terminal/terminal.ts';
import { cells, plain } from '../terminal/text.ts';
import { type Session, withCluster } from './session.ts';

export interface StatsOptions {
  /** Name of the template. */
  readonly of: string;
  readonly mission?: string;
  readonly by?: string;
  /** How far back, in milliseconds. Unset: as far as the mirror does by itself, seven days. */
  readonly sinceMs?: number;
  readonly limit?: number;
  readonly agent?: string;
  readonly model?: string;
  readonly json: boolean;
}

/** Prints the answer to one question. */
export async function statsCommand(session: Session, { of, sinceMs, json, ...rest }: StatsOptions): Promise<number> {
  const template = statsTemplate(of);
  if (template === undefined) throw new Refusal(`show stats of ${of}: there is no such question`, `choose one of ${statsNames.join(', ')}`);
  if (rest.by !== undefined && !template.by.some(({ name }) => name === rest.by)) throw new Refusal(`show stats of ${of} by ${rest.by}: it cannot be told apart by that`, `choose one of ${template.by.map(({ name }) => name).join(', ')}`);
  const question: StatsQuestion = { ...rest, ...(sinceMs === undefined ? {} : { from: formatTime(session.clock.now() - sinceMs) }) };
  return withCluster(session, async (cluster) => {
    const stats = await session.openStats(cluster);
    try {
      const answer = await stats.ask(of, question, session.signal);
      if (json) line(session.terminal, JSON.stringify({ namespace: cluster.namespace, ...answer }));
      else print(session, answer, template.what);
      return exitCodes.ok;
    } finally {
      await stats.close();
    }
  });
}

function print(session: Session, answer: StatsAnswer, what: string): void {
  const style = styleOf(session.terminal);
  const header = answer.columns.map(({ name }) => name.toUpperCase());
  const rows = answer.rows.map((row) => row.map((value, index) => shown(value, answer.columns[index]?.unit ?? 'text')));
  const widths = header.map((title, index) => Math.max(cells(title), ...rows.map((row) => cells(row[index] ?? ''))));
  const isText = answer.columns.map(({ unit }) => unit === 'text' || unit === 'time');
  const aligned = (row: readonly string[]) => row.map((cell, index) => pad(cell, widths[index] ?? 0, isText[index] === true)).join('  ').trimEnd();
  line(session.terminal, style.paint('strong', aligned(header)));
  for (const row of rows) line(session.terminal, aligned(row));
  session.terminal.note(rows.length === 0 ? `nothing of that happened between ${answer.from} and ${answer.until} ; next: --since 30d looks further back` : `${what} From ${answer.from} to ${answer.until}.`);
}

function pad(cell: string, width: number, isText: boolean): string {
  const room = ' '.repeat(Math.max(0, width - cells(cell)));
  return isText ? cell + room : room + cell;
}

type Unit = StatsAnswer['columns'][number]['unit'];

function shown(value: string | number, unit: Unit): string {
  if (typeof value === 'string') return value === '' ? '-' : plain(value);
  const forms: Partial<Record<Unit, string>> = { usd: value.toFixed(4), share: `${(value * 100).toFixed(1)}%`, ms: value < 1000 ? `${value}ms` : `${(value / 1000).toFixed(1)}s` };
  return forms[unit] ?? String(value);
}
