import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import './reflect.ts';
import * as x509 from '@peculiar/x509';
import { beforeAll, describe, expect, test } from 'vitest';
import { agentUri } from '#api/identity.ts';
import { createAuthority, createLeaf, createRequest, isIssuedBy, issueLeaf, type KeyedCertificate, parseBundle, urisOf } from './certificates.ts';

const now = Date.UTC(2026, 5, 1);
const order = { uri: agentUri({ namespace: 'team-a', pool: 'p', pod: 'p-1', uid: 'u-1' }), usage: 'client', lifetimeSeconds: 3600 } as const;
let authority: KeyedCertificate;
let other: KeyedCertificate;
beforeAll(async () => void ([authority, other] = await Promise.all([createAuthority(now), createAuthority(now)])));
const parsed = (pem: string) => new X509Certificate(pem);

test('a leaf says who its holder is, for how long and for what', async () => {
  const leaf = parsed((await createLeaf(authority, { ...order, dnsNames: ['a.b.svc'] }, now)).certificate);
  expect(urisOf(leaf)).toEqual([order.uri]);
  expect(leaf.subjectAltName).toContain('DNS:a.b.svc');
  expect(leaf.validFromDate.getTime()).toBe(now - 60_000);
  expect(leaf.validToDate.getTime()).toBe(now + 3_600_000);
  expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect(leaf.ca).toBe(false);
});

test('a leaf fits the key that asked for it', async () => {
  const { certificate, key } = await createLeaf(authority, order, now);
  const { createPrivateKey } = await import('node:crypto');
  expect(parsed(certificate).checkPrivateKey(createPrivateKey(key))).toBe(true);
});

test('names and extensions of the request are ignored', async () => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=coditect-operator',
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true), new x509.SubjectAlternativeNameExtension([{ type: 'url', value: 'spiffe://coditect/role/operator' }])],
  });
  const issued = await issueLeaf(authority, new Uint8Array(request.rawData), order, now);
  const leaf = parsed(issued.kind === 'issued' ? issued.certificate : '');
  expect([urisOf(leaf), leaf.ca, leaf.subject]).toEqual([[order.uri], false, 'CN=coditect']);
});

describe('a request that proves no P-256 key is refused', () => {
  const cases: Record<string, () => Promise<Uint8Array>> = {
    'no ASN.1': () => Promise.resolve(Buffer.from('hello')),
    'nothing': () => Promise.resolve(new Uint8Array()),
    'a signature that does not fit': async () => {
      const { request } = await createRequest();
      request.fill(0xff, request.length - 4);
      return request;
    },
    'an RSA key': async () => {
      const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 1024 };
      const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      return new Uint8Array((await x509.Pkcs10CertificateRequestGenerator.create({ name: 'CN=a', keys, signingAlgorithm: algorithm })).rawData);
    },
    'another curve': async () => {
      const algorithm = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-256' };
      const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      return new Uint8Array((await x509.Pkcs10CertificateRequestGenerator.create({ name: 'CN=a', keys, signingAlgorithm: algorithm })).rawData);
    },
    'a public key that is no request': () => Promise.resolve(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' })),
  };
  test.each(Object.entries(cases))('%s', async (_, make) => expect(await issueLeaf(authority, await make(), order, now)).toMatchObject({ kind: 'refused' }));
});

describe('who vouches for a leaf', () => {
  const cases: Record<string, { bundle: () => string; at: number; want: boolean }> = {
    'its CA': { bundle: () => authority.certificate, at: now, want: true },
    'its CA among others': { bundle: () => other.certificate + authority.certificate, at: now, want: true },
    'no other CA': { bundle: () => other.certificate, at: now, want: false },
    'nobody after its end': { bundle: () => authority.certificate, at: now + 3_600_001, want: false },
    'nobody before its beginning': { bundle: () => authority.certificate, at: now - 60_001, want: false },
    'its CA from a clock that is a little slow': { bundle: () => authority.certificate, at: now - 59_000, want: true },
    'an empty bundle vouches for nothing': { bundle: () => '', at: now, want: false },
  };
  test.each(Object.entries(cases))('%s', async (_, { bundle, at, want }) => {
    const { certificate } = await createLeaf(authority, order, now);
    expect(isIssuedBy(parsed(certificate), parseBundle(bundle()), at)).toBe(want);
  });
});

test('a leaf cannot act as a CA', async () => {
  const leaf = await createLeaf(authority, order, now);
  const forged = await createLeaf(leaf, { ...order, uri: 'spiffe://coditect/role/operator' }, now);
  expect(isIssuedBy(parsed(forged.certificate), parseBundle(leaf.certificate + authority.certificate), now)).toBe(false);
});
