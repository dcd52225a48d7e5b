// The page on this machine gives nothing to other programs, other names and other pages, and the browser never has the token.
import { createServer, get, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Loopback, startLoopback } from './loopback.ts';

let asked: string[];
let loopback: Loopback;
let upstream: ReturnType<typeof createServer>;

/** A console that answers with what it was asked, and with headers that are nobody's business. */
beforeEach(async () => {
  asked = [];
  upstream = createServer((incoming, response) => {
    asked.push(incoming.url ?? '');
    response.writeHead(incoming.url === '/gone' ? 404 : 200, { 'Content-Type': 'application/json', 'Content-Security-Policy': "default-src 'none'", 'Set-Cookie': 'evil=1', Server: 'console' });
    response.end(JSON.stringify({ path: incoming.url }));
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  const console = { get: (path: string, accept: string, signal: AbortSignal) => new Promise<IncomingMessage>((resolve, reject) => get({ host: '127.0.0.1', port, path, signal, headers: { accept, authorization: 'Bearer secret-token' } }, resolve).on('error', reject)) };
  loopback = await startLoopback({ console, port: 0 });
});
afterEach(async () => {
  await loopback.close();
  await new Promise((resolve) => upstream.close(resolve));
});

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

function ask(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Reply> {
  const { port } = new URL(loopback.url);
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers: { host: `127.0.0.1:${port}`, ...headers } }, (response) => {
      const { statusCode = 0, headers: told } = response;
      response.toArray().then((chunks) => resolve({ status: statusCode, headers: told, text: chunks.map(String).join('') }), reject);
    })
      .on('error', reject)
      .end();
  });
}

async function cookie(): Promise<string> {
  const { headers } = await ask(loopback.url.slice(loopback.url.indexOf('/?')));
  return (headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
}

test('the address that was printed becomes a cookie that no script and no other site has, and the key leaves the address', async () => {
  const key = new URL(loopback.url).searchParams.get('key') ?? '';
  const { status, headers } = await ask(`/?key=${key}`);
  expect({ status, location: headers.location }).toEqual({ status: 303, location: '/' });
  expect(headers['set-cookie']?.[0]).toMatch(/^coditect-dashboard-\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
  expect(headers['set-cookie']?.[0]).not.toContain(key);
  expect(asked).toEqual([]);
});

test('with the cookie the console is asked, and of its answer only what a page needs goes on', async () => {
  const own = await cookie();
  const { status, headers, text } = await ask('/api/missions?namespace=a', { cookie: `other=1; ${own}` });
  expect({ status, text }).toEqual({ status: 200, text: '{"path":"/api/missions?namespace=a"}' });
  expect(headers['content-security-policy']).toBe("default-src 'none'");
  expect([headers['set-cookie'], headers['server']]).toEqual([undefined, undefined]);
  expect(JSON.stringify(headers)).not.toContain('secret-token');
  expect((await ask('/gone', { cookie: own })).status).toBe(404);
});

test('the address is good for one browser, which may open it again', async () => {
  const path = loopback.url.slice(loopback.url.indexOf('/?'));
  const own = await cookie();
  expect((await ask(path, { cookie: own })).status).toBe(303);
  expect(await ask(path)).toMatchObject({ status: 403, text: expect.stringContaining('in another browser already') as string });
});

describe('nothing is given', () => {
  const refused: Record<string, { path?: string; headers?: (own: string) => Record<string, string>; method?: string; status: number }> = {
    'without the cookie': { headers: () => ({ cookie: '' }), status: 403 },
    'for a cookie that was guessed': { headers: (own) => ({ cookie: own.replace(/=.*/, `=${'A'.repeat(43)}`) }), status: 403 },
    'for a key that was guessed': { path: `/?key=${'A'.repeat(43)}`, status: 403 },
    'under a name that somebody else made to mean this machine': { headers: (own) => ({ cookie: own, host: 'evil.example:80' }), status: 421 },
    'under the right name with another port': { headers: (own) => ({ cookie: own, host: '127.0.0.1:1' }), status: 421 },
    'to a page of somebody else': { headers: (own) => ({ cookie: own, 'sec-fetch-site': 'cross-site' }), status: 403 },
    'to a page of another port': { headers: (own) => ({ cookie: own, 'sec-fetch-site': 'same-site' }), status: 403 },
    'to who wants to write': { method: 'POST', status: 405 },
    'to who asks only for the head': { method: 'HEAD', status: 405 },
    'for an address without end': { path: `/api/${'a'.repeat(3000)}`, status: 400 },
  };
  test.each(Object.entries(refused))('%s', async (_, { path = '/api/missions', headers = (own) => ({ cookie: own }), method, status }) => {
    const reply = await ask(path, headers(await cookie()), method);
    expect(reply.status).toBe(status);
    expect(reply.text).not.toContain('{');
    expect(asked).toEqual([]);
  });
});

test('a console that has gone is told as such', async () => {
  await new Promise((resolve) => {
    upstream.close(resolve);
    upstream.closeAllConnections();
  });
  expect(await ask('/api/missions', { cookie: await cookie() })).toMatchObject({ status: 502, text: expect.stringContaining('cannot reach the console') as string });
  upstream.listen(0, '127.0.0.1');
});

test('it listens on this machine alone', async () => expect(new URL(loopback.url).hostname).toBe('127.0.0.1'));
