// The client against the real engine behind TLS and credentials: who is believed, what is reloaded, and what class an error has.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClickHouseServer, findEngine, startClickHouse } from '#devcluster/services/clickhouse/index.ts';
import { settingsFrom } from '#devcluster/settings.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { systemClock } from '../clock.ts';
import { type ClickHouseSettings, createClickHouse } from './client.ts';
import { BlockEncoder } from './blocks.ts';
import type { ClickHouse, Column } from './types.ts';

const found = findEngine(settingsFrom(process.env));
const whyNot = found.kind === 'absent' ? ` (SKIPPED: ${found.reason})` : '';
const place = mkdtempSync(join(tmpdir(), 'clickhouse-test-'));
const write = (name: string, content: string): string => {
  writeFileSync(join(place, name), content);
  return join(place, name);
};
afterAll(() => rmSync(place, { recursive: true, force: true }));

describe('settings', () => {
  const base: ClickHouseSettings = { url: 'https://db:8443', insecure: false, timeoutMs: 1000 };
  const wrong: Record<string, { settings: Partial<ClickHouseSettings>; want: RegExp }> = {
    'plaintext is refused unless it is allowed by name': { settings: { url: 'http://db:8123' }, want: /not https/ },
    'another protocol is refused': { settings: { url: 'ftp://db', insecure: true }, want: /not https/ },
    'credentials in the URL are refused': { settings: { url: 'https://u:p@db' }, want: /belong into files/ },
    'a certificate without its key is refused': { settings: { certificateFile: '/c' }, want: /goes with its key/ },
  };
  test.each(Object.entries(wrong))('%s', (_, { settings, want }) => expect(() => createClickHouse({ ...base, ...settings }, systemClock)).toThrow(want));
  test('the password is in no message', () => {
    expect(() => createClickHouse({ ...base, url: 'https://user:hidden@db' }, systemClock)).toThrow(expect.not.stringContaining('hidden') as Error);
  });
});

describe('errors without a server', () => {
  const codeOf = async (client: ClickHouse) => client.query('SELECT 1').then(() => 'answered', (error: { errorClass: string }) => error.errorClass);
  test('nobody listens: try again', async () => {
    expect(await codeOf(createClickHouse({ url: 'http://127.0.0.1:9', insecure: true, timeoutMs: 1000 }, systemClock))).toBe('retry');
  });
  test('a server that accepts and says nothing: try again', async () => {
    const mute: Server = createServer(() => {});
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as { port: number };
    const client = createClickHouse({ url: `http://127.0.0.1:${port}`, insecure: true, timeoutMs: 200 }, systemClock);
    expect(await codeOf(client)).toBe('retry');
    mute.close();
    await client.close();
  });
  test('a file that cannot be read: try again, it may be on its way', async () => {
    expect(await codeOf(createClickHouse({ url: 'https://127.0.0.1:9', insecure: false, timeoutMs: 200, passwordFile: join(place, 'missing') }, systemClock))).toBe('retry');
  });
});

