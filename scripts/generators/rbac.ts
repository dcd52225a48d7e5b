// Who may do what: one table a subject, each line with the least it needs. Roles of people aggregate into view, edit and admin.
import { names } from '#api/labels.ts';
import { group } from '#api/v1alpha1/kinds.ts';
import type { NewObject } from '#platform/kube/types.ts';

/** A rule of a role. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** `allow('get list', 'pods services')` in the core group; names limit it to single objects. */
function allow(verbs: string, resources: string, apiGroup = '', resourceNames?: readonly string[]): Rule {
  const rule = { apiGroups: [apiGroup], resources: resources.split(' '), verbs: verbs.split(' ') };
  return resourceNames === undefined ? rule : { ...rule, resourceNames };
}

const reviews: readonly Rule[] = [
  allow('create', 'tokenreviews', 'authentication.k8s.io'),
  allow('create', 'subjectaccessreviews', 'authorization.k8s.io'),
];

/** What the operator may do in every namespace. No Secret is among it. */
export const operatorRules: readonly Rule[] = [
  allow('get list watch', 'missions plans approvals tasks agentpools', group),
  allow('patch', 'missions/status tasks/status agentpools/status', group),
  allow('create delete', 'missions tasks', group),
  allow('create', 'plans', group),
  allow('get list watch create delete', 'pods'),
  allow('get', 'namespaces'),
  allow('get', 'configmaps'),
  allow('create patch', 'events', 'events.k8s.io'),
  ...reviews,
];

/** What holding a lease takes: requests that may not wait behind anybody's lists. */
export const leaseRule = allow('get create patch', 'leases', 'coordination.k8s.io');

/** What the operator may do in its own namespace. `create` cannot be limited by name, so it stands alone. */
export const operatorOwnRules: readonly Rule[] = [
  allow('create', 'leases', 'coordination.k8s.io'),
  allow('get patch', 'leases', 'coordination.k8s.io', [names.lease]),
  allow('get list watch', 'leases', 'coordination.k8s.io', [names.mirror]),
  allow('create', 'secrets configmaps'),
  allow('get update patch', 'secrets', '', [names.caSecret]),
  allow('get update patch', 'configmaps', '', [names.caConfigMap]),
];

/** What the blob service may do: see which owners are alive, and ask who is asking. */
export const blobsRules: readonly Rule[] = [allow('get list', 'missions tasks', group), ...reviews];

/** What the LLM gateway may do: see budgets of missions, tasks and pools, and which missions and tasks have ended. */
export const llmGatewayRules: readonly Rule[] = [allow('get list watch', 'missions tasks agentpools', group)];

/** What the mirror may do: see what it tells of, and ask who is asking. */
export const mirrorRules: readonly Rule[] = [allow('get list watch', 'missions plans approvals tasks agentpools', group), ...reviews];

/** What the mirror may do in the namespace of the installation: hold its one Lease. */
export const mirrorOwnRules: readonly Rule[] = [allow('create', 'leases', 'coordination.k8s.io'), allow('get patch', 'leases', 'coordination.k8s.io', [names.mirror])];

/** What the console may do: see what it shows, and ask who is asking. */
export const consoleRules: readonly Rule[] = [allow('get list watch', 'missions plans tasks agentpools', group), ...reviews];

const readOurs = allow('get list watch', 'missions plans approvals tasks agentpools', group);
const writeVerbs = 'create update patch delete deletecollection';

/**
 * Roles for people. Pools belong to platform teams, so only admins write them. An editor is no approver: who wishes for work does not also
 * approve it unless somebody says so. Only admins delete what was said, for that would undo a rejection.
 */
export const peopleRules: Readonly<Record<'viewer' | 'editor' | 'admin' | 'approver', readonly Rule[]>> = {
  viewer: [readOurs],
  editor: [readOurs, allow(writeVerbs, 'missions tasks', group), allow('delete', 'plans', group)],
  admin: [readOurs, allow(writeVerbs, 'missions tasks agentpools', group), allow('delete', 'plans approvals', group), allow('get update patch', 'agentpools/scale', group)],
  approver: [allow('get', 'missions plans', group), allow('create get list', 'approvals', group)],
};

// Nobody can hand out a right that they do not have: with the approver's, the admin of a namespace can say who its approvers are.
const aggregatedInto = { viewer: 'view', editor: 'edit', admin: 'admin', approver: 'admin' } as const;
const rbac = 'rbac.authorization.k8s.io';

