// A port of a pod as a port of this machine, through the API server: the user's kubeconfig is all that is needed.
// Each connection gets a WebSocket of its own, as the protocol has no end of a direction.
import { createServer, type Socket } from 'node:net';
import { messageOf } from '#platform/errors.ts';
import { encodeData, frameDecoder, portForwardProtocol } from './port-forward-frames.ts';

/** What a forward needs of a WebSocket; undici's and the built-in one have it. */
export interface TunnelSocket {
  binaryType: string;
  send(data: Uint8Array): void;
  close(): void;
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

export interface PodPort {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

/** Opens a WebSocket to a path of the API server. */
export type OpenSocket = (path: string, protocol: string) => Promise<TunnelSocket>;

export interface Forward {
  /** host:port on this machine. */
  readonly address: string;
  /** The last thing the pod's node said was wrong, for error messages. */
  trouble(): string | undefined;
  close(): Promise<void>;
}

/** Path of the forward on the API server. */
export function portForwardPath({ namespace, pod, port }: PodPort): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/portforward?ports=${port}`;
}

/** Listens on 127.0.0.1 and carries each connection to the pod, until closed. */
export async function forwardPort(target: PodPort, open: OpenSocket): Promise<Forward> {
  const connections = new Set<Socket>();
  let trouble: string | undefined;
  const server = createServer((connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    const fail = (message: string) => {
      trouble = message;
      connection.destroy();
    };
    connection.pause();
    open(portForwardPath(target), portForwardProtocol).then((tunnel) => carry(connection, tunnel, fail), (error: unknown) => fail(messageOf(error)));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    address: `127.0.0.1:${port}`,
    trouble: () => trouble,
    close: () =>
      new Promise((resolve) => {
        for (const connection of connections) connection.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Carries bytes both ways until either side ends. Nothing is read from the connection before the tunnel is open. */
function carry(connection: Socket, tunnel: TunnelSocket, fail: (message: string) => void): void {
  const decode = frameDecoder();
  tunnel.binaryType = 'arraybuffer';
  tunnel.addEventListener('open', () => {
    connection.on('data', (chunk) => tunnel.send(encodeData(chunk)));
    connection.resume();
  });
  tunnel.addEventListener('message', ({ data }) => {
    if (!(data instanceof ArrayBuffer)) return;
    const frame = decode(new Uint8Array(data));
    if (frame.kind === 'data') connection.write(frame.bytes);
    else if (frame.kind === 'error') fail(frame.message);
  });
  tunnel.addEventListener('error', () => fail('the API server refused the forward'));
  tunnel.addEventListener('close', () => connection.end());
  connection.on('error', () => tunnel.close());
  connection.on('close', () => tunnel.close());
  if (connection.destroyed) tunnel.close();
}
