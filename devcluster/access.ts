// An admin's access to a cluster, read from the kubeconfig that its starter wrote.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { ApiAccess } from './kubeconfig.ts';

/** What has a file with an admin's access. */
export interface WithKubeconfig {
  readonly kubeconfig: string;
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } }];
  readonly users: readonly [{ readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } }];
}

/** Server, CA and client certificate of the cluster's admin. */
export function accessOf({ kubeconfig }: WithKubeconfig): ApiAccess {
  const { clusters: [{ cluster }], users: [{ user }] } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
  const decode = (base64: string) => Buffer.from(base64, 'base64').toString('utf8');
  return { server: cluster.server, ca: decode(cluster['certificate-authority-data']), certificate: decode(user['client-certificate-data']), key: decode(user['client-key-data']) };
}