/** Roles for people, and what everybody may read of an installation in `namespace`. Roles for people give nothing to anybody until somebody binds them. */
export function commonRbac(namespace: string): NewObject[] {
  return [
    ...(['viewer', 'editor', 'admin', 'approver'] as const).map(peopleRole),
    role(names.caConfigMap, namespace, [allow('get', 'configmaps', '', [names.caConfigMap])]),
    roleBinding(names.caConfigMap, namespace, 'Role', { kind: 'Group', apiGroup: rbac, name: 'system:authenticated' }),
  ];
}

/** A process that asks the API server. */
export type Asker = 'operator' | 'blobs' | 'llmGateway' | 'mirror' | 'console';

const rulesOf: Readonly<Record<Asker, { readonly served: readonly Rule[]; readonly own: readonly Rule[] }>> = {
  operator: { served: operatorRules, own: operatorOwnRules },
  blobs: { served: blobsRules, own: [] },
  llmGateway: { served: llmGatewayRules, own: [] },
  mirror: { served: mirrorRules, own: mirrorOwnRules },
  console: { served: consoleRules, own: [] },
};

/** Everything that a process of an installation in `namespace` may do. */
export function processRbac(asker: Asker, namespace: string): NewObject[] {
  return [...servedRbac(asker, namespace), ...ownRbac(asker, namespace)];
}

/** What a process may do in the namespace of the installation. */
export function ownRbac(asker: Asker, namespace: string): NewObject[] {
  const { own } = rulesOf[asker];
  const name = names[asker];
  return own.length === 0 ? [] : [role(name, namespace, own), roleBinding(name, namespace, 'Role', serviceAccount(name, namespace))];
}

/** What a process may do where missions are: everywhere, or in `served` alone. Reviews have no namespace, so they stay in a ClusterRole. */
export function servedRbac(asker: Asker, namespace: string, served?: string): NewObject[] {
  const name = names[asker];
  const rules = rulesOf[asker].served;
  const everywhere = (wide: readonly Rule[]) => (wide.length === 0 ? [] : [clusterRole(name, wide), clusterRoleBinding(name, namespace)]);
  if (served === undefined) return everywhere(rules);
  const isWide = ({ resources }: Rule) => resources.some((resource) => ['tokenreviews', 'subjectaccessreviews', 'namespaces'].includes(resource));
  const wide = rules.filter(isWide).map((rule) => (rule.resources.includes('namespaces') ? { ...rule, resourceNames: [served] } : rule));
  const inside = `${name}-served`;
  return [
    ...everywhere(wide),
    role(inside, served, rules.filter((rule) => !isWide(rule))),
    roleBinding(inside, served, 'Role', serviceAccount(name, namespace)),
  ];
}

/** The rights of a process as rows of a document: where, what, and which verbs. */
export function rightsOf(asker: Asker): readonly (readonly [where: string, what: string, verbs: string])[] {
  const { served, own } = rulesOf[asker];
  const row = (where: string) => ({ resources, verbs, resourceNames }: Rule) => [where, `${resources.join(', ')}${resourceNames === undefined ? '' : ` (only ${resourceNames.join(', ')})`}`, verbs.join(', ')] as const;
  return [...served.map(row('served')), ...own.map(row('own'))];
}

/** What `kubectl mission` needs in a namespace when the kubeconfig holds a certificate and no token: an account that may look, and nothing else. */
export function cliManifests(namespace: string): NewObject[] {
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: names.cliServiceAccount, namespace }, automountServiceAccountToken: false },
    { ...roleBinding(names.cliServiceAccount, namespace, 'ClusterRole', serviceAccount(names.cliServiceAccount, namespace)), roleRef: roleRef('ClusterRole', 'coditect-viewer') },
  ];
}

function peopleRole(who: keyof typeof peopleRules): NewObject {
  const labels = { [`${rbac}/aggregate-to-${aggregatedInto[who]}`]: 'true' };
  return { ...clusterRole(`coditect-${who}`, peopleRules[who]), metadata: { name: `coditect-${who}`, labels } };
}

function clusterRole(name: string, rules: readonly Rule[]): NewObject {
  return { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules };
}

function clusterRoleBinding(name: string, namespace: string): NewObject {
  return { apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata: { name }, roleRef: roleRef('ClusterRole', name), subjects: [serviceAccount(name, namespace)] };
}

function role(name: string, namespace: string, rules: readonly Rule[]): NewObject {
  return { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name, namespace }, rules };
}

function roleBinding(name: string, namespace: string, kind: 'Role' | 'ClusterRole', subject: object): NewObject {
  return { apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata: { name, namespace }, roleRef: roleRef(kind, name), subjects: [subject] };
}

function roleRef(kind: 'Role' | 'ClusterRole', name: string) {
  return { apiGroup: rbac, kind, name };
}

function serviceAccount(name: string, namespace: string) {
  return { kind: 'ServiceAccount', name, namespace };
}
