// What of a release of Argo CD is needed where its processes run outside the cluster: definitions, accounts, rights and settings.
import { randomBytes } from 'node:crypto';
import { type Manifest, parseManifests } from '../../install.ts';

/** Namespace of Argo CD. */
export const argoNamespace = 'argocd';

/** ServiceAccounts that its processes speak as. */
export const argoAccounts = { controller: 'argocd-application-controller', server: 'argocd-server' } as const;

const wanted = new Set(['CustomResourceDefinition', 'ServiceAccount', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding', 'ConfigMap']);

/** The objects of a release that are no workloads, and those that its processes would wait for. */
export function argoObjects(release: string): readonly Manifest[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: argoNamespace } },
    ...parseManifests(release).filter(({ kind }) => wanted.has(kind)),
    secret(),
    defaultProject,
  ];
}

/** The processes find it by its label. */
function secret(): Manifest {
  const labels = { 'app.kubernetes.io/name': 'argocd-secret', 'app.kubernetes.io/part-of': 'argocd' };
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'argocd-secret', namespace: argoNamespace, labels }, stringData: { 'server.secretkey': randomBytes(32).toString('base64') } };
  return object;
}

const everything = { group: '*', kind: '*' } as const;
const project = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AppProject',
  metadata: { name: 'default', namespace: argoNamespace },
  spec: { sourceRepos: ['*'], destinations: [{ namespace: '*', server: '*' }], clusterResourceWhitelist: [everything] },
} as const;
const defaultProject: Manifest = project;
