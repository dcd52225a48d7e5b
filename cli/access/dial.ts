// A gRPC connection to a server of the installation: TLS under the installation's CA, the user's token on every call.
import type { Interceptor, Transport } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import type { Clock } from '#platform/clock.ts';
import { dialOptions } from '#platform/rpc/tls.ts';
import type { Cluster } from './cluster.ts';
import { openDoor, type Server } from './door.ts';
import { tokenSource } from './token.ts';

export interface Line {
  readonly transport: Transport;
  close(): Promise<void>;
}

/** Connects; rejects when there is no way to the server. */
export async function dial(cluster: Cluster, to: Server, clock: Clock): Promise<Line> {
  const door = await openDoor(cluster, to);
  const token = tokenSource(cluster, clock);
  // Asked for now, so that a missing ServiceAccount is told as such and not as a broken call.
  await token();
  const baseUrl = `https://${door.address}`;
  const sessions = new Http2SessionManager(baseUrl, {}, dialOptions(door.serverName, { caBundle: door.ca }));
  const bearer: Interceptor = (next) => async (request) => {
    request.header.set('authorization', `Bearer ${await token()}`);
    return next(request);
  };
  return {
    transport: createGrpcTransport({ baseUrl, sessionManager: sessions, interceptors: [bearer] }),
    close: async () => {
      sessions.abort();
      await door.close();
    },
  };
}
