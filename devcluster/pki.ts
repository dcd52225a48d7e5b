// The cluster's own certificate authorities. Keys are ECDSA P-256; certificates live a year, longer than any dev cluster.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { bits, explicit, implicit, integer, octets, oid, sequence, set, text, time, yes } from './der.ts';

/** A certificate with its private key, both PEM. */
export interface Credential {
  readonly certificate: string;
  readonly key: string;
}

/** What a certificate says. */
export interface Subject {
  readonly commonName: string;
  readonly organization?: string;
  readonly usages: readonly ('server' | 'client')[];
  /** DNS names and IPv4 addresses of a server. */
  readonly hosts?: readonly string[];
}

export interface Authority {
  /** Its own certificate, PEM. */
  readonly certificate: string;
  issue(subject: Subject): Credential;
}

const ids = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKey: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKey: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
} as const;

const yearMs = 365 * 24 * 3_600_000;
const algorithm = sequence(oid(ids.ecdsaWithSha256));
const extension = (id: string, value: Buffer, critical = false) => sequence(oid(id), ...(critical ? [yes] : []), octets(value));

/** A new self-signed authority. */
export function createAuthority(commonName: string): Authority {
  const { publicKey, privateKey } = newKey();
  const name = nameOf({ commonName });
  const keyId = keyIdOf(publicKey);
  const certificateFor = (subject: Buffer, key: KeyObject, extensions: readonly Buffer[]): string => {
    const linked = [...extensions, extension(ids.subjectKey, octets(keyIdOf(key))), extension(ids.authorityKey, sequence(implicit(0, keyId)))];
    const body = bodyOf({ issuer: name, subject, key, extensions: linked });
    return pem('CERTIFICATE', sequence(body, algorithm, bits(sign('sha256', body, privateKey))));
  };
  const own = [extension(ids.basicConstraints, sequence(yes), true), extension(ids.keyUsage, bits(Buffer.from([0b0000_0110]), 1), true)];
  return {
    certificate: certificateFor(name, publicKey, own),
    issue: (subject) => {
      const leaf = newKey();
      return { certificate: certificateFor(nameOf(subject), leaf.publicKey, leafExtensions(subject)), key: keyPem(leaf.privateKey) };
    },
  };
}

/** A key pair for signing service account tokens, PEM. */
export function createSigningKey(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = newKey();
  return { privateKey: keyPem(privateKey), publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

function newKey() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

const keyPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const keyIdOf = (key: KeyObject): Buffer => createHash('sha256').update(key.export({ type: 'spki', format: 'der' })).digest().subarray(0, 20);

function nameOf({ commonName, organization }: Pick<Subject, 'commonName' | 'organization'>): Buffer {
  const part = (id: string, value: string) => set(sequence(oid(id), text(value)));
  return sequence(...(organization === undefined ? [] : [part(ids.organization, organization)]), part(ids.commonName, commonName));
}

function leafExtensions({ usages, hosts = [] }: Subject): readonly Buffer[] {
  const altNames = hosts.map((host) => (isIPv4(host) ? implicit(7, Buffer.from(host.split('.').map(Number))) : implicit(2, Buffer.from(host))));
  return [
    extension(ids.basicConstraints, sequence(), true),
    extension(ids.keyUsage, bits(Buffer.from([0b1000_0000]), 7), true),
    extension(ids.extendedKeyUsage, sequence(...usages.map((usage) => oid(ids[usage])))),
    ...(altNames.length === 0 ? [] : [extension(ids.subjectAltName, sequence(...altNames))]),
  ];
}

interface Body {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly key: KeyObject;
  readonly extensions: readonly Buffer[];
}

function bodyOf({ issuer, subject, key, extensions }: Body): Buffer {
  const now = Date.now();
  const validity = sequence(time(new Date(now - 300_000)), time(new Date(now + yearMs)));
  const version3 = explicit(0, integer(Buffer.from([2])));
  return sequence(version3, integer(randomBytes(16)), algorithm, issuer, validity, subject, key.export({ type: 'spki', format: 'der' }), explicit(3, sequence(...extensions)));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
