// Where the API server is and how to prove who we are. In a cluster nothing but files is read: client-node costs 350 ms to load.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError } from '#platform/errors.ts';

/** How requests authenticate. */
export interface ClusterAuth {
  /** Headers of a request that is made now; the same object as long as nothing changed. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** Tells that the server refused the last headers: the next call reads them anew. */
  refused(): void;
  /** Client certificate and key, PEM. */
  readonly certificate?: { readonly cert: string; readonly key: string };
}

/** A cluster to talk to. */
export interface ClusterConfig {
  /** Base URL of the API server. */
  readonly server: string;
  /** CA bundle, PEM; absent: the system's. */
  readonly ca?: string;
  /** Name to expect in the server's certificate when it is not the host of `server`. */
  readonly tlsServerName?: string;
  /** True when the kubeconfig says insecure-skip-tls-verify. */
  readonly skipTlsVerify?: boolean;
  /** Namespace of the context or of the pod. */
  readonly namespace?: string;
  readonly auth: ClusterAuth;
}

export interface ClusterConfigSource {
  /** Kubeconfig to read; beats everything else. */
  readonly kubeconfigPath?: string | undefined;
  /** Context of the kubeconfig; its current one unless told. */
  readonly context?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Finds the cluster: the given kubeconfig, KUBECONFIG, the pod's ServiceAccount, then ~/.kube/config. */
export async function loadClusterConfig({ kubeconfigPath, context, env }: ClusterConfigSource): Promise<ClusterConfig> {
  const paths = kubeconfigPath === undefined ? (env.KUBECONFIG ?? '').split(':').filter((path) => path !== '') : [kubeconfigPath];
  if (paths.length === 0 && context === undefined && env.KUBERNETES_SERVICE_HOST !== undefined) return inClusterConfig(env.KUBERNETES_SERVICE_HOST, env);
  const { loadKubeconfig } = await import('./kubeconfig.ts');
  return loadKubeconfig(paths.length === 0 ? [join(env.HOME ?? '/root', '.kube', 'config')] : paths, context);
}

async function inClusterConfig(host: string, env: ClusterConfigSource['env']): Promise<ClusterConfig> {
  const folder = env.CODITECT_SERVICEACCOUNT_DIR ?? '/var/run/secrets/kubernetes.io/serviceaccount';
  const read = async (file: string) => {
    try {
      return await readFile(join(folder, file), 'utf8');
    } catch (cause) {
      throw new PlatformError('config', `read ${file} of the ServiceAccount in ${folder}: not readable; without it the API server cannot be used; mount a ServiceAccount token`, { cause });
    }
  };
  const [ca, namespace] = await Promise.all([read('ca.crt'), read('namespace')]);
  const auth = cachedAuth(async () => ({ authorization: `Bearer ${(await read('token')).trim()}` }), tokenMaxAgeMs);
  await auth.headers();
  const address = host.includes(':') ? `[${host}]` : host;
  return { server: `https://${address}:${env.KUBERNETES_SERVICE_PORT ?? '443'}`, ca, namespace: namespace.trim(), auth };
}

/** Tokens are rotated well before they expire: one minute late is early enough. */
const tokenMaxAgeMs = 60_000;

/** Auth whose headers are read again when they are older than `maxAgeMs`; while they cannot be read the old ones stay in use. */
export function cachedAuth(read: () => Promise<Readonly<Record<string, string>>>, maxAgeMs: number, monotonic: () => number = () => performance.now()): Pick<ClusterAuth, 'headers' | 'refused'> {
  let known: Readonly<Record<string, string>> | undefined;
  let pending: Promise<Readonly<Record<string, string>>> | undefined;
  let readAt = Number.NEGATIVE_INFINITY;

  async function refresh(): Promise<Readonly<Record<string, string>>> {
    try {
      known = await read();
    } catch (error) {
      if (known === undefined) throw error;
    } finally {
      readAt = monotonic();
      pending = undefined;
    }
    return known;
  }

  return {
    async headers() {
      if (known !== undefined && monotonic() - readAt < maxAgeMs) return known;
      pending ??= refresh();
      return pending;
    },
    refused() {
      readAt = Number.NEGATIVE_INFINITY;
    },
  };
}
