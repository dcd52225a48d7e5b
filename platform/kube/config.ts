// Where the API server is and how to prove who we are. In a cluster nothing but files is read: client-node costs 350 ms to load.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError } from '#platform/errors.ts';
import { cachedAuth, type ClusterConfig } from './auth.ts';

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
