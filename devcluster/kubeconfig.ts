// kubeconfig files with everything inside: they work from any folder and for any client.
import { stringify } from 'yaml';
import type { Credential } from './pki.ts';

/** How a client reaches the API server. */
export interface ApiAccess extends Credential {
  /** https://127.0.0.1:port */
  readonly server: string;
  /** CA of the server, PEM. */
  readonly ca: string;
}

/** Text of a kubeconfig with one context. */
export function kubeconfigText(name: string, { server, ca, certificate, key }: ApiAccess): string {
  const base64 = (value: string) => Buffer.from(value).toString('base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(ca) } }],
    users: [{ name, user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
}
