// Certificates for everybody in the bench. They outlive the longest run: nobody renews them here.
import { agentUri, roleUri } from '#api/identity.ts';
import { agent, type People } from '#llm-gateway/testing.ts';
import { createAuthority, createLeaf, type Credential } from '#platform/rpc/certificates.ts';
import { llmGatewayName } from '#platform/rpc/tls.ts';

export type Certificates = Pick<People, 'gateway' | 'operator' | 'agent'>;

const lifetimeSeconds = 86_400;

/** An authority, and who it knows. */
export async function makeCertificates(): Promise<Certificates> {
  const now = Date.now();
  const authority = await createAuthority(now);
  const leaf = async (uri: string, usage: 'client' | 'server', dnsNames: string[] = []): Promise<Credential> => ({ ...(await createLeaf(authority, { uri, usage, dnsNames, lifetimeSeconds }, now)), caBundle: authority.certificate });
  return { gateway: await leaf(roleUri('llm-gateway'), 'server', [llmGatewayName('sys')]), operator: await leaf(roleUri('operator'), 'client'), agent: await leaf(agentUri(agent), 'client') };
}
