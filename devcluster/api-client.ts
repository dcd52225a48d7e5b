// A small client of the API server for this room alone: JSON over kept-alive TLS with a client certificate.
import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ApiAccess } from './kubeconfig.ts';

/** A failed request. `status` is the HTTP status, 0 when there was no answer. */
export class ApiError extends Error {
  readonly kind = 'ApiError';
  readonly status: number;
  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** HTTP status of a failed request; 0 for a lost connection, undefined for any other error. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof ApiError ? error.status : undefined;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  /** Type of the body; JSON unless told. */
  readonly contentType?: string;
  /** 10 s unless told. */
  readonly timeoutMs?: number;
}

/** One line of a watch. */
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

export interface ApiClient {
  /** Answer of a request; rejects with ApiError for a status of 300 and more. */
  send<T>(request: ApiRequest): Promise<T>;
  /** Calls `onEvent` for each event until the server ends the watch or `signal` aborts. */
  watch<T>(path: string, onEvent: (event: WatchEvent<T>) => void, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** A client with connections of its own. */
export function createApiClient({ server, ca, certificate, key }: ApiAccess): ApiClient {
  const agent = new Agent({ keepAlive: true, ca, cert: certificate, key, maxSockets: 16 });
  const watchAgent = new Agent({ ca, cert: certificate, key });
  return {
    send: async <T>(what: ApiRequest) => {
      const url = new URL(what.path, server);
      try {
        return await sendOnce<T>(url, agent, what);
      } catch (error) {
        // A kept-alive connection may have been closed by a restarted server; reading twice is harmless.
        if (what.method === 'GET' && causeCode(error) === 'ECONNRESET') return sendOnce<T>(url, agent, what);
        throw error;
      }
    },
    watch: async <T>(path: string, onEvent: (event: WatchEvent<T>) => void, signal: AbortSignal) => {
      const response = await exchange(new URL(path, server), { method: 'GET', agent: watchAgent, headers: { accept: 'application/json' }, signal }).catch((cause: unknown) => {
        throw new ApiError(`watch ${path}: no answer from the API server`, 0, { cause });
      });
      if (response.statusCode !== 200) await parsed(`watch ${path}`, response);
      await eachLine(response, (line) => onEvent(JSON.parse(line) as WatchEvent<T>));
    },
    close: () => {
      agent.destroy();
      watchAgent.destroy();
    },
  };
}

async function sendOnce<T>(url: URL, agent: Agent, { method, path, body, contentType = 'application/json', timeoutMs = 10_000 }: ApiRequest): Promise<T> {
  const label = `${method.toLowerCase()} ${path}`;
  const content = body === undefined ? undefined : JSON.stringify(body);
  // Without a length Node sends the body of a DELETE unframed, and the server does not read it.
  const headers = { accept: 'application/json', ...(content === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(content) }) };
  try {
    const response = await exchange(url, { method, agent, headers, signal: AbortSignal.timeout(timeoutMs) }, content);
    return await parsed<T>(label, response);
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new ApiError(`${label}: no answer from the API server`, 0, { cause });
  }
}

function exchange(url: URL, options: RequestOptions, body?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options, resolve);
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

async function parsed<T>(label: string, response: IncomingMessage): Promise<T> {
  const content = await text(response);
  const status = response.statusCode ?? 0;
  if (status >= 300) throw new ApiError(`${label}: ${messageOf(content, status)}`, status);
  return (response.headers['content-type']?.startsWith('application/json') === true ? JSON.parse(content) : content) as T;
}

function messageOf(content: string, status: number): string {
  try {
    return (JSON.parse(content) as { message?: string }).message ?? `status ${status}`;
  } catch {
    return `status ${status} ${content.slice(0, 200)}`.trim();
  }
}

async function eachLine(response: IncomingMessage, onLine: (line: string) => void): Promise<void> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
  }
}

function causeCode(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error && 'code' in error.cause ? error.cause.code : undefined;
}
