// The console of the installation as something that can be asked: TLS under the installation's CA, the user's token on every request.
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { Clock } from '#platform/clock.ts';
import { dialOptions } from '#platform/rpc/tls.ts';
import type { Cluster } from './cluster.ts';
import { openDoor } from './door.ts';
import { tokenSource } from './token.ts';

export interface ConsoleAccess {
  /** Asks for a path; resolves with the head of the answer, whose body is read by the caller. */
  get(path: string, accept: string, signal: AbortSignal): Promise<IncomingMessage>;
  close(): Promise<void>;
}

/** Each connection is a tunnel through the API server. A browser opens six, and two of them stay busy. */
const mostSockets = 12;

/** Connects. Rejects when there is no console, or no way to it. */
export async function openConsole(cluster: Cluster, clock: Clock): Promise<ConsoleAccess> {
  const door = await openDoor(cluster, 'console');
  const token = tokenSource(cluster, clock);
  await token();
  const [host = '', port = ''] = door.address.split(/:(?=\d+$)/);
  const agent = new Agent({ keepAlive: true, maxSockets: mostSockets, ...dialOptions(door.serverName, { caBundle: door.ca }) });
  return {
    get: async (path, accept, signal) => {
      const authorization = `Bearer ${await token()}`;
      return new Promise((resolve, reject) => {
        request({ agent, host, port, path, method: 'GET', signal, headers: { accept, authorization, host: door.serverName } }, resolve)
          .on('error', reject)
          .end();
      });
    },
    close: async () => {
      agent.destroy();
      await door.close();
    },
  };
}
