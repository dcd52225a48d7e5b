// The user's cluster through the user's kubeconfig: requests, watches and WebSockets all carry the same credential.
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Agent, WebSocket, type WebSocketInit } from 'undici';
import type { Clock } from '#platform/clock.ts';
import { createKubeClient, type WatchingClient } from '#platform/kube/client.ts';
import type { ClusterConfig } from '#platform/kube/auth.ts';
import { loadClusterConfig } from '#platform/kube/config.ts';
import type { Cluster } from './cluster.ts';
import type { TunnelSocket } from './port-forward.ts';
import { readMission, watchMission } from './watch.ts';

export interface KubeconfigOptions {
  readonly namespace?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly operatorNamespace: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

/** Field manager of what the plugin writes in the user's name. */
const fieldManager = 'kubectl-mission';

/** Connects as kubectl would: the same files, the same context, the same namespace. */
export async function connect({ namespace, kubeconfig, context, operatorNamespace, env, clock }: KubeconfigOptions): Promise<Cluster> {
  const config = await loadClusterConfig({ kubeconfigPath: kubeconfig, context, env });
  const client = createKubeClient(config, { userAgent: fieldManager, sockets: 8, clock, fieldManager });
  const sockets = tunnelAgent(config);
  const at = (workNamespace: string): Cluster => ({
    client,
    namespace: workNamespace,
    operatorNamespace,
    folder: dirname(kubeconfig ?? firstFile(env['KUBECONFIG']) ?? join(env['HOME'] ?? homedir(), '.kube', 'config')),
    inNamespace: at,
    token: async () => bearerOf(await config.auth.headers()),
    socket: async (path, protocol) => openSocket(`${config.server.replace(/^http/, 'ws')}${path}`, { protocols: [protocol], dispatcher: sockets, headers: { ...(await config.auth.headers()) } }),
    read: (name) => readMission(client, { namespace: workNamespace, name }),
    watch: (name) => watchMission(client, { namespace: workNamespace, name }, clock),
    close: () => closeBoth(client, sockets),
  });
  return at(namespace ?? config.namespace ?? 'default');
}

/** undici's WebSocket is what a tunnel needs; only the types of its events are its own. */
function openSocket(url: string, options: WebSocketInit): TunnelSocket {
  return new WebSocket(url, options) as unknown as TunnelSocket;
}

function firstFile(list: string | undefined): string | undefined {
  return list?.split(':').find((path) => path !== '');
}

function bearerOf(headers: Readonly<Record<string, string>>): string | undefined {
  return /^Bearer (.+)$/i.exec(headers['authorization'] ?? '')?.[1];
}

function tunnelAgent({ ca, tlsServerName, skipTlsVerify, auth }: ClusterConfig): Agent {
  return new Agent({
    // The upgrade to a WebSocket is HTTP/1.1.
    allowH2: false,
    connect: {
      ...(ca === undefined ? {} : { ca }),
      ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
      ...(skipTlsVerify === true ? { rejectUnauthorized: false } : {}),
      ...auth.certificate,
    },
  });
}

async function closeBoth(client: WatchingClient, sockets: Agent): Promise<void> {
  await Promise.all([client.close(), sockets.destroy()]);
}
