// The bearer token for the operator and the blob service: the user's own, else one for ServiceAccount coditect-cli of the mission's namespace.
import { audiences, names } from '#api/labels.ts';
import type { Clock } from '#platform/clock.ts';
import { isKubeError } from '#platform/kube/error.ts';
import { Refusal } from '../failure.ts';
import type { Cluster } from './cluster.ts';

const lifeSeconds = 600;
const renewAfterMs = (lifeSeconds * 1000) / 2;

interface TokenRequest {
  readonly status?: { readonly token?: string };
}

/** A source of valid tokens; asks again when half of a token's life is over. */
export function tokenSource(cluster: Cluster, clock: Clock): () => Promise<string> {
  let kept: { readonly token: string; readonly until: number } | undefined;
  return async () => {
    const own = await cluster.token();
    if (own !== undefined) return own;
    if (kept === undefined || clock.monotonic() >= kept.until) kept = { token: await requestToken(cluster), until: clock.monotonic() + renewAfterMs };
    return kept.token;
  };
}

async function requestToken({ client, namespace }: Cluster): Promise<string> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${names.cliServiceAccount}/token`;
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [audiences.api], expirationSeconds: lifeSeconds } };
  try {
    const { status } = await client.post<TokenRequest>(path, body);
    if (status?.token !== undefined && status.token !== '') return status.token;
  } catch (cause) {
    if (isKubeError(cause, 'Forbidden')) throw new Refusal(`get a token of ServiceAccount ${namespace}/${names.cliServiceAccount}: you may not`, `ask for create on serviceaccounts/token in ${namespace}, or use a kubeconfig with a token`, { cause });
    if (!isKubeError(cause, 'NotFound')) throw cause;
  }
  throw new Refusal(
    `get a token: namespace ${namespace} has no ServiceAccount ${names.cliServiceAccount}, and the kubeconfig holds no token of yours`,
    'apply config/samples/02-access.yaml for that namespace, or use a kubeconfig with a token',
  );
}
