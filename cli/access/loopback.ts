// The page on this machine: a listener for one browser, which it knows by a secret. Other programs, other users and other pages get nothing.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '#platform/errors.ts';
import type { ConsoleAccess } from './console.ts';

export interface Loopback {
  /** To be opened in the browser; it holds the secret. */
  readonly url: string;
  close(): Promise<void>;
}

export interface LoopbackOptions {
  readonly console: Pick<ConsoleAccess, 'get'>;
  /** 0: any free one. */
  readonly port: number;
}

/** Headers of answers that the browser gets. */
const passed = ['content-type', 'content-length', 'cache-control', 'content-security-policy', 'x-content-type-options', 'referrer-policy', 'cross-origin-opener-policy', 'cross-origin-resource-policy'];
const own = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' } as const;
const longestPath = 2048;

/** Starts it; rejects when the port is taken. */
export async function startLoopback({ console, port }: LoopbackOptions): Promise<Loopback> {
  const session = randomBytes(32).toString('base64url');
  const key = { text: randomBytes(32).toString('base64url'), isUsed: false };
  const server = createServer({ maxHeaderSize: 16_384 }, (incoming, response) => {
    answer({ console, key, session, port: (server.address() as AddressInfo).port }, incoming, response).catch((error: unknown) => refuse(response, 502, `cannot reach the console: ${messageOf(error)}`));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/?key=${key.text}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Secrets {
  readonly console: Pick<ConsoleAccess, 'get'>;
  /** Good for one browser: addresses are seen in lists of processes and in histories. */
  readonly key: { readonly text: string; isUsed: boolean };
  readonly session: string;
  readonly port: number;
}

async function answer(secrets: Secrets, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const refusal = refusalOf(secrets, incoming);
  if (refusal !== undefined) return refuse(response, ...refusal);
  const path = incoming.url ?? '/';
  const given = /^\/\?key=([A-Za-z0-9_-]{1,64})$/.exec(path)?.[1];
  const isIn = isKnown(secrets, incoming);
  if (given !== undefined) return enter(secrets, { given, isIn }, response);
  if (!isIn) return refuse(response, 403, 'open the address that kubectl mission dashboard has printed');
  await pass(secrets, incoming, response);
}

/** A name that somebody else made to mean this machine, or a page of somebody else, is what these refuse. */
function refusalOf({ port }: Secrets, { method, url = '', headers }: IncomingMessage): [number, string] | undefined {
  if (![`127.0.0.1:${port}`, `localhost:${port}`].includes(headers.host ?? '')) return [421, 'this is not the address that was printed'];
  if (method !== 'GET') return [405, 'the page only reads'];
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return [403, 'pages of others get nothing here'];
  return url.startsWith('/') && url.length <= longestPath ? undefined : [400, 'this is no path of the page'];
}

function enter({ key, session, port }: Secrets, { given, isIn }: { readonly given: string; readonly isIn: boolean }, response: ServerResponse): void {
  if (!isEqual(given, key.text)) return refuse(response, 403, 'the key is not that of this page; open the address that kubectl mission dashboard has printed');
  if (key.isUsed && !isIn) return refuse(response, 403, 'this address was opened in another browser already; start kubectl mission dashboard again for a new one');
  key.isUsed = true;
  response.writeHead(303, { ...own, Location: '/', 'Set-Cookie': `${cookieName(port)}=${session}; HttpOnly; SameSite=Strict; Path=/` }).end();
}

function isKnown({ session, port }: Secrets, { headers }: IncomingMessage): boolean {
  const cookies = (headers.cookie ?? '').split(';').map((cookie) => cookie.trim());
  return cookies.some((cookie) => cookie.startsWith(`${cookieName(port)}=`) && isEqual(cookie.slice(cookie.indexOf('=') + 1), session));
}

/** Cookies do not know ports, so each page has a name of its own. */
function cookieName(port: number): string {
  return `coditect-dashboard-${port}`;
}

function isEqual(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function pass({ console }: Secrets, { url = '/', headers }: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const told = await console.get(url, headers.accept ?? '*/*', gone.signal);
  const shown = passed.flatMap((name) => (typeof told.headers[name] === 'string' ? [[name, told.headers[name]] as const] : []));
  response.writeHead(told.statusCode ?? 502, Object.fromEntries(shown));
  response.flushHeaders();
  told.on('error', () => response.destroy());
  told.pipe(response);
}

function refuse(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, status === 405 ? { ...own, Allow: 'GET' } : own).end(`${text}\n`);
}
