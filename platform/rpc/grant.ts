// Grants: what an agent may do at the blob service or the LLM gateway, signed by the operator, checked without asking anyone.
// Form: payload.signature.certificate, each base64url: the signer's leaf travels along and must chain to the CA bundle.
import { createPrivateKey, sign, verify, X509Certificate } from 'node:crypto';
import { BlobGrant } from '#api/blobs.ts';
import { roleUri } from '#api/identity.ts';
import type { LlmGrant } from '#api/llm.ts';
import type { Instant } from '#api/time.ts';
import { isIssuedBy, type KeyedCertificate, parseBundle, urisOf } from './certificates.ts';

/** Whatever the operator may sign. The schemas are strict and differ, so a grant of one kind never passes for another. */
export type Grant = BlobGrant | LlmGrant;

/** Signs grants with a leaf of the operator. */
export type GrantSigner = (grant: Grant) => string;

export type GrantVerdict<G extends Grant = BlobGrant> = { readonly kind: 'granted'; readonly grant: G } | { readonly kind: 'refused'; readonly reason: string };

/** Checks grants for one agent, named by the URI of its certificate. */
export type GrantVerifier<G extends Grant = BlobGrant> = (text: string, agent: string, now: Instant) => GrantVerdict<G>;

/** A schema, as far as a verifier needs one. */
export interface GrantSchema<G extends Grant> {
  safeParse(value: unknown): { readonly data?: G | undefined };
}

const maxLength = 4096;

const refused = (reason: string) => ({ kind: 'refused', reason }) as const;

/** A signer for this leaf. It must outlive the grants it signs. */
export function createGrantSigner({ certificate, key }: KeyedCertificate): GrantSigner {
  const privateKey = createPrivateKey(key);
  const leaf = new X509Certificate(certificate).raw.toString('base64url');
  return (grant) => {
    const payload = Buffer.from(JSON.stringify(grant));
    return `${payload.toString('base64url')}.${sign('sha256', payload, privateKey).toString('base64url')}.${leaf}`;
  };
}

/** A verifier of blob grants that trusts the CAs of this bundle. */
export function createGrantVerifier(caBundle: string): GrantVerifier {
  return createVerifier(caBundle, BlobGrant);
}

/** A verifier of grants of one schema that trusts the CAs of this bundle. */
export function createVerifier<G extends Grant>(caBundle: string, schema: GrantSchema<G>): GrantVerifier<G> {
  const authorities = parseBundle(caBundle);
  return (text, agent, now) => {
    const [payload, signature, leaf, more] = text.length > maxLength ? [] : text.split('.').map((part) => Buffer.from(part, 'base64url'));
    if (payload === undefined || signature === undefined || leaf === undefined || more !== undefined) return refused('the grant is not well formed');
    const certificate = parseLeaf(leaf);
    if (certificate === undefined) return refused('the certificate in the grant is not well formed');
    if (!isIssuedBy(certificate, authorities, now)) return refused('the certificate in the grant is not valid under our CA');
    if (!urisOf(certificate).includes(roleUri('operator'))) return refused('the grant was not signed by the operator');
    if (!verify('sha256', payload, certificate.publicKey, signature)) return refused('the signature of the grant does not fit');
    return judge(parseGrant(payload, schema), agent, now);
  };
}

function judge<G extends Grant>(grant: G | undefined, agent: string, now: Instant): GrantVerdict<G> {
  if (grant === undefined) return refused('the operator signed something else than a grant of this kind');
  if (grant.expiresAt <= now) return refused('the grant has expired');
  if (grant.agent !== agent) return refused('the grant is for another agent');
  return { kind: 'granted', grant };
}

function parseGrant<G extends Grant>(payload: Buffer, schema: GrantSchema<G>): G | undefined {
  try {
    return schema.safeParse(JSON.parse(payload.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

function parseLeaf(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}
