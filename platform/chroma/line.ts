// The way to one server under the credentials of the moment. The vendor's client calls the fetch of Node, which takes a dispatcher of ours for TLS and time limits.
import { AdminClient, ChromaClient } from 'chromadb';
import { Agent, type Dispatcher, Dispatcher1Wrapper, request } from 'undici';
import type { Credentials } from '../credential-files.ts';
import { messageOf } from '../errors.ts';

export interface LineOptions {
  readonly url: URL;
  /** Chroma's own tenant; tenants of ours are its databases. */
  readonly tenant: string;
  readonly timeoutMs: number;
}

export interface Line {
  readonly digest: string;
  readonly admin: AdminClient;
  /** The client of one database; always the same one. */
  database(name: string): ChromaClient;
  /** Why nobody answers, where the vendor's client does not say: a certificate, a name, a port. */
  reason(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Opens nothing yet: connections come with calls. */
export function openLine({ url, tenant, timeoutMs }: LineOptions, credentials: Credentials): Line {
  const agent = new Agent({ connect: { timeout: timeoutMs, ...tlsOf(credentials) }, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connections: 4 });
  const headers: Record<string, string> = credentials.password === undefined ? {} : { authorization: `Bearer ${credentials.password}` };
  const isTls = url.protocol === 'https:';
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
  // Node's fetch is of another major version than the package: the wrapper speaks for ours.
  const fetchOptions = { dispatcher: new Dispatcher1Wrapper(agent) } as unknown as RequestInit;
  const shared = { host: url.hostname, port, ssl: isTls, headers, fetchOptions };
  const clients = new Map<string, ChromaClient>();
  const database = (name: string): ChromaClient => {
    const client = clients.get(name) ?? new ChromaClient({ ...shared, tenant, database: name });
    clients.set(name, client);
    return client;
  };
  return { digest: credentials.digest, admin: new AdminClient(shared), database, reason: () => reasonOf(agent, url, headers), close: () => agent.destroy() };
}

function tlsOf({ ca, cert, key }: Credentials) {
  return { minVersion: 'TLSv1.2' as const, ...(ca === undefined ? {} : { ca }), ...(cert === undefined || key === undefined ? {} : { cert, key }) };
}

async function reasonOf(dispatcher: Dispatcher, url: URL, headers: Record<string, string>): Promise<string | undefined> {
  try {
    const { statusCode, body } = await request(new URL('/api/v2/heartbeat', url), { dispatcher, headers });
    await body.dump();
    return statusCode === 200 ? undefined : `the server answered with status ${statusCode}`;
  } catch (error) {
    return messageOf(error);
  }
}
