// The client on a real server with TLS, and on servers that refuse, stall and talk nonsense.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ChromaServer } from '#devcluster/services/chroma/index.ts';
import { chromaIsAbsent, startTestChroma } from '#devcluster/services/chroma/testing.ts';
import { systemClock } from '../clock.ts';
import { type ChromaSettings, createChroma } from './client.ts';
import { isChromaFault } from './error.ts';
import type { Chroma, ChromaRecord } from './types.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => void (await Promise.all(closers.splice(0).map((close) => close()))));

const folder = mkdtempSync(join(tmpdir(), 'chroma-client-'));
const file = (name: string, text: string) => (writeFileSync(join(folder, name), text), join(folder, name));
const client = (settings: Partial<ChromaSettings> & { readonly url: string }): Chroma => {
  const chroma = createChroma({ insecure: false, tenant: 'default_tenant', timeoutMs: 2000, ...settings }, systemClock);
  closers.push(() => chroma.close());
  return chroma;
};
const record = (id: string, vector: readonly number[], facts: ChromaRecord['facts'] = {}): ChromaRecord => ({ id, text: `text of ${id}`, vector, facts: { kind: 'x', ...facts } });
const place = { database: 'coditect-team-a', collection: 'episodes-x-2' };
const classOfFault = (error: unknown) => (isChromaFault(error) ? `${error.errorClass}: ${error.message}` : String(error));

describe.skipIf(chromaIsAbsent !== undefined)(`on a real server${chromaIsAbsent === undefined ? '' : ` (SKIPPED: ${chromaIsAbsent})`}`, () => {
  let server: ChromaServer;
  beforeAll(async () => void (server = await startTestChroma({ tls: 'mutual' })), 60_000);
  afterAll(() => server?.stop());
  const files = () => ({ caFile: server.files?.ca, certificateFile: server.files?.certificate, keyFile: server.files?.key });

  test('what is stored is found, nearest first, and once however often it is stored', async () => {
    const chroma = client({ url: server.url, ...files() });
    const records = [record('a', [1, 0], { isLead: true }), record('b', [0, 1], { isLead: true }), record('c', [1, 0.1], { isLead: false })];
    await chroma.upsert(place, records);
    await chroma.upsert(place, records);
    expect((await chroma.find(place, { most: 10 })).length).toBe(3);
    expect((await chroma.nearest(place, [1, 0.02], { most: 5, wanted: {} })).map(({ id }) => id)).toEqual(['a', 'c', 'b']);
    expect(await chroma.nearest(place, [1, 0], { most: 1, wanted: { isLead: true, kind: 'x' } })).toEqual([{ id: 'a', text: 'text of a', facts: { kind: 'x', isLead: true }, distance: expect.closeTo(0, 5) }]);
    expect((await chroma.byId(place, ['c', 'nobody'])).map(({ id }) => id)).toEqual(['c']);
    expect((await chroma.find(place, { wanted: { isLead: true }, most: 1, skip: 1 })).length).toBe(1);
    await chroma.remove(place, ['a', 'nobody']);
    expect((await chroma.find(place, { most: 10 })).length).toBe(2);
    expect(await chroma.databases()).toContain(place.database);
    expect(await chroma.collections(place.database)).toEqual([place.collection]);
  });

  test('a place that nobody wrote to holds nothing', async () => {
    const chroma = client({ url: server.url, ...files() });
    const nowhere = { database: 'coditect-nobody', collection: 'episodes-x-2' };
    expect([await chroma.nearest(nowhere, [1, 0], { most: 3, wanted: {} }), await chroma.find(nowhere, { most: 3 }), await chroma.collections('coditect-nobody'), await chroma.remove(nowhere, ['a'])]).toEqual([[], [], [], undefined]);
  });

  test('a vector of another length is refused', async () => {
    const chroma = client({ url: server.url, ...files() });
    await chroma.upsert(place, [record('d', [1, 0])]);
    expect(await chroma.upsert(place, [record('e', [1, 0, 0])]).catch(classOfFault)).toMatch(/^refused: write to episodes-x-2.*dimension/);
  });

  test('a collection that was lost is told, and made anew only by the write after that', async () => {
    const chroma = client({ url: server.url, ...files() });
    await chroma.upsert(place, [record('f', [1, 0])]);
    await server.flush();
    expect(await chroma.upsert(place, [record('g', [1, 0])]).catch(classOfFault)).toMatch(/^gone: /);
    expect((await chroma.find(place, { most: 10 })).length).toBe(0);
    await chroma.upsert(place, [record('g', [1, 0])]);
    expect((await chroma.find(place, { most: 10 })).length).toBe(1);
  }, 30_000);

  test('a server that nobody vouches for, or that wants a certificate, is told as such', async () => {
    expect(await client({ url: server.url }).databases().catch(classOfFault)).toMatch(/^retry: list databases in Chroma: .*(self-signed|unable to)/);
    expect(await client({ url: server.url, caFile: server.files?.ca }).databases().catch(classOfFault)).toMatch(/^retry: /);
  });

  test('files that were replaced are read again without a restart', async () => {
    const [caFile, certificateFile, keyFile] = [file('ca', 'no certificate'), file('cert', readFileSync(server.files?.certificate ?? '', 'utf8')), file('key', readFileSync(server.files?.key ?? '', 'utf8'))];
    const chroma = client({ url: server.url, caFile, certificateFile, keyFile });
    await expect(chroma.databases()).rejects.toThrow(/^list databases in Chroma: /);
    writeFileSync(caFile, readFileSync(server.files?.ca ?? ''));
    expect(await chroma.databases()).toContain('default_database');
  });
});

