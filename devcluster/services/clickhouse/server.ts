// ClickHouse's HTTP interface over the embedded engine: the real client's requests, real SQL, real credentials. No server of ClickHouse's: no sessions, no access control by SQL, no cluster.
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { Answer, Engine } from './engine.ts';
import { readStatement } from './statement.ts';

export interface ServerSettings {
  readonly user: string;
  readonly password: string;
  /** PEM texts. Absent: plaintext. With `clientCa` clients must show a certificate of that authority. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly clientCa?: string };
}

const mostBodyBytes = 1 << 30;
const version = '26.7.2.1';

/** A server that is not listening yet. */
export function createHttpServer(engine: Engine, settings: ServerSettings): Server {
  const listener: RequestListener = (request, response) => void respond(engine, settings, { request, response });
  const { tls } = settings;
  if (tls === undefined) return createServer(listener);
  const mutual = tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true };
  return createSecureServer({ cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2', ...mutual }, listener);
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function respond(engine: Engine, settings: ServerSettings, { request, response }: Exchange): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'http://loopback');
    if (url.pathname === '/ping') return void response.end('Ok.\n');
    const body = await bodyOf(request);
    if (!isKnown(settings, request, url.searchParams)) throw new Error(`Code: 516. DB::Exception: ${settings.user}: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)`);
    const database = url.searchParams.get('database') ?? 'default';
    const { search, text } = await withForm(url.searchParams, body, request.headers['content-type'] ?? '');
    tell(response, search.get('query_id') ?? '', await engine.run(database, readStatement(search, text)));
  } catch (error) {
    refuse(response, error instanceof Error ? error.message : String(error));
  }
}

function tell(response: ServerResponse, queryId: string, { bytes, rowsRead, rowsWritten }: Answer): void {
  const summary = { read_rows: String(rowsRead), read_bytes: '0', written_rows: String(rowsWritten), written_bytes: '0', total_rows_to_read: '0', result_rows: '0', result_bytes: String(bytes.length), elapsed_ns: '0' };
  response.writeHead(200, { 'content-type': 'text/plain; charset=UTF-8', 'x-clickhouse-query-id': queryId, 'x-clickhouse-summary': JSON.stringify(summary) });
  response.end(bytes);
}

const statusByCode: Readonly<Record<number, number>> = { 62: 400, 33: 400, 27: 400, 26: 400, 36: 400, 60: 404, 81: 404, 516: 403, 497: 403, 202: 503 };

function refuse(response: ServerResponse, message: string): void {
  const text = /^Code: \d+\. /.test(message) ? message : `Code: 1002. DB::Exception: ${message}. (UNKNOWN_EXCEPTION)`;
  const code = Number(/^Code: (\d+)/.exec(text)?.[1]);
  if (response.headersSent) return void response.destroy();
  response.writeHead(statusByCode[code] ?? 500, { 'content-type': 'text/plain; charset=UTF-8', 'x-clickhouse-exception-code': String(code) });
  response.end(`${text} (version ${version} (official build))\n`);
}

/** Long parameters come as a form, with the query as one of its fields. */
async function withForm(search: URLSearchParams, body: Buffer, contentType: string): Promise<{ readonly search: URLSearchParams; readonly text: Buffer }> {
  if (!contentType.startsWith('multipart/form-data')) return { search, text: body };
  const all = new URLSearchParams(search);
  for (const [name, value] of await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData()) all.set(name, typeof value === 'string' ? value : await value.text());
  return { search: all, text: Buffer.alloc(0) };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBodyBytes) throw new Error('Code: 241. DB::Exception: the body is larger than this server takes. (MEMORY_LIMIT_EXCEEDED)');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

function isKnown({ user, password }: ServerSettings, { headers, socket }: IncomingMessage, search: URLSearchParams): boolean {
  const [given = '', secret = ''] = credentialsOf(headers, search);
  // As ClickHouse has it: known by the certificate or by the password, never by both.
  if (headers['x-clickhouse-ssl-certificate-auth'] === 'on') return given === user && secret === '' && socket instanceof TLSSocket && socket.authorized;
  const [left, right] = [Buffer.from(JSON.stringify([given, secret])), Buffer.from(JSON.stringify([user, password]))];
  return left.length === right.length && timingSafeEqual(left, right);
}

function credentialsOf(headers: IncomingMessage['headers'], search: URLSearchParams): readonly (string | undefined)[] {
  const basic = /^Basic (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (basic !== undefined) {
    const text = Buffer.from(basic, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  }
  const [user, key] = [headers['x-clickhouse-user'], headers['x-clickhouse-key']];
  if (typeof user === 'string') return [user, typeof key === 'string' ? key : ''];
  return [search.get('user') ?? 'default', search.get('password') ?? ''];
}
