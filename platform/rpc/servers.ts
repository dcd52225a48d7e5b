// gRPC servers over TLS 1.3. Hostile peers are met here: no certificate, floods, giant messages; handlers see only parsed, bounded calls.
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session, type Http2ServerRequest } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Code, ConnectError, type ConnectRouter, createContextKey, createContextValues, type HandlerContext, type Interceptor } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import type { AgentIdentity } from '#api/identity.ts';
import { type Clock, delay } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Credential } from './certificates.ts';
import { type RpcLimits, rpcLimits } from './limits.ts';
import { agentOf, isOperator, msUntilExpiry, secureContextOf } from './tls.ts';

export interface RpcServerOptions {
  /** For the log: api, work or enrolment. */
  readonly name: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly bindAddress: string;
  /** What to show and whom to trust; asked at start and at each updateTls. */
  readonly tls: () => Credential;
  /** `required` refuses connections without a certificate of our CA in the handshake, and ends them when it expires. */
  readonly clientCertificate: 'required' | 'none';
  readonly routes: (router: ConnectRouter) => void;
  readonly interceptors?: readonly Interceptor[];
  readonly limits?: Partial<RpcLimits>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RpcServer {
  readonly port: number;
  /** Takes the new certificate and bundle for connections to come; the ones that exist go on. */
  updateTls(): void;
  /** Refuses new work, tells handlers by their signal, then cuts what is left. */
  close(): Promise<void>;
}

/** The agent whose certificate came with the call; set on listeners with clientCertificate `required`. */
export const peerKey = createContextKey<AgentIdentity | undefined>(undefined, { description: 'agent' });

/** True when the certificate that came with the call is the operator's own. */
const operatorKey = createContextKey<boolean>(false, { description: 'operator' });

// Header bytes and pairs are far above what gRPC sends; resets are bounded because each one costs us a handler (CVE-2023-44487).
const sessionLimits = { maxHeaderListPairs: 64, maxSessionMemory: 32, maxSessionInvalidFrames: 100, maxSessionRejectedStreams: 100, maxOutstandingPings: 10, streamResetBurst: 200, streamResetRate: 20 } as const;

/** Starts a server; rejects when the port is taken. */
export async function createRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const limits = { ...rpcLimits, ...options.limits };
  const shutdown = new AbortController();
  const required = options.clientCertificate === 'required';
  const server = createSecureServer(
    {
      ...secureContextOf(options.tls()),
      ...sessionLimits,
      settings: { maxConcurrentStreams: limits.streams, maxHeaderListSize: 16_384, initialWindowSize: 1 << 20 },
      minVersion: 'TLSv1.3',
      requestCert: required,
      rejectUnauthorized: required,
      allowHTTP1: false,
      handshakeTimeout: 10_000,
    },
    connectNodeAdapter({
      routes: options.routes,
      interceptors: [...(options.interceptors ?? [])],
      grpcWeb: false,
      connect: false,
      readMaxBytes: limits.messageBytes,
      shutdownSignal: shutdown.signal,
      contextValues: (request) => {
        const socket = socketOf(request as Http2ServerRequest);
        return createContextValues().set(peerKey, agentOf(socket)).set(operatorKey, isOperator(socket));
      },
    }),
  );
  server.maxConnections = limits.connections;
  const sessions = watchSessions(server, options);
  await listen(server, options);
  options.log.info('listening', { listener: options.name, port: portOf(server) });
  return {
    port: portOf(server),
    updateTls: () => server.setSecureContext({ ...secureContextOf(options.tls()), minVersion: 'TLSv1.3' }),
    close: () => closeServer({ server, sessions, shutdown, clock: options.clock, closeMs: limits.closeMs }),
  };
}

/** The agent that calls, or PERMISSION_DENIED for a certificate of another kind. */
export function callingAgent(context: Pick<HandlerContext, 'values'>): AgentIdentity {
  const agent = context.values.get(peerKey);
  if (agent === undefined) throw new ConnectError('this certificate names no agent; only agents may call this', Code.PermissionDenied);
  return agent;
}

/** Passes for the operator, else PERMISSION_DENIED. */
export function requireOperator(context: Pick<HandlerContext, 'values'>): void {
  if (!context.values.get(operatorKey)) throw new ConnectError('this certificate is not the operator\'s; only the operator may call this', Code.PermissionDenied);
}

function watchSessions(server: Http2SecureServer, { clientCertificate, clock, log, name }: RpcServerOptions): Set<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    // A connection must not outlive the right to it.
    const ms = clientCertificate === 'required' ? msUntilExpiry(session.socket as TLSSocket, clock.now()) : undefined;
    const forget = ms === undefined ? () => {} : clock.after(ms, () => session.destroy());
    session.on('error', (error) => log.debug('a connection broke', { listener: name, error: error.message }));
    session.once('close', () => {
      forget();
      sessions.delete(session);
    });
  });
  server.on('sessionError', (error) => log.debug('a connection broke', { listener: name, error: error.message }));
  server.on('tlsClientError', (error, socket) => log.debug('a TLS handshake was refused', { listener: name, peer: socket.remoteAddress, error: error.message }));
  return sessions;
}

interface Closing {
  readonly server: Http2SecureServer;
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  readonly shutdown: AbortController;
  readonly clock: Clock;
  readonly closeMs: number;
}

async function closeServer({ server, sessions, shutdown, clock, closeMs }: Closing): Promise<void> {
  const ended = new AbortController();
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      ended.abort();
      resolve();
    });
  });
  shutdown.abort(new ConnectError('the server is going away; connect to another replica', Code.Unavailable));
  for (const session of sessions) session.close();
  await delay(clock, closeMs, ended.signal);
  for (const session of sessions) session.destroy();
  await closed;
}

function listen(server: Http2SecureServer, { port, bindAddress }: RpcServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, bindAddress, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function portOf(server: Http2SecureServer): number {
  return (server.address() as AddressInfo).port;
}

function socketOf(request: Http2ServerRequest): TLSSocket | undefined {
  return request.stream.session?.socket as TLSSocket | undefined;
}
