// A gRPC connection to a server of the installation: TLS under the installation's CA, the user's token on every call.
import type { Transport } from '@connectrpc/connect';
import type { Clock } from '#platform/clock.ts';
import { openPeopleLine } from '#platform/rpc/people-line.ts';
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
  const line = openPeopleLine({ ...door, caBundle: door.ca, token });
  return {
    transport: line.transport,
    close: async () => {
      line.close();
      await door.close();
    },
  };
}
