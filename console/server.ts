// The listener: HTTPS with the certificate that the operator issued. What is too large, too slow or too much is cut off here.
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Credential } from '#platform/rpc/certificates.ts';
import { secureContextOf } from '#platform/rpc/tls.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { App } from './parts.ts';

export interface ConsoleServer {
  readonly port: number;
  /** Shows the new certificate to connections to come. */
  updateTls(): void;
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly app: App;
  readonly port: number;
  readonly bindAddress: string;
  readonly tls: () => Credential;
  readonly log: Log;
}

/** Tokens may be long. */
const limits = { maxHeaderSize: 32_768, headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 30_000 } as const;
const mostConnections = 1024;

/** Starts it; rejects when the port is taken. */
export async function startServer({ app, port, bindAddress, tls, log }: ServerOptions): Promise<ConsoleServer> {
  const context = () => ({ ...secureContextOf(tls()), minVersion: 'TLSv1.3' as const });
  const listener = getRequestListener(app.fetch);
  const server = createServer({ ...context(), ...limits }, (request, response) => void listener(request, response));
  server.maxConnections = mostConnections;
  server.on('tlsClientError', (error) => log.debug('a TLS handshake was refused', { listener: 'console', error: error.message }));
  await listen(server, port, bindAddress);
  const listening = (server.address() as AddressInfo).port;
  log.info('listening', { listener: 'console', port: listening });
  return {
    port: listening,
    updateTls: () => server.setSecureContext(context()),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, bindAddress: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, bindAddress, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
