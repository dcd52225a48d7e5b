// The client: one connection pool under the credentials of the moment. A replaced file is a new pool; the calls of the old one end on it.
import { ClickHouseLogLevel, type ClickHouseClient, createClient } from '@clickhouse/client';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import { ClickHouseError, errorFrom, isClickHouseError } from './error.ts';
import { addressFault, type CredentialFiles, type Credentials, readCredentials } from '../credential-files.ts';
import type { ClickHouse, Insert, Params, QueryOptions } from './types.ts';

export interface ClickHouseSettings extends CredentialFiles {
  /** `https://host:8443`. Plain `http:` only with `insecure`. */
  readonly url: string;
  /** Allows plaintext; whoever is on the way reads and writes then. */
  readonly insecure: boolean;
  /** Longest wait for an answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** How old credentials may be before the files are read again. */
const rereadMs = 5000;

interface Pool {
  readonly client: ClickHouseClient;
  readonly digest: string;
}

/** A client that connects when it is first used. Throws for settings that would send credentials in the open. */
export function createClickHouse(settings: ClickHouseSettings, clock: Pick<Clock, 'monotonic' | 'after'>): ClickHouse {
  requireTls(settings);
  let pool: Pool | undefined;
  let readAt = Number.NEGATIVE_INFINITY;

  async function current(): Promise<ClickHouseClient> {
    if (pool !== undefined && clock.monotonic() - readAt < rereadMs) return pool.client;
    const credentials = readCredentials(settings);
    readAt = clock.monotonic();
    if (pool?.digest === credentials.digest) return pool.client;
    const old = pool;
    pool = { client: connect(settings, credentials), digest: credentials.digest };
    // Calls that are on their way still have the old client: it is closed when the last of them must have ended.
    if (old !== undefined) clock.after(settings.timeoutMs, () => void old.client.close());
    return pool.client;
  }

  async function call<T>(what: string, run: (client: ClickHouseClient) => Promise<T>): Promise<T> {
    try {
      return await run(await current());
    } catch (cause) {
      const error = isClickHouseError(cause) ? cause : errorFrom(what, cause);
      // Somebody may have replaced the files just now: the next call looks at once.
      if (error.errorClass === 'denied') readAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }

  return {
    insert: (insert, signal) => call(`insert into ${insert.table}`, (client) => sendRows(client, insert, signal)),
    query: (sql, params = {}, options = {}) => call('query', (client) => ask(client, { sql, params, options })),
    command: (sql, params = {}) => call('change tables', async (client) => void (await client.command({ query: sql, query_params: { ...params } }))),
    close: async () => pool?.client.close(),
  };
}

function requireTls(settings: ClickHouseSettings): void {
  const { url, insecure } = settings;
  const fault = addressFault(new URL(url), insecure) ?? certificateFault(settings);
  if (fault !== undefined) throw new ClickHouseError(`connect to ClickHouse at ${url}: ${fault}`, { errorClass: 'denied', code: 0 });
}

function certificateFault({ certificateFile, keyFile }: CredentialFiles): string | undefined {
  if (certificateFile === undefined && keyFile === undefined) return undefined;
  return certificateFile !== undefined && keyFile !== undefined ? undefined : 'a client certificate goes with its key: name both files';
}

function connect({ url, timeoutMs }: ClickHouseSettings, credentials: Credentials): ClickHouseClient {
  return createClient({
    url,
    ...authentication(credentials),
    request_timeout: timeoutMs,
    // Long lists of ids would not fit into a URL.
    use_multipart_params_auto: true,
    application: 'coditect-mirror',
    log: { level: ClickHouseLogLevel.OFF },
    http_agent: agentFor(url, credentials),
  });
}

// An agent of ours and not the client's `tls`: that always asks to be known by the certificate, which a server refuses beside a password.
function agentFor(url: string, { ca, cert, key }: Credentials): HttpAgent {
  const options = { keepAlive: true, maxSockets: 8 };
  if (!url.startsWith('https:')) return new HttpAgent(options);
  return new HttpsAgent({ ...options, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }), ...(cert === undefined || key === undefined ? {} : { cert, key }) });
}

/** A user with a certificate and no password is known by the certificate. */
function authentication({ user, password, cert }: Credentials) {
  const isKnownByCertificate = password === undefined && cert !== undefined && user !== undefined;
  if (isKnownByCertificate) return { set_basic_auth_header: false, http_headers: { 'X-ClickHouse-User': user, 'X-ClickHouse-SSL-Certificate-Auth': 'on' } };
  return { ...(user === undefined ? {} : { username: user }), ...(password === undefined ? {} : { password }) };
}

/** Rows of one insert make one block, so that it is stored whole or not at all, and its token means all of it. A batch has no row twice, so the engine need not look for that. */
async function sendRows(client: ClickHouseClient, { table, columns, body, token, format = 'Native' }: Insert, signal?: AbortSignal): Promise<void> {
  const { stream } = await client.exec({
    query: `INSERT INTO ${table} (${columns.map(({ name }) => name).join(', ')}) FORMAT ${format}`,
    values: Readable.from([body], { objectMode: false }),
    clickhouse_settings: { insert_deduplication_token: token, insert_deduplicate: 1, deduplicate_blocks_in_dependent_materialized_views: 1, async_insert: 0, max_insert_block_size: '1048576', optimize_on_insert: 0 },
    ...(signal === undefined ? {} : { abort_signal: signal }),
  });
  for await (const chunk of stream) void chunk;
}

async function ask<T>(client: ClickHouseClient, { sql, params, options: { signal, seconds } }: { readonly sql: string; readonly params: Params; readonly options: QueryOptions }): Promise<readonly T[]> {
  const result = await client.query({
    query: sql,
    query_params: { ...params },
    format: 'JSONEachRow',
    // 64-bit numbers as text: a Number would lose the last digits of them.
    clickhouse_settings: { output_format_json_quote_64bit_integers: 1, ...(seconds === undefined ? {} : { max_execution_time: seconds }) },
    ...(signal === undefined ? {} : { abort_signal: signal }),
  });
  return result.json<T>();
}
