// Who may have a certificate: a live pod of a pool, the blob service, the LLM gateway and the mirror. Pure.
import type { AgentIdentity } from '#api/identity.ts';
import { names } from '#api/labels.ts';

/** An agent pod as the caches know it now; only pods controlled by an AgentPool are live pods. */
export interface LivePod {
  readonly uid: string;
  readonly poolName: string;
  /** ServiceAccount of the pool. */
  readonly serviceAccountName: string;
}

/** The pod of this name, if it runs for a pool and is not being deleted. */
export type FindLivePod = (namespace: string, name: string) => LivePod | undefined;

/** What a TokenReview says of a token's holder. */
export interface TokenHolder {
  readonly username: string;
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** A process of the installation that others dial. */
type ServerRole = 'blobs' | 'llm-gateway' | 'mirror' | 'console';

export type Admission =
  | { readonly kind: 'agent'; readonly agent: AgentIdentity }
  | { readonly kind: 'server'; readonly role: ServerRole }
  | { readonly kind: 'refused'; readonly reason: string };

/** By ServiceAccount, in the namespace of the installation. */
const serverRoles: ReadonlyMap<string, ServerRole> = new Map([[names.blobs, 'blobs'], [names.llmGateway, 'llm-gateway'], [names.mirror, 'mirror'], [names.console, 'console']]);

const refused = (reason: string): Admission => ({ kind: 'refused', reason });

/** Decides what certificate the holder of a valid token gets. */
export function admit(holder: TokenHolder, findLivePod: FindLivePod, operatorNamespace: string): Admission {
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(holder.username) ?? [];
  if (namespace === undefined || account === undefined) return refused(`${holder.username} is no ServiceAccount`);
  const role = namespace === operatorNamespace ? serverRoles.get(account) : undefined;
  if (role !== undefined) return { kind: 'server', role };
  return admitPod({ holder, namespace, account }, findLivePod);
}

function admitPod({ holder, namespace, account }: { readonly holder: TokenHolder; readonly namespace: string; readonly account: string }, findLivePod: FindLivePod): Admission {
  const pod = only(holder.extra['authentication.kubernetes.io/pod-name']);
  const uid = only(holder.extra['authentication.kubernetes.io/pod-uid']);
  if (pod === undefined || uid === undefined) return refused('the token is not bound to a pod; use the projected token of the pod');
  const live = findLivePod(namespace, pod);
  if (live === undefined) return refused(`pod ${namespace}/${pod} is not a live pod of an AgentPool, or not known here yet`);
  if (live.uid !== uid) return refused(`the token belongs to an earlier pod ${namespace}/${pod}`);
  if (live.serviceAccountName !== account) return refused(`pod ${namespace}/${pod} runs as ServiceAccount ${account}, but its pool says ${live.serviceAccountName}`);
  return { kind: 'agent', agent: { namespace, pool: live.poolName, pod, uid } };
}

function only(values: readonly string[] | undefined): string | undefined {
  return values?.length === 1 ? values[0] : undefined;
}