async function serving(answer: RequestListener): Promise<string> {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => (server.closeAllConnections(), server.close()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const wrong: Record<string, { answer: RequestListener; want: RegExp }> = {
  'nonsense': { answer: (_, response) => void response.setHeader('content-type', 'application/json').end('<html>'), want: /^retry: / },
  'a failure': { answer: (_, response) => void response.writeHead(500).end('{"error":"oops"}'), want: /^retry: / },
  'no right': { answer: (_, response) => void response.writeHead(403).end('{}'), want: /^denied: .*replace the files/ },
  'silence': { answer: () => {}, want: /^retry: / },
  'a cut line': { answer: ({ socket }) => void socket.destroy(), want: /^retry: / },
};
test.each(Object.entries(wrong))('a server that answers with %s is told by what to do', async (_, { answer, want }) => {
  const chroma = client({ url: await serving(answer), insecure: true, timeoutMs: 1000 });
  expect(await chroma.find(place, { most: 1 }).catch(classOfFault)).toMatch(want);
}, 15_000);

test('an answer that has another form than it should is no answer', async () => {
  const chroma = client({ url: await serving((request, response) => void response.setHeader('content-type', 'application/json').end(request.url?.endsWith('/get') === true ? '{"ids":7,"documents":[],"metadatas":[]}' : '{"id":"00000000-0000-0000-0000-000000000001","name":"episodes-x-2","metadata":null,"configuration_json":{}}')), insecure: true });
  expect(await chroma.find(place, { most: 1 }).catch(classOfFault)).toMatch(/^retry: .*a form that nobody knows/);
});

test('the token goes along', async () => {
  let seen: string | undefined;
  const url = await serving(({ headers }, response) => ((seen = headers.authorization), void response.setHeader('content-type', 'application/json').end('[]')));
  await client({ url, insecure: true, passwordFile: file('token', 's3cret\n') }).databases();
  expect(seen).toBe('Bearer s3cret');
});

const settings: Record<string, { url: string; insecure?: boolean; want: RegExp }> = {
  'plaintext that nobody allowed': { url: 'http://127.0.0.1:1', want: /not https/ },
  'credentials in the URL': { url: 'https://me:secret@127.0.0.1:1', insecure: true, want: /^connect to Chroma at https:\/\/127\.0\.0\.1:1: credentials belong into files/ },
};
test.each(Object.entries(settings))('%s is refused at once', (_, { want, ...rest }) => expect(() => client(rest)).toThrow(want));
