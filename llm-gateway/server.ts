// The HTTPS face of the gateway. TLS 1.3; who has no certificate of ours is refused in the handshake.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Credential } from '#platform/rpc/certificates.ts';
import { agentOf, isOperator, msUntilExpiry, secureContextOf } from '#platform/rpc/tls.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { type Access, accessOf, type AccessOptions } from './access.ts';
import { bodyOf, type Exchange, refuse, replyJson } from './exchange.ts';
import { answerCountTokens, answerMessages } from './messages.ts';
import type { MessagesOptions } from './whole.ts';

export interface LlmServerOptions extends MessagesOptions {
  /** 0 lets the system choose. */
  readonly port: number;
  readonly bindAddress: string;
  /** What to show and whom to trust; asked at start and at each updateTls. */
  readonly tls: () => Credential;
  readonly access: AccessOptions;
  /** Longest call, in milliseconds. */
  readonly callMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface LlmServer {
  readonly port: number;
  /** Takes the new certificate and bundle for connections to come. */
  updateTls(): void;
  close(): Promise<void>;
}

const maxBodyBytes = 8_388_608;
const limits = { headersTimeout: 10_000, requestTimeout: 120_000, handshakeTimeout: 10_000, maxHeaderSize: 32_768 } as const;
const maxConnections = 4096;
/** How long calls may go on after close, in milliseconds. */
const drainMs = 5000;

/** Starts the listener; rejects when the port is taken. */
export async function createLlmServer(options: LlmServerOptions): Promise<LlmServer> {
  const { tls, bindAddress, clock, log } = options;
  const context = () => ({ ...secureContextOf(tls()), minVersion: 'TLSv1.3' as const });
  const server = createServer({ ...limits, ...context(), requestCert: true, rejectUnauthorized: true }, (request, response) => serve(options, request, response));
  server.maxConnections = maxConnections;
  server.on('tlsClientError', (error, { remoteAddress }) => log.debug('a TLS handshake was refused', { peer: remoteAddress, error: error.message }));
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen(options.port, bindAddress, listening.resolve);
  await listening.promise;
  const { port } = server.address() as AddressInfo;
  log.info('listening', { listener: 'llm', port });
  return { port, updateTls: () => server.setSecureContext(context()), close: () => drain(server, clock) };
}

function serve(options: LlmServerOptions, request: IncomingMessage, response: ServerResponse): void {
  const stop = new AbortController();
  const cancelDeadline = options.clock.after(options.callMs, () => stop.abort());
  response.once('close', () => {
    cancelDeadline();
    stop.abort();
  });
  const exchange: Exchange = { request, response, signal: stop.signal, onRefused: (type) => options.metrics.refused(type) };
  route(options, exchange).catch((error: unknown) => {
    // A caller that goes away, or an answer that is cut, is not a fault of ours.
    options.log.warn('a call broke off', { method: request.method, path: pathOf(request), error: messageOf(error) });
    if (response.headersSent) response.destroy();
    else refuse(exchange, { status: 503, type: 'api_error', message: 'the call could not be carried out; try again', retryAfterMs: 1000 });
  });
}

async function route(options: LlmServerOptions, exchange: Exchange): Promise<void> {
  const { request } = exchange;
  const path = pathOf(request);
  const usageOf = request.method === 'GET' ? /^\/v1\/usage\/([A-Za-z0-9-]{1,64})$/.exec(path)?.[1] : undefined;
  if (usageOf !== undefined) return replyUsage(options, exchange, usageOf);
  const answer = request.method === 'POST' ? doors.get(path) : undefined;
  if (answer === undefined) return refuse(exchange, { status: 404, type: 'not_found_error', message: 'there are POST /v1/messages, POST /v1/messages/count_tokens and GET /v1/usage/<mission uid>' });
  const access = callerOf(options, request);
  if (access.kind === 'refused') return refuse(exchange, { status: access.status, type: access.status === 401 ? 'authentication_error' : 'permission_error', message: access.reason });
  const body = await bodyOf(request, maxBodyBytes);
  if (body === undefined) return refuse(exchange, { status: 413, type: 'request_too_large', message: `a request may have at most ${maxBodyBytes} bytes` });
  await answer(options, exchange, { charge: access.charge, body });
}

const doors: ReadonlyMap<string, typeof answerMessages> = new Map([
  ['/v1/messages', answerMessages],
  ['/v1/messages/count_tokens', answerCountTokens],
]);

function callerOf({ access, clock }: LlmServerOptions, { socket, headers }: IncomingMessage): Access {
  const connection = socket as TLSSocket;
  // A connection may be kept alive longer than its certificate.
  if ((msUntilExpiry(connection, clock.now()) ?? 0) <= 0) return { kind: 'refused', status: 401, reason: 'the certificate has expired; connect with a new one' };
  return accessOf(access, { isOperator: isOperator(connection), agent: agentOf(connection), headers });
}

function replyUsage({ budget, waiting }: LlmServerOptions, exchange: Exchange, missionUid: string): void {
  if (isOperator(exchange.request.socket as TLSSocket)) {
    const count = waiting.countOf(missionUid);
    return replyJson(exchange, 200, { ...budget.usageOf(missionUid), ...(count === 0 ? {} : { waiting: count }) });
  }
  refuse(exchange, { status: 403, type: 'permission_error', message: 'only the operator may ask for the usage of a mission' });
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?')[0] ?? '';
}

async function drain(server: Server, clock: Clock): Promise<void> {
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  server.closeIdleConnections();
  const forget = clock.after(drainMs, () => server.closeAllConnections());
  await closed.promise;
  forget();
}
