// The same tables for a cluster: each shard keeps its tenants' missions, replicas share a shard, and the plain names stand for all of them.
// Made by rule from the migrations. The engine parses what comes of it; no cluster has run it: untested beyond that.
import type { Migration } from './migrations.ts';

/** Migrations for a cluster of this name; `{shard}` and `{replica}` are macros of its servers. */
export function replicatedOf(migrations: readonly Migration[], cluster: string): readonly Migration[] {
  if (!/^[a-z][a-z0-9_-]{0,62}$/.test(cluster)) throw new Error(`use cluster ${JSON.stringify(cluster)}: not a plain name, so nothing is stored; use lower-case letters, digits, _ and -`);
  return migrations.map(({ number, what, statements }) => ({ number, what, statements: statements.flatMap((statement) => spread(statement, cluster)) }));
}

function spread(statement: string, cluster: string): readonly string[] {
  const view = /^CREATE MATERIALIZED VIEW IF NOT EXISTS (\S+) TO (\S+) AS/.exec(statement);
  if (view !== null) return [statement.replace(view[0], `CREATE MATERIALIZED VIEW IF NOT EXISTS ${view[1]} ON CLUSTER '${cluster}' TO ${view[2]}_local AS`).replace(/FROM (\S+\.events)\b/, 'FROM $1_local')];
  const change = /^ALTER TABLE (\S+) /.exec(statement);
  if (change !== null) return [`${change[1]}_local`, change[1]].map((name) => statement.replace(change[0], `ALTER TABLE ${name} ON CLUSTER '${cluster}' `));
  const table = /^CREATE TABLE IF NOT EXISTS (\w+)\.(\w+) \(/.exec(statement);
  if (table === null) throw new Error(`spread over a cluster: a statement is neither a table nor a view nor a change of a table: ${statement.slice(0, 80)}`);
  const [head, database, name] = table;
  const local = statement
    .replace(head, `CREATE TABLE IF NOT EXISTS ${database}.${name}_local ON CLUSTER '${cluster}' (`)
    .replace(/ENGINE = (\w+)MergeTree/, `ENGINE = Replicated$1MergeTree('/clickhouse/tables/{shard}/${database}/${name}', '{replica}')`)
    .replace('non_replicated_deduplication_window', 'replicated_deduplication_window');
  const key = statement.includes('  tenant ') ? 'cityHash64(tenant, mission)' : 'cityHash64(stream)';
  return [local, `CREATE TABLE IF NOT EXISTS ${database}.${name} ON CLUSTER '${cluster}' AS ${database}.${name}_local ENGINE = Distributed('${cluster}', '${database}', '${name}_local', ${key})`];
}
