// One connection of ioredis, single or Cluster, with every default closed that would queue, resend or wait.
import { Cluster, Redis as Single } from 'ioredis';
import type { Credentials } from '#platform/credential-files.ts';
import { jittered, type Random } from '#platform/ids.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface ConnectionOptions {
  readonly addresses: readonly Address[];
  readonly kind: 'single' | 'cluster';
  /** Plaintext, and only then. */
  readonly insecure: boolean;
  readonly commandTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly random: Random;
}

export interface Events {
  readonly ready: () => void;
  readonly fault: (error: unknown) => void;
}

export type Vendor = Single | Cluster;

/** Starts to connect. Each server of a cluster tells by itself when it can be used again. */
export function connect(options: ConnectionOptions, credentials: Credentials, events: Events): Vendor {
  const common = commonOptions(options, credentials);
  const retry = (times: number): number => jittered(Math.min(2000, 50 * 2 ** Math.min(times, 6)), options.random);
  if (options.kind === 'single') {
    const [first] = options.addresses;
    const single = new Single({ ...common, host: first?.host ?? '127.0.0.1', port: first?.port ?? 6379, retryStrategy: retry });
    return listen(single, events);
  }
  const cluster = new Cluster(options.addresses.map(({ host, port }) => ({ host, port })), {
    redisOptions: common,
    enableOfflineQueue: false,
    clusterRetryStrategy: retry,
    clusterNodeRetryStrategy: retry,
    // Zero: a command whose connection broke is not sent again.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshTimeout: options.connectTimeoutMs,
    slotsRefreshInterval: 5000,
    maxRedirections: 4,
    dnsLookup: (address, callback) => callback(null, address),
  });
  cluster.on('+node', (node: Single) => node.on('ready', events.ready));
  cluster.on('node error', events.fault);
  return listen(cluster, events);
}

function listen<T extends Vendor>(vendor: T, events: Events): T {
  vendor.on('ready', events.ready);
  vendor.on('error', events.fault);
  return vendor;
}

function commonOptions({ insecure, commandTimeoutMs, connectTimeoutMs }: ConnectionOptions, { user, password, digest: _digest, ...tls }: Credentials) {
  return {
    protocol: 2 as const,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    connectTimeout: connectTimeoutMs,
    keepAlive: 5000,
    connectionName: 'coditect',
    disableClientInfo: true,
    // A replica that was a master: look for the master again, but send nothing twice.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(insecure ? {} : { tls: { ...tls, minVersion: 'TLSv1.2' as const } }),
  };
}
