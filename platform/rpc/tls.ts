// The TLS names and settings that every connection of the installation shares.
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { names } from '#api/labels.ts';
import { type AgentIdentity, parseAgentUri, roleUri } from '#api/identity.ts';
import { type Credential, urisOf } from './certificates.ts';

/** TLS name of the operator's servers, whatever address is dialled. */
export function operatorName(namespace: string): string {
  return `${names.operator}.${namespace}.svc`;
}

/** TLS name of the blob service, whatever address is dialled. */
export function blobsName(namespace: string): string {
  return `${names.blobs}.${namespace}.svc`;
}

/** TLS name of the LLM gateway, whatever address is dialled. */
export function llmGatewayName(namespace: string): string {
  return `${names.llmGateway}.${namespace}.svc`;
}

/** TLS name of the mirror, whatever address is dialled. */
export function mirrorName(namespace: string): string {
  return `${names.mirror}.${namespace}.svc`;
}

/** TLS name of the console, whatever address is dialled. */
export function consoleName(namespace: string): string {
  return `${names.console}.${namespace}.svc`;
}

/** How to dial a server of the installation: it must prove `serverName` under the bundle; with a key, we prove who we are. */
export function dialOptions(serverName: string, trust: Pick<Credential, 'caBundle'> & Partial<Credential>) {
  const { caBundle, certificate, key } = trust;
  return {
    ca: caBundle,
    servername: serverName,
    minVersion: 'TLSv1.3' as const,
    ...(certificate === undefined || key === undefined ? {} : { cert: certificate, key }),
  };
}

/** What a server shows, and whom it believes. */
export function secureContextOf({ certificate, key, caBundle }: Credential) {
  return { cert: certificate, key, ca: caBundle };
}

/** The agent at the other end, or undefined when it showed no certificate of ours or one that names no agent. */
export function agentOf(socket: TLSSocket | undefined): AgentIdentity | undefined {
  const agents = peerUris(socket).map(parseAgentUri).filter((agent) => agent !== undefined);
  return agents.length === 1 ? agents[0] : undefined;
}

/** True when the other end showed a certificate of ours that is made out to the operator. */
export function isOperator(socket: TLSSocket | undefined): boolean {
  return peerUris(socket).includes(roleUri('operator'));
}

function peerUris(socket: TLSSocket | undefined): readonly string[] {
  const certificate = socket?.authorized === true ? socket.getPeerX509Certificate() : undefined;
  return certificate === undefined ? [] : urisOf(certificate);
}

/** Milliseconds until the peer's certificate expires. */
export function msUntilExpiry(socket: TLSSocket, now: number): number | undefined {
  const certificate: Partial<PeerCertificate> = socket.getPeerCertificate();
  return certificate.valid_to === undefined ? undefined : Date.parse(certificate.valid_to) - now;
}
