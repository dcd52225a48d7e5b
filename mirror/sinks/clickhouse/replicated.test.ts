// Statements for a cluster: made by rule, and parsed by the engine. No cluster runs them here: untested beyond that.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClickHouseServer } from '#devcluster/services/clickhouse/index.ts';
import type { ClickHouse } from '#platform/clickhouse/types.ts';
import { migrationsOf } from './migrations.ts';
import { replicatedOf } from './replicated.ts';
import { aServer, connectTo, whyNot } from './testing.ts';

const plain = migrationsOf('shop', { eventDays: 90, rollupDays: 730 });
const statements = replicatedOf(plain, 'main').flatMap((migration) => migration.statements);
const tables = ['events', 'deliveries', 'hourly', 'latency', 'missions'];

test('every table is one on each shard and one over all of them, under its plain name', () => {
  for (const table of tables) {
    const [local = '', all = ''] = statements.filter((statement) => statement.includes(`shop.${table}_local ON CLUSTER 'main' (`) || statement.includes(`shop.${table} ON CLUSTER 'main' AS`));
    const kind = table === 'events' || table === 'deliveries' ? 'Replacing' : 'Aggregating';
    expect(local).toContain(`Replicated${kind}MergeTree('/clickhouse/tables/{shard}/shop/${table}', '{replica}')`);
    expect(all).toContain(`Distributed('main', 'shop', '${table}_local', cityHash64(${table === 'deliveries' ? 'stream' : 'tenant, mission'}))`);
  }
});

test('views feed tables of their own shard', () => {
  const views = statements.filter((statement) => statement.includes('MATERIALIZED VIEW'));
  expect(views).toHaveLength(3);
  for (const view of views) expect(view).toMatch(/ON CLUSTER 'main' TO shop\.\w+_local AS[\s\S]+FROM shop\.events_local/);
});

test('no statement is for one server alone', () => {
  expect(statements.filter((statement) => !statement.includes("ON CLUSTER 'main'") || statement.includes('non_replicated'))).toEqual([]);
});

test('a name of a cluster that is none is refused', () => {
  expect(() => replicatedOf(plain, "x' --")).toThrow(/not a plain name/);
});

describe.skipIf(whyNot !== '')(`on the engine${whyNot}`, () => {
  let server: ClickHouseServer;
  let client: ClickHouse;
  beforeAll(async () => {
    server = await aServer();
    client = connectTo(server);
  }, 60_000);
  afterAll(async () => {
    await client.close();
    await server.stop();
  });

  test.each(statements.map((statement) => [statement.split('\n')[0] ?? '', statement] as const))('%s is parsed', async (_, statement) => {
    const [row] = await client.query<{ readonly text: string }>('SELECT formatQuery({statement:String}) AS text', { statement });
    expect(row?.text).toContain('ON CLUSTER main');
  });

  test('what is no statement is not parsed', async () => {
    await expect(client.query('SELECT formatQuery({statement:String})', { statement: 'CREATE TABLE x (' })).rejects.toMatchObject({ errorClass: 'refused' });
  });
});
