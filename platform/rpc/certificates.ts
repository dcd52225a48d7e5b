// Keys and certificates of the installation: P-256, a CA of its own, short-lived leaves whose names are SPIFFE URIs.
// Certificates are made with @peculiar/x509 and read with node:crypto.
import './reflect.ts';
import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Instant } from '#api/time.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Clocks of the installation may differ by this much: certificates are valid from this long before their making. */
const skewMs = 60_000;

const authoritySeconds = 10 * 365 * 86_400;

/** A certificate with its private key, both PEM. */
export interface KeyedCertificate {
  readonly certificate: string;
  /** PKCS#8. */
  readonly key: string;
}

/** What a process shows and whom it trusts, all PEM. */
export interface Credential extends KeyedCertificate {
  readonly caBundle: string;
}

/** What a leaf certificate says of its holder. */
export interface LeafOrder {
  readonly uri: string;
  readonly dnsNames?: readonly string[];
  /** `both` for a process that serves and calls under one name. */
  readonly usage: 'client' | 'server' | 'both';
  readonly lifetimeSeconds: number;
}

export type Issued = { readonly kind: 'issued'; readonly certificate: string } | { readonly kind: 'refused'; readonly reason: string };

/** A new key, and a request in DER (PKCS#10) that proves its possession. */
export async function createRequest(): Promise<{ readonly key: string; readonly request: Uint8Array<ArrayBuffer> }> {
  const keys = await newKeys();
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: 'CN=coditect', keys, signingAlgorithm: algorithm });
  return { key: await keyPem(keys.privateKey), request: new Uint8Array(request.rawData) };
}

/** A new CA, valid for ten years. Its name is random, so that two of them are never confused. */
export async function createAuthority(now: Instant): Promise<KeyedCertificate> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=coditect-ca-${randomBytes(4).toString('hex')}`,
    ...validity(now, authoritySeconds),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pemOf(certificate), key: await keyPem(keys.privateKey) };
}

const { clientAuth, serverAuth } = x509.ExtendedKeyUsage;
const usages = { client: [clientAuth], server: [serverAuth], both: [serverAuth, clientAuth] };

/** A leaf for the key of this request (DER). Only the key is taken from it: its names and extensions are ignored. */
export async function issueLeaf(authority: KeyedCertificate, request: Uint8Array, order: LeafOrder, now: Instant): Promise<Issued> {
  const publicKey = await provenKey(request);
  if (publicKey === undefined) return { kind: 'refused', reason: 'the certificate request is no PKCS#10 request for a P-256 key that its signature proves' };
  const issuer = new x509.X509Certificate(authority.certificate);
  const names = [{ type: 'url' as const, value: order.uri }, ...(order.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value }))];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: 'CN=coditect',
    issuer: issuer.subject,
    ...validity(now, order.lifetimeSeconds),
    signingKey: await importKey(authority.key),
    publicKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages[order.usage]),
      new x509.SubjectAlternativeNameExtension(names),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return { kind: 'issued', certificate: pemOf(certificate) };
}

/** A leaf together with a new key, for the process that holds the CA itself. */
export async function createLeaf(authority: KeyedCertificate, order: LeafOrder, now: Instant): Promise<KeyedCertificate> {
  const { key, request } = await createRequest();
  const issued = await issueLeaf(authority, request, order, now);
  if (issued.kind === 'refused') throw new Error(`cannot issue a certificate for our own key: ${issued.reason}`);
  return { certificate: issued.certificate, key };
}

/** The certificates of a PEM bundle. Throws when one is not well formed. */
export function parseBundle(pem: string): X509Certificate[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((text) => new X509Certificate(text));
}

/** The URIs that a certificate is made out to. */
export function urisOf(certificate: X509Certificate): string[] {
  const names = certificate.subjectAltName?.split(', ') ?? [];
  return names.filter((name) => name.startsWith('URI:')).map((name) => name.slice(4));
}

/** True when one of these authorities signed the certificate, and both are valid at `now`. */
export function isIssuedBy(certificate: X509Certificate, authorities: readonly X509Certificate[], now: Instant): boolean {
  return isValidAt(certificate, now) && authorities.some((authority) => authority.ca && isValidAt(authority, now) && certificate.checkIssued(authority) && certificate.verify(authority.publicKey));
}

function isValidAt(certificate: X509Certificate, now: Instant): boolean {
  return certificate.validFromDate.getTime() <= now && now <= certificate.validToDate.getTime();
}

async function provenKey(request: Uint8Array): Promise<x509.PublicKey | undefined> {
  try {
    const parsed = new x509.Pkcs10CertificateRequest(new Uint8Array(request));
    const { name, namedCurve } = parsed.publicKey.algorithm as { name?: string; namedCurve?: string };
    return name === 'ECDSA' && namedCurve === 'P-256' && (await parsed.verify()) ? parsed.publicKey : undefined;
  } catch {
    // Whatever an ASN.1 parser throws at, it is not a request.
    return undefined;
  }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = x509.PemConverter.decode(pem);
  if (der === undefined) throw new Error('cannot read the private key of the CA: it is no PEM; restore the Secret that holds it');
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
}

function validity(now: Instant, seconds: number) {
  return { notBefore: new Date(now - skewMs), notAfter: new Date(now + seconds * 1000) };
}

function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

// 127 random bits: positive in two's complement, as RFC 5280 wants it.
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString('hex');
}
