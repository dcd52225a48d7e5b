// SPIFFE identities of certificates: the only names that connections are trusted by.

/** Who an agent's certificate speaks for. */
export interface AgentIdentity {
  readonly namespace: string;
  readonly pool: string;
  readonly pod: string;
  readonly uid: string;
}

const agentPattern = /^spiffe:\/\/coditect\/ns\/([a-z0-9-]{1,63})\/pool\/([a-z0-9-]{1,63})\/agent\/([a-z0-9.-]{1,253})\/([A-Za-z0-9-]{1,64})$/;

/** URI of an agent: `spiffe://coditect/ns/NS/pool/POOL/agent/POD/UID`. */
export function agentUri({ namespace, pool, pod, uid }: AgentIdentity): string {
  return `spiffe://coditect/ns/${namespace}/pool/${pool}/agent/${pod}/${uid}`;
}

/** The agent that a URI names, or undefined for any other text. */
export function parseAgentUri(uri: string): AgentIdentity | undefined {
  const [, namespace, pool, pod, uid] = agentPattern.exec(uri) ?? [];
  if (namespace === undefined || pool === undefined || pod === undefined || uid === undefined) return undefined;
  return { namespace, pool, pod, uid };
}

/** URI of a server role of the installation. */
export function roleUri(role: 'operator' | 'blobs' | 'llm-gateway' | 'mirror' | 'console'): string {
  return `spiffe://coditect/role/${role}`;
}
