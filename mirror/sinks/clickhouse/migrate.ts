// Applies migrations in their order, and records each. Running it again, or on two replicas at once, changes nothing.
import type { ClickHouse } from '#platform/clickhouse/types.ts';
import type { Migration } from './migrations.ts';

/** Brings a database to the newest migration; gives the numbers that were applied now. */
export async function migrate(server: Pick<ClickHouse, 'command' | 'query'>, database: string, migrations: readonly Migration[]): Promise<readonly number[]> {
  requirePlain(database);
  await server.command(`CREATE DATABASE IF NOT EXISTS ${database}`);
  await server.command(`CREATE TABLE IF NOT EXISTS ${database}.migrations (number UInt32, what String, applied DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = ReplacingMergeTree ORDER BY number`);
  const known = await server.query<{ readonly number: number }>(`SELECT number FROM ${database}.migrations`);
  const recorded = new Set(known.map(({ number }) => number));
  const missing = migrations.filter(({ number }) => !recorded.has(number));
  for (const { number, what, statements } of missing) {
    for (const statement of statements) await server.command(statement);
    await server.command(`INSERT INTO ${database}.migrations (number, what) VALUES ({number:UInt32}, {what:String})`, { number, what });
  }
  return missing.map(({ number }) => number);
}

/** The name goes into statements as it is. */
export function requirePlain(database: string): void {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(database)) throw new Error(`use database ${JSON.stringify(database)}: not a plain name, so nothing is stored; use lower-case letters, digits and _`);
}
