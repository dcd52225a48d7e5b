// From a real log into the real engine, in the process of the mirror: also when the stream is removed and made again while nobody looks.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ClickHouseServer } from '#devcluster/services/clickhouse/index.ts';
import { systemClock } from '#platform/clock.ts';
import type { NatsLink } from '#platform/nats/connect.ts';
import { Bench, isMissing, why } from '#platform/nats/testing.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import type { Part } from '../../ports.ts';
import { migrationsOf } from './migrations.ts';
import { startClickHouseSink } from './sink.ts';
import { aServer, aThought, connectTo, whyNot } from './testing.ts';

const within = (ms: number) => AbortSignal.timeout(ms);
const thoughts = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => aThought(`u.1.1-1.${from + index}`));

describe.skipIf(isMissing || whyNot !== '')(`from a real log into the engine${why}${whyNot}`, { timeout: 60_000 }, () => {
  let server: ClickHouseServer;
  let bench: Bench;
  let [link, servers]: [NatsLink | undefined, readonly string[]] = [undefined, []];
  let part: Part | undefined;
  beforeAll(async () => void (server = await aServer()), 60_000);
  afterAll(() => server.stop());
  beforeEach(async () => {
    bench = new Bench();
    servers = (await bench.nats()).servers;
    link = bench.link(servers);
  });
  afterEach(async () => {
    await part?.close();
    await bench.end();
  });

  function start(): void {
    part = startClickHouseSink({ server: connectTo(server), reader: bench.reader(bench.link(servers)), database: 'whole', migrations: migrationsOf('whole', { eventDays: 3650, rollupDays: 3650 }), limits: { rows: 500, ms: 20 }, clock: systemClock, log: silentLog, onDelivered: () => {} });
  }

  /** Tells each event as a message of its own. */
  async function tell(from: number, to: number): Promise<void> {
    const publisher = await bench.publisher(bench.link(servers), { folder: `${bench.folder}/from-${from}` });
    for (const thought of thoughts(from, to)) await publisher.publish([thought]);
    expect(await publisher.drained(within(10_000))).toBe(true);
    await publisher.close();
  }

  const removeStream = async () => void (await (await link?.ready(within(5000)))?.request('$JS.API.STREAM.DELETE.CODITECT_EVENTS'));

  async function expectExactly(n: number): Promise<void> {
    const client = connectTo(server);
    await vi.waitFor(async () => {
      const [row] = await client.query('SELECT (SELECT count() FROM whole.events) AS rows, (SELECT uniqExact(id) FROM whole.events) AS ids, (SELECT sum(events) FROM whole.hourly) AS sums');
      expect(row).toEqual({ rows: String(n), ids: String(n), sums: String(n) });
    }, { timeout: 20_000, interval: 100 });
    await client.close();
  }

  test('every event is a row once, over a log that was made anew under the sink, and one that was made anew while it was away', async () => {
    start();
    await tell(0, 20);
    await expectExactly(20);
    await removeStream();
    await tell(20, 60);
    await expectExactly(60);
    await part?.close();
    await removeStream();
    // Longer than the old one: its numbers alone would not show that it is another.
    await tell(60, 160);
    start();
    await expectExactly(160);
  });
});
