// Blob grants: what an agent may do at the blob service, signed by the operator, checked without asking anyone.
// Form: payload.signature.certificate, each base64url: the signer's leaf travels along and must chain to the CA bundle.
import { createPrivateKey, sign, verify, X509Certificate } from 'node:crypto';
import { BlobGrant } from '#api/blobs.ts';
import { roleUri } from '#api/identity.ts';
import type { Instant } from '#api/time.ts';
import { isIssuedBy, type KeyedCertificate, parseBundle, urisOf } from './certificates.ts';

/** Signs grants with a leaf of the operator. */
export type GrantSigner = (grant: BlobGrant) => string;

export type GrantVerdict = { readonly kind: 'granted'; readonly grant: BlobGrant } | { readonly kind: 'refused'; readonly reason: string };

/** Checks grants for one agent, named by the URI of its certificate. */
export type GrantVerifier = (text: string, agent: string, now: Instant) => GrantVerdict;

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

/** A verifier that trusts the CAs of this bundle. */
export function createGrantVerifier(caBundle: string): GrantVerifier {
  const authorities = parseBundle(caBundle);
  return (text, agent, now) => {
    const [payload, signature, leaf, more] = text.length > maxLength ? [] : text.split('.').map((part) => Buffer.from(part, 'base64url'));
    if (payload === undefined || signature === undefined || leaf === undefined || more !== undefined) return refused('the grant is not well formed');
    const certificate = parseLeaf(leaf);
    if (certificate === undefined) return refused('the certificate in the grant is not well formed');
    if (!isIssuedBy(certificate, authorities, now)) return refused('the certificate in the grant is not valid under our CA');
    if (!urisOf(certificate).includes(roleUri('operator'))) return refused('the grant was not signed by the operator');
    if (!verify('sha256', payload, certificate.publicKey, signature)) return refused('the signature of the grant does not fit');
    return judge(payload, agent, now);
  };
}

function judge(payload: Buffer, agent: string, now: Instant): GrantVerdict {
  const grant = parseGrant(payload);
  if (grant === undefined) return refused('the operator signed something else than a grant');
  if (grant.expiresAt <= now) return refused('the grant has expired');
  if (grant.agent !== agent) return refused('the grant is for another agent');
  return { kind: 'granted', grant };
}

function parseGrant(payload: Buffer): BlobGrant | undefined {
  try {
    return BlobGrant.safeParse(JSON.parse(payload.toString('utf8'))).data;
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