describe.skipIf(whyNot !== '')(`the client on the engine, with TLS${whyNot}`, () => {
  let server: ClickHouseServer;
  let settings: ClickHouseSettings;
  const clients: ClickHouse[] = [];
  const open = (more: Partial<ClickHouseSettings> = {}, clock: Pick<typeof systemClock, 'monotonic' | 'after'> = systemClock): ClickHouse => {
    const client = createClickHouse({ ...settings, ...more }, clock);
    clients.push(client);
    return client;
  };
  const classOf = (call: Promise<unknown>): Promise<string> => call.then(() => 'answered', (error: { errorClass: string }) => error.errorClass);

  beforeAll(async () => {
    server = await startClickHouse({ engineFolder: found.kind === 'found' ? found.folder : '', folder: mkdtempSync(join(tmpdir(), 'clickhouse-')), tls: 'mutual' });
    const { ca, certificate, key } = server.trust;
    settings = { url: server.url, insecure: false, timeoutMs: 5000, caFile: write('ca', ca), certificateFile: write('cert', certificate), keyFile: write('key', key), userFile: write('user', `${server.user}\n`), passwordFile: write('password', `${server.password}\n`) };
  }, 60_000);
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await server.stop();
  });

  test('rows go in and come out as they were, to the last digit', async () => {
    const client = open();
    await client.command('CREATE DATABASE IF NOT EXISTS x');
    await client.command("CREATE TABLE x.t (s String, n UInt64, at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 10");
    const columns: readonly Column[] = [{ name: 's', type: 'String' }, { name: 'n', type: 'UInt64' }, { name: 'at', type: 'DateTime64(3)' }];
    // Two empty lines inside: bytes are bytes.
    const rows = [{ s: 'a\n\n\nb', n: Number.MAX_SAFE_INTEGER, at: 1_700_000_000_123 }, { s: '\u{1F600}', n: 0, at: 0 }];
    for (let time = 0; time < 2; time += 1) await client.insert({ table: 'x.t', columns, body: new BlockEncoder(columns).encode(rows), token: 'once' });
    expect(await client.query('SELECT * FROM x.t ORDER BY n DESC')).toEqual([{ s: 'a\n\n\nb', n: '9007199254740991', at: '2023-11-14 22:13:20.123' }, { s: '\u{1F600}', n: '0', at: '1970-01-01 00:00:00.000' }]);
  });

  test('parameters are values, whatever is in them', async () => {
    const [row] = await open().query('SELECT {a:String} AS a, {b:Array(String)} AS b', { a: "x' OR 1=1 -- \\ \t \n {b:String}", b: ["'", '\\', '], ['] });
    expect(row).toEqual({ a: "x' OR 1=1 -- \\ \t \n {b:String}", b: ["'", '\\', '], ['] });
  });

  test('lists that no URL could hold are values, too', async () => {
    const list = Array.from({ length: 20_000 }, (_, index) => `id-${index}-'${index}`);
    expect(await open().query('SELECT length({list:Array(String)}) AS n, {list:Array(String)}[20000] AS last', { list })).toEqual([{ n: '20000', last: "id-19999-'19999" }]);
  });

  const classes: Record<string, { sql: string; want: string }> = {
    'a table that is not there is gone': { sql: 'SELECT * FROM x.nothing', want: 'gone' },
    'a database that is not there is gone': { sql: 'SELECT * FROM nowhere.t', want: 'gone' },
    'a query that is none is refused': { sql: 'SELEC 1', want: 'refused' },
    'a query that takes too long is tried again': { sql: 'SELECT sleepEachRow(1) FROM numbers(3) SETTINGS max_execution_time = 1, max_block_size = 1', want: 'retry' },
  };
  test.each(Object.entries(classes))('%s', async (_, { sql, want }) => expect(await classOf(open().query(sql))).toBe(want));

  test('whom another authority signed for is not believed, and nothing is sent', async () => {
    const other = await startClickHouse({ engineFolder: found.kind === 'found' ? found.folder : '', folder: mkdtempSync(join(tmpdir(), 'clickhouse-')), tls: 'server' });
    expect(await classOf(open({ url: other.url }).query('SELECT 1'))).toBe('denied');
    await other.stop();
  }, 60_000);

  test('who shows no certificate is not let in', async () => {
    const { certificateFile: _, keyFile: __, ...rest } = settings;
    const client = createClickHouse(rest, systemClock);
    clients.push(client);
    expect(await classOf(client.query('SELECT 1'))).not.toBe('answered');
  });

  test('who has a certificate and no password is known by the certificate', async () => {
    const { passwordFile: _, ...rest } = settings;
    const client = createClickHouse(rest, systemClock);
    clients.push(client);
    expect(await client.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('a password that is replaced is used without a restart, at once after a refusal', async () => {
    const passwordFile = write('rotated', server.password);
    const client = open({ passwordFile });
    expect(await classOf(client.query('SELECT 1'))).toBe('answered');
    await server.restart({ password: 'second' });
    expect(await classOf(client.query('SELECT 1'))).toMatch(/denied|retry/);
    expect(await classOf(client.query('SELECT 1'))).toBe('denied');
    writeFileSync(passwordFile, 'second');
    expect(await classOf(client.query('SELECT 1'))).toBe('answered');
    await server.restart({ password: 'first' });
  }, 60_000);

  test('files are read again after a while also when nothing was refused', async () => {
    const clock = new ManualClock(0);
    const passwordFile = write('later', server.password);
    const client = open({ passwordFile }, clock);
    expect(await classOf(client.query('SELECT 1'))).toMatch(/answered|retry/);
    writeFileSync(passwordFile, 'wrong');
    expect(await classOf(client.query('SELECT 1'))).toBe('answered');
    await clock.advance(5000);
    expect(await classOf(client.query('SELECT 1'))).toBe('denied');
  });
});
