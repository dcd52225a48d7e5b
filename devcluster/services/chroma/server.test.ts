// The service of tests itself: it answers, survives a kill with its data, forgets them when it is told to, and shows certificates.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { afterEach, describe, expect, test } from 'vitest';
import { type ChromaServer } from './index.ts';
import { chromaIsAbsent, startTestChroma } from './testing.ts';

let server: ChromaServer | undefined;
afterEach(() => server?.stop());

const root = '/api/v2/tenants/default_tenant/databases';
const call = async ({ port }: ChromaServer, method: 'GET' | 'POST', body?: object) => {
  const answer = await fetch(`http://127.0.0.1:${port}${root}`, { method, headers: { 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return (await answer.json()) as unknown;
};
const namesOf = async (at: ChromaServer) => ((await call(at, 'GET')) as { readonly name: string }[]).map(({ name }) => name).toSorted();

describe.skipIf(chromaIsAbsent !== undefined)(`Chroma as a process${chromaIsAbsent === undefined ? '' : ` (SKIPPED: ${chromaIsAbsent})`}`, () => {
  test('keeps what it has through a kill, and nothing through a flush', async () => {
    server = await startTestChroma();
    await call(server, 'POST', { name: 'team-a' });
    await server.kill();
    await expect(namesOf(server)).rejects.toThrow('fetch failed');
    await server.start();
    expect(await namesOf(server)).toEqual(['default_database', 'team-a']);
    await server.flush();
    expect(await namesOf(server)).toEqual(['default_database']);
  }, 60_000);

  test('behind its front it shows a certificate, and wants one', async () => {
    server = await startTestChroma({ tls: 'mutual' });
    const { ca = '', certificate = '', key = '' } = server.files ?? {};
    const read = (file: string) => readFileSync(file, 'utf8');
    const beat = (options: object) => new Promise<number>((resolve, reject) => request(`${server?.url}/api/v2/heartbeat`, { ...options, agent: false }, (answer) => (answer.resume(), resolve(answer.statusCode ?? 0))).on('error', reject).end());
    expect(await beat({ ca: read(ca), cert: read(certificate), key: read(key) })).toBe(200);
    await expect(beat({ ca: read(ca) })).rejects.toThrow(/alert|hang up|ECONNRESET/);
    await expect(beat({ cert: read(certificate), key: read(key) })).rejects.toThrow(/self-signed certificate/);
  }, 60_000);
});
