// Kubeconfig files by way of client-node, which knows contexts, exec plugins and all the ways to write a certificate. Load on demand only.
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { messageOf, PlatformError } from '#platform/errors.ts';
import { cachedAuth, type ClusterConfig } from './auth.ts';

/** Exec plugins run at most this often, in milliseconds. */
const headersMaxAgeMs = 60_000;

/** The cluster of a context; several files are merged as kubectl does, the first that names a thing wins. */
export async function loadKubeconfig(paths: readonly string[], context?: string): Promise<ClusterConfig> {
  const kubeconfig = readFiles(paths);
  if (context !== undefined) kubeconfig.setCurrentContext(context);
  const cluster = kubeconfig.getCurrentCluster();
  if (cluster === null) {
    throw new PlatformError('config', `read kubeconfig ${paths.join(':')}: context "${kubeconfig.getCurrentContext()}" names no cluster; no cluster can be used; choose one with kubectl config use-context`);
  }
  const options = await credentials(kubeconfig, paths);
  const auth = cachedAuth(async () => headersOf(await credentials(kubeconfig, paths), kubeconfig), headersMaxAgeMs);
  const cert = text(options.cert);
  const key = text(options.key);
  const ca = text(options.ca);
  const namespace = kubeconfig.getContextObject(kubeconfig.getCurrentContext())?.namespace;
  return {
    server: cluster.server.replace(/\/$/, ''),
    ...(ca === undefined ? {} : { ca }),
    ...(cluster.tlsServerName === undefined ? {} : { tlsServerName: cluster.tlsServerName }),
    ...(cluster.skipTLSVerify === true ? { skipTlsVerify: true } : {}),
    ...(namespace === undefined ? {} : { namespace }),
    auth: { ...auth, ...(cert === undefined || key === undefined ? {} : { certificate: { cert, key } }) },
  };
}

function readFiles(paths: readonly string[]): KubeConfig {
  const [first, ...others] = paths.map((path) => {
    const one = new KubeConfig();
    try {
      one.loadFromFile(path);
    } catch (cause) {
      throw new PlatformError('config', `read kubeconfig ${path}: ${messageOf(cause)}; no cluster can be used; set KUBECONFIG to a readable file`, { cause });
    }
    return one;
  });
  const merged = first ?? new KubeConfig();
  for (const other of others) merged.mergeConfig(other, true);
  return merged;
}

async function credentials(kubeconfig: KubeConfig, paths: readonly string[]): Promise<RequestOptions> {
  const options: RequestOptions = {};
  try {
    await kubeconfig.applyToHTTPSOptions(options);
  } catch (cause) {
    throw new PlatformError('config', `get credentials of kubeconfig ${paths.join(':')}: ${messageOf(cause)}; requests would be refused; run its exec plugin by hand`, { cause });
  }
  return options;
}

function headersOf(options: RequestOptions, kubeconfig: KubeConfig): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) if (typeof value === 'string') headers[name.toLowerCase()] = value;
  const user = kubeconfig.getCurrentUser();
  if (user?.username !== undefined) headers.authorization = `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`;
  return headers;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' || Buffer.isBuffer(value) ? value.toString() : undefined;
}
