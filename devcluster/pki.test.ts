import { X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { createAuthority } from './pki.ts';

const authority = createAuthority('test-ca');

test('a certificate names its subject, hosts and issuer', () => {
  const { certificate } = authority.issue({ commonName: 'system:node:n', organization: 'system:nodes', usages: ['client', 'server'], hosts: ['127.0.0.1', 'localhost'] });
  const parsed = new X509Certificate(certificate);
  const ca = new X509Certificate(authority.certificate);
  expect(parsed.subject).toBe('O=system:nodes\nCN=system:node:n');
  expect(parsed.subjectAltName).toBe('IP Address:127.0.0.1, DNS:localhost');
  expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1']);
  expect(parsed.checkIssued(ca) && parsed.verify(ca.publicKey)).toBe(true);
  expect([ca.ca, parsed.ca]).toEqual([true, false]);
});

test('certificates of another authority do not verify', () => {
  const stranger = new X509Certificate(createAuthority('test-ca').issue({ commonName: 'x', usages: ['client'] }).certificate);
  expect(stranger.verify(new X509Certificate(authority.certificate).publicKey)).toBe(false);
});

test('server and client accept each other over TLS 1.3', async () => {
  const server = authority.issue({ commonName: 's', usages: ['server'], hosts: ['127.0.0.1'] });
  const client = authority.issue({ commonName: 'c', usages: ['client'] });
  const listener = createServer({ cert: server.certificate, key: server.key, ca: authority.certificate, requestCert: true, minVersion: 'TLSv1.3' }, (socket) => socket.end(String(socket.getPeerCertificate().subject.CN)));
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const socket: TLSSocket = connect({ host: '127.0.0.1', port: (listener.address() as AddressInfo).port, ca: authority.certificate, cert: client.certificate, key: client.key });
  const answer = await socket.toArray();
  listener.close();
  expect(Buffer.concat(answer as Buffer[]).toString()).toBe('c');
});
