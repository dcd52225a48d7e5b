// Questions to ClickHouse, with a limit on what one may cost the server.
import type { ClickHouse } from '#platform/clickhouse/types.ts';
import type { Question } from './decide/query.ts';

/** Rows of an answer, in the order of the question's columns. */
export type AskStats = (question: Question, signal: AbortSignal) => Promise<readonly (readonly (string | number)[])[]>;

const seconds = 20;

/** Asks a server. The first column of every question is called `division`. */
export function askingStats(server: Pick<ClickHouse, 'query'>): AskStats {
  return async ({ sql, params, columns }, signal) => {
    const rows = await server.query<Readonly<Record<string, string | number>>>(sql, params, { seconds, signal });
    return rows.map((row) => columns.map((name, index) => valueOf(row[index === 0 ? 'division' : name])));
  };
}

/** Counts come as text, so that none of their digits is lost; those that people meet fit into a number. */
function valueOf(value: string | number | undefined): string | number {
  const isCount = typeof value === 'string' && /^\d{1,15}$/.test(value);
  return isCount ? Number(value) : (value ?? '');
}
