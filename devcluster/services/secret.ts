// The Secret of a store in a cluster, as the install manifests name its files.
import { readFileSync } from 'node:fs';
import type { AccessFile, RunningService } from './port.ts';

const keys: Readonly<Record<AccessFile, string>> = { ca: 'ca.crt', certificate: 'tls.crt', key: 'tls.key', user: 'user', password: 'password', accessKey: 'access-key', secretKey: 'secret-key', token: 'token' };

/** Name of the Secret. */
export function secretOf({ kind }: Pick<RunningService, 'kind'>): string {
  return `coditect-${kind}`;
}

/** The object, with what the files of the store hold now. */
export function storeSecret(service: Pick<RunningService, 'kind' | 'files'>, namespace: string): object {
  const stringData = Object.fromEntries(Object.entries(service.files).map(([name, path]) => [keys[name as AccessFile], readFileSync(path, 'utf8')]));
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: secretOf(service), namespace }, stringData };
}
