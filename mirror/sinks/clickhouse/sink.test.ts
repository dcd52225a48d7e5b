// The sink against the real engine behind ClickHouse's HTTP interface: servers that die, replies that are lost, events that come again.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ClickHouseServer } from '#devcluster/services/clickhouse/index.ts';
import { ClickHouseError } from '#platform/clickhouse/error.ts';
import type { ClickHouse } from '#platform/clickhouse/types.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import type { Part } from '../../ports.ts';
import type { Delivered } from './deliver.ts';
import { migrate } from './migrate.ts';
import { migrationsOf } from './migrations.ts';
import { startClickHouseSink } from './sink.ts';
import { aLog, aMissionEnd, anEnd, aProxy, aServer, aThought, connectTo, type FakeLog, t0, whyNot } from './testing.ts';

const retention = { eventDays: 3650, rollupDays: 3650 };

describe.skipIf(whyNot !== '')(`the sink on the engine${whyNot}`, () => {
  let server: ClickHouseServer;
  let database = '';
  let named = 0;
  const open: Part[] = [];
  beforeAll(async () => void (server = await aServer()), 60_000);
  afterAll(() => server.stop());
  afterEach(async () => {
    await Promise.all(open.splice(0).map((part) => part.close()));
    await server.restart();
  });

  function start(log: FakeLog, client: ClickHouse = connectTo(server), isNew = true): { readonly part: Part; readonly delivered: Delivered[] } {
    if (isNew) database = `analytics${(named += 1)}`;
    const delivered: Delivered[] = [];
    const part = startClickHouseSink({ server: client, reader: log.reader, database, migrations: migrationsOf(database, retention), limits: { rows: 500, ms: 20 }, clock: systemClock, log: silentLog, onDelivered: (one) => delivered.push(one) });
    open.push(part);
    return { part, delivered };
  }

  /** Rows of the table, different ids, and what the sums by hour say of them. */
  async function counts() {
    const client = connectTo(server);
    const one = async (sql: string) => Number((await client.query<{ readonly n: string }>(`SELECT ${sql}`).catch(() => []))[0]?.n ?? -1);
    const all = { rows: await one(`count() AS n FROM ${database}.events`), ids: await one(`uniqExact(id) AS n FROM ${database}.events`), sums: await one(`sum(events) AS n FROM ${database}.hourly`), cost: await one(`sum(cost_micro_usd) AS n FROM ${database}.hourly`) };
    await client.close();
    return all;
  }
  const exactly = (n: number) => ({ rows: n, ids: n, sums: n, cost: n * 1000 });
  const thoughts = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => aThought(`u.1.1-1.${from + index}`));
  const expectExactly = (n: number) => vi.waitFor(async () => expect(await counts()).toEqual(exactly(n)), { timeout: 15_000, interval: 100 });

  test('every counted event becomes one row, and the others none', async () => {
    const log = aLog();
    const { delivered, part } = start(log);
    log.add([aThought('a'), anEnd('b'), aMissionEnd('c')]);
    log.add([{ ...aThought('d'), type: 'ai.coditect.task.changed.v1' }]);
    await vi.waitFor(() => expect(delivered.reduce((sum, { stored }) => sum + stored, 0)).toBe(3), { timeout: 10_000 });
    expect(await counts()).toMatchObject({ rows: 3, sums: 3 });
    expect(part.state()).toMatchObject({ kind: 'well' });
  });

  test('events that are told again, at once or after a restart of the sink, count once', async () => {
    const log = aLog();
    start(log);
    log.add([...thoughts(0, 50), ...thoughts(0, 50)]);
    await expectExactly(50);
    log.add(thoughts(25, 60));
    await expectExactly(60);
    await open.splice(0)[0]?.close();
    log.add(thoughts(0, 70));
    start(log, connectTo(server), false);
    await expectExactly(70);
  });

  test('an event that is told again with another time counts once', async () => {
    const log = aLog();
    start(log);
    log.add([aThought('same', { at: t0 })]);
    await expectExactly(1);
    log.add([aThought('same', { at: t0 + 86_400_000 }), aThought('other')]);
    await expectExactly(2);
  });

  test('a reply that is lost doubles nothing', async () => {
    const proxy = await aProxy(server.port);
    const log = aLog();
    start(log, connectTo(server, { port: proxy.port }));
    log.add(thoughts(0, 10));
    await expectExactly(10);
    for (let round = 1; round <= 3; round += 1) {
      proxy.loseReplyTo('.events+');
      log.add(thoughts(round * 10, round * 10 + 10));
      await expectExactly(round * 10 + 10);
    }
    expect(proxy.lost).toBe(3);
    await Promise.all(open.splice(0).map((part) => part.close()));
    await proxy.close();
  });

  test('a server that is killed while rows arrive loses and doubles none', async () => {
    const log = aLog();
    const { part } = start(log);
    let told = 0;
    for (let round = 0; round < 5; round += 1) {
      for (let message = 0; message < 20; message += 1) log.add(thoughts(told, (told += 100)));
      // The death falls somewhere into the inserts: a little later in each round.
      await new Promise((resolve) => setTimeout(resolve, round * 15));
      await server.kill();
      await vi.waitFor(() => expect(part.state()).toMatchObject({ kind: 'down' }), { timeout: 10_000 });
      await server.restart();
    }
    await expectExactly(told);
    expect(part.state()).toMatchObject({ kind: 'well' });
  }, 120_000);

  test('a batch whose rows were stored and whose sums were not is mended by the next sink', async () => {
    const log = aLog();
    start(log);
    log.add(thoughts(0, 10));
    await expectExactly(10);
    await open.splice(0)[0]?.close();
    const client = connectTo(server);
    await client.command(`TRUNCATE TABLE ${database}.hourly`);
    start(log, client, false);
    await expectExactly(10);
  });

  test('tables that were dropped are made and filled again from the log', async () => {
    const log = aLog();
    start(log);
    log.add(thoughts(0, 30));
    await expectExactly(30);
    const client = connectTo(server);
    await client.command(`DROP DATABASE ${database}`);
    log.add(thoughts(30, 40));
    await expectExactly(40);
    await client.close();
  });

  test('a log that was lost and counts from one again is read from its beginning', async () => {
    const log = aLog();
    start(log);
    for (let message = 0; message < 10; message += 1) log.add(thoughts(message, message + 1));
    await expectExactly(10);
    await open.splice(0)[0]?.close();
    log.replace();
    log.add(thoughts(5, 15));
    start(log, connectTo(server), false);
    await expectExactly(15);
  });

  test('what cannot be read is counted and left out, and holds nothing up', async () => {
    const log = aLog();
    const { delivered } = start(log);
    log.add([{ ...aThought('bad'), time: 'yesterday' }, aThought('good', { cost: 1000 })]);
    log.add([], 'an event of the message is no event');
    await expectExactly(1);
    await vi.waitFor(() => expect(delivered.reduce((sum, { refused }) => sum + refused, 0)).toBe(2));
    expect(delivered.reduce((sum, { repeated }) => sum + repeated, 0)).toBe(0);
  });

  test('a row that no column holds is found among its neighbours and left out', async () => {
    const log = aLog();
    const { delivered } = start(log);
    log.add([...thoughts(0, 20), aThought('too-much', { cost: -1 }), ...thoughts(20, 37)]);
    await expectExactly(37);
    await vi.waitFor(() => expect(delivered).toEqual([{ stored: 37, repeated: 0, refused: 1 }]));
  });

  test('a row that the server refuses is found among its neighbours and left out', async () => {
    const log = aLog();
    const client = connectTo(server);
    const picky: ClickHouse = { ...client, insert: (insert, signal) => (Buffer.from(insert.body).includes('poison') ? Promise.reject(new ClickHouseError('insert', { errorClass: 'refused', code: 27 })) : client.insert(insert, signal)) };
    const { delivered } = start(log, picky);
    log.add([...thoughts(0, 20), aThought('poison'), ...thoughts(20, 30)]);
    await expectExactly(30);
    expect(delivered).toEqual([{ stored: 30, repeated: 0, refused: 1 }]);
  });

  test('migrations that were applied are not applied again', async () => {
    const client = connectTo(server);
    const migrations = migrationsOf('twice', retention);
    expect(await migrate(client, 'twice', migrations)).toEqual([1, 2, 3, 4, 5]);
    const before = await client.query('SELECT name, create_table_query FROM system.tables WHERE database = {database:String} ORDER BY name', { database: 'twice' });
    expect(await migrate(client, 'twice', migrations)).toEqual([]);
    expect(await client.query('SELECT name, create_table_query FROM system.tables WHERE database = {database:String} ORDER BY name', { database: 'twice' })).toEqual(before);
    await client.close();
  });

  test('migrations whose record was lost change nothing when they run again', async () => {
    const client = connectTo(server);
    const migrations = migrationsOf('again', retention);
    await migrate(client, 'again', migrations);
    await client.command('TRUNCATE TABLE again.migrations');
    expect(await migrate(client, 'again', migrations)).toEqual([1, 2, 3, 4, 5]);
    await client.close();
  });
});
