// The server of tests itself: what it answers as ClickHouse does, that its data outlive SIGKILL, and that it ends with its starter.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { settingsFrom } from '../../settings.ts';
import { type ClickHouseServer, findEngine, startClickHouse } from './index.ts';

const found = findEngine(settingsFrom(process.env));
const engineFolder = found.kind === 'found' ? found.folder : '';
const whyNot = found.kind === 'absent' ? ` (SKIPPED: ${found.reason})` : '';
const aFolder = () => mkdtempSync(join(tmpdir(), 'clickhouse-'));

describe.skipIf(whyNot !== '')(`the ClickHouse of tests${whyNot}`, () => {
  let server: ClickHouseServer;
  beforeAll(async () => void (server = await startClickHouse({ engineFolder, folder: aFolder() })), 60_000);
  afterAll(() => server.stop());

  async function ask(query: string, { headers = { 'x-clickhouse-user': server.user, 'x-clickhouse-key': server.password }, search = '' }: { readonly headers?: Record<string, string>; readonly search?: string } = {}) {
    const response = await fetch(`${server.url}/?${search}`, { method: 'POST', body: query, headers });
    return { status: response.status, code: response.headers.get('x-clickhouse-exception-code'), text: await response.text() };
  }

  test('answers pings to anybody', async () => {
    expect(await (await fetch(`${server.url}/ping`)).text()).toBe('Ok.\n');
  });

  test('takes credentials from headers, from basic authentication and from the URL', async () => {
    const basic = `Basic ${Buffer.from(`${server.user}:${server.password}`).toString('base64')}`;
    expect(await Promise.all([ask('SELECT 1'), ask('SELECT 1', { headers: { authorization: basic } }), ask('SELECT 1', { headers: {}, search: `user=${server.user}&password=${server.password}` })])).toEqual(Array.from({ length: 3 }, () => ({ status: 200, code: null, text: '1\n' })));
  });

  const wrong: Record<string, { query: string; headers?: Record<string, string>; want: object }> = {
    'a wrong password': { query: 'SELECT 1', headers: { 'x-clickhouse-user': 'mirror', 'x-clickhouse-key': 'guessed' }, want: { status: 403, code: '516' } },
    'nobody': { query: 'SELECT 1', headers: {}, want: { status: 403, code: '516' } },
    'a certificate that was not shown': { query: 'SELECT 1', headers: { 'x-clickhouse-user': 'mirror', 'x-clickhouse-ssl-certificate-auth': 'on' }, want: { status: 403, code: '516' } },
    'a table that is not there': { query: 'SELECT * FROM nothing', want: { status: 404, code: '60' } },
    'a query that is none': { query: 'SELEC 1', want: { status: 400, code: '62' } },
  };
  test.each(Object.entries(wrong))('%s has the status and the code that ClickHouse gives', async (_, { query, headers, want }) => {
    expect(await ask(query, headers === undefined ? {} : { headers })).toMatchObject(want);
  });

  test('keeps what was stored when it is killed', async () => {
    await ask('CREATE DATABASE kept');
    await ask('CREATE TABLE kept.t (a UInt64) ENGINE = MergeTree ORDER BY a');
    await ask('INSERT INTO kept.t SELECT number FROM numbers(1000)');
    await server.kill();
    expect(server.pid()).toBeUndefined();
    await server.restart();
    expect((await ask('SELECT count() FROM kept.t')).text).toBe('1000\n');
  });

  test('ends when its starter is killed', async () => {
    const folder = aFolder();
    const script = `import('${new URL('service.ts', import.meta.url).href}').then(({ startClickHouse }) => startClickHouse(${JSON.stringify({ engineFolder, folder })})).then((server) => console.log(server.pid()))`;
    const starter = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [chunk] = (await once(starter.stdout, 'data')) as [Buffer];
    const pid = Number(chunk.toString());
    expect(() => process.kill(pid, 0)).not.toThrow();
    starter.kill('SIGKILL');
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: 10_000 });
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);
});
