// TLS in front of a server that has none: takes connections on one port of loopback and passes their bytes on to another.
import { connect, type Socket } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';

export interface Front {
  close(): Promise<void>;
}

export interface FrontOptions extends Pick<TlsOptions, 'cert' | 'key'> {
  readonly port: number;
  readonly target: number;
  /** Clients must show a certificate of this CA. Absent: they need none. */
  readonly clientCa?: string;
}

/** Starts to listen. It ends with this process. */
export async function startFront({ port, target, clientCa, cert, key }: FrontOptions): Promise<Front> {
  const sockets = new Set<Socket>();
  const clients = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  const server = createServer({ cert, key, ...clients, minVersion: 'TLSv1.2' }, (near) => {
    const far = connect(target, '127.0.0.1');
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy()).on('close', () => (sockets.delete(from), to.destroy()));
    }
  });
  server.on('tlsClientError', (_, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
