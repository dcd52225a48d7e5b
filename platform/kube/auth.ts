// Which cluster to talk to and how to prove who we are, whatever both were read from.

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
