// The health listener of a process, plain HTTP: /livez, /readyz, /metrics and nothing else.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../errors.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

export interface HealthOptions {
  /** 0 lets the system choose. */
  readonly port: number;
  readonly bindAddress: string;
  /** Why the process cannot serve now; empty when it can. */
  readonly notReady: () => readonly string[];
  /** Why the process must be restarted; empty when all is well. Without it a process that answers is alive. */
  readonly notAlive?: () => readonly string[];
  readonly metrics: Metrics;
  readonly log: Log;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts the health listener; rejects when the port is taken. */
export async function createHealthServer(options: HealthOptions): Promise<HealthServer> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      options.log.error('cannot answer a health request, the caller gets 500', { path: request.url, error: messageOf(error) });
      reply(response, 500, 'internal error\n');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.bindAddress, resolve);
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: (server.address() as AddressInfo).port, close };
}

async function answer({ notReady, notAlive, metrics }: HealthOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return reply(response, 405, 'only GET\n');
  switch (request.url?.split('?')[0] ?? '') {
    case '/livez':
      return verdict(response, notAlive?.() ?? []);
    case '/readyz':
      return verdict(response, notReady());
    case '/metrics':
      return reply(response, 200, await metrics.text(), metrics.contentType);
    default:
      return reply(response, 404, 'there are /livez, /readyz and /metrics\n');
  }
}

function verdict(response: ServerResponse, reasons: readonly string[]): void {
  if (reasons.length === 0) reply(response, 200, 'ok\n');
  else reply(response, 503, reasons.map((reason) => `${reason}\n`).join(''));
}

function reply(response: ServerResponse, status: number, body: string, contentType = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }).end(body);
}
