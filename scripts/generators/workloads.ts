// The processes of an installation as Deployments, StatefulSets and Services. Plain manifests and the chart are made from the same pieces.
import { audiences, labels, names } from '#api/labels.ts';
import type { NewObject } from '#platform/kube/types.ts';
import { type StoreAccess, storeEnv, storeMount } from './mirror-stores.ts';

/** What differs between installations; the chart puts template expressions in place of values. */
export interface Workload {
  readonly namespace: string;
  readonly image: string;
  readonly pullPolicy: string;
  readonly replicas: number | string;
  /** Further environment of the container. */
  readonly env: readonly unknown[];
  readonly resources: unknown;
}

/** Ports by name: the process node and the Services know them by it. */
export const operatorPorts = { api: 9443, work: 9444, enrolment: 9445, health: 8080 } as const;
export const blobsPorts = { blobs: 9446, health: 8080 } as const;
export const llmGatewayPorts = { llm: 9447, health: 8080 } as const;
export const mirrorPorts = { intake: 9448, history: 9449, health: 8080 } as const;
export const consolePorts = { console: 9450, health: 8080 } as const;

const tokenFolder = '/var/run/secrets/coditect';
const blobsFolder = '/var/lib/coditect/blobs';
const llmFolder = '/var/lib/coditect/llm';
const keyFolder = '/var/run/secrets/coditect-llm';
const mirrorFolder = '/var/lib/coditect/mirror';

/** Any numeric user but root; the images use the same one. */
export const unprivilegedUser = 65_532;

/** The processes of an installation, by the names of their values in the chart. */
export type Component = 'operator' | 'blobs' | 'llmGateway' | 'mirror' | 'console';

/** Values of the component label, which are the names of containers too. */
export const componentLabels: Readonly<Record<Component, string>> = { operator: 'operator', blobs: 'blobs', llmGateway: 'llm-gateway', mirror: 'mirror', console: 'console' };

export const podSecurityContext = { runAsNonRoot: true, runAsUser: unprivilegedUser, runAsGroup: unprivilegedUser, fsGroup: unprivilegedUser, seccompProfile: { type: 'RuntimeDefault' } };
export const containerSecurityContext = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } };

const fromField = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
const probe = (path: string, periodSeconds: number) => ({ httpGet: { path, port: 'health' }, periodSeconds, timeoutSeconds: 5, failureThreshold: 3 });

/** Labels of the pods of a component; they are for ever, because selectors cannot change. */
export function selectorOf(component: Component) {
  return { [labels.name]: 'coditect', [labels.component]: componentLabels[component] };
}

function metadata(component: Component, namespace: string): NewObject['metadata'] {
  return { name: names[component], namespace, labels: { ...selectorOf(component), 'app.kubernetes.io/part-of': 'coditect' } };
}

/** ServiceAccount, Service and Deployment of the operator. */
export function operatorWorkload(workload: Workload): NewObject[] {
  const env = [fromField('CODITECT_NAMESPACE', 'metadata.namespace'), fromField('CODITECT_POD_NAME', 'metadata.name'), ...workload.env];
  const pod = podSpec('operator', { ...workload, env }, operatorPorts);
  // Agents keep a connection to every replica, followers and starting ones included.
  const service = serviceOf('operator', workload.namespace, operatorPorts, { publishNotReadyAddresses: true });
  return [account('operator', workload.namespace), service, deployment('operator', workload, pod)];
}

/** ServiceAccount, Service and StatefulSet of the blob service; `volume` is where the blobs are kept. Never two at once: both would sweep one volume. */
export function blobsWorkload(workload: Workload, volume: object): NewObject[] {
  const env = [
    fromField('CODITECT_NAMESPACE', 'metadata.namespace'),
    { name: 'CODITECT_TOKEN_FILE', value: `${tokenFolder}/token` },
    { name: 'CODITECT_BLOBS_FOLDER', value: blobsFolder },
    ...workload.env,
  ];
  const pod = podSpec('blobs', { ...workload, env }, blobsPorts, [
    { mount: { name: 'blobs', mountPath: blobsFolder }, source: volume },
    enrolmentToken,
  ]);
  return [account('blobs', workload.namespace), serviceOf('blobs', workload.namespace, blobsPorts), statefulSet('blobs', workload, pod)];
}

/** The Secret with the key of the model provider. */
export interface ProviderKey {
  readonly secret: string;
  /** Key of its data. */
  readonly key: string;
}

/** ServiceAccount, Service and Deployment of the LLM gateway; `volume` is where its journal is kept. The key is mounted by the kubelet: nobody reads it through the API. */
export function llmGatewayWorkload(workload: Workload, { secret, key }: ProviderKey, volume: object): NewObject[] {
  const env = [
    fromField('CODITECT_NAMESPACE', 'metadata.namespace'),
    { name: 'CODITECT_TOKEN_FILE', value: `${tokenFolder}/token` },
    { name: 'CODITECT_LLM_FOLDER', value: llmFolder },
    { name: 'CODITECT_LLM_KEY_FILE', value: `${keyFolder}/key` },
    ...workload.env,
  ];
  const provider = { projected: { sources: [{ secret: { name: secret, items: [{ key, path: 'key' }] } }] } };
  const pod = podSpec('llmGateway', { ...workload, env }, llmGatewayPorts, [
    { mount: { name: 'journal', mountPath: llmFolder }, source: volume },
    enrolmentToken,
    { mount: { name: 'provider-key', mountPath: keyFolder, readOnly: true }, source: provider },
  ]);
  return [account('llmGateway', workload.namespace), serviceOf('llmGateway', workload.namespace, llmGatewayPorts), deployment('llmGateway', workload, pod)];
}

/** ServiceAccount, Service and StatefulSet of the mirror; `volume` is where events wait for the log. Never two at once: both would write to one folder. */
export function mirrorWorkload(workload: Workload, stores: readonly StoreAccess[], volume: object): NewObject[] {
  const env = [
    fromField('CODITECT_NAMESPACE', 'metadata.namespace'),
    fromField('CODITECT_POD_NAME', 'metadata.name'),
    { name: 'CODITECT_TOKEN_FILE', value: `${tokenFolder}/token` },
    { name: 'CODITECT_MIRROR_FOLDER', value: mirrorFolder },
    ...stores.flatMap(storeEnv),
    ...workload.env,
  ];
  const pod = podSpec('mirror', { ...workload, env }, mirrorPorts, [
    { mount: { name: 'outbox', mountPath: mirrorFolder }, source: volume },
    enrolmentToken,
    ...stores.map(storeMount),
  ]);
  return [account('mirror', workload.namespace), serviceOf('mirror', workload.namespace, mirrorPorts), statefulSet('mirror', workload, pod)];
}

/** ServiceAccount, Service and Deployment of the console. It keeps nothing, so there may be several. */
export function consoleWorkload(workload: Workload): NewObject[] {
  const env = [fromField('CODITECT_NAMESPACE', 'metadata.namespace'), { name: 'CODITECT_TOKEN_FILE', value: `${tokenFolder}/token` }, ...workload.env];
  const pod = podSpec('console', { ...workload, env }, consolePorts, [enrolmentToken]);
  return [account('console', workload.namespace), serviceOf('console', workload.namespace, consolePorts), deployment('console', workload, pod)];
}

/** Keeps all but one pod of a component during drains; only of use with more than one, and in the way with one. */
export function disruptionBudget(component: Component, namespace: string): NewObject {
  const spec = { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: selectorOf(component) } };
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: metadata(component, namespace), spec };
}

interface Mount {
  readonly mount: { readonly name: string; readonly mountPath: string; readonly readOnly?: true };
  readonly source: object;
}

/** The token that names a pod to the operator, for a certificate. */
const enrolmentToken: Mount = {
  mount: { name: 'token', mountPath: tokenFolder, readOnly: true },
  source: { projected: { sources: [{ serviceAccountToken: { path: 'token', audience: audiences.agents, expirationSeconds: 3600 } }] } },
};

function podSpec(component: Component, workload: Workload, ports: Readonly<Record<string, number>>, mounts: readonly Mount[] = []) {
  const container = {
    name: componentLabels[component],
    image: workload.image,
    imagePullPolicy: workload.pullPolicy,
    ports: Object.entries(ports).map(([name, containerPort]) => ({ name, containerPort, protocol: 'TCP' })),
    env: workload.env,
    livenessProbe: probe('/livez', 10),
    readinessProbe: probe('/readyz', 5),
    resources: workload.resources,
    securityContext: containerSecurityContext,
    ...(mounts.length === 0 ? {} : { volumeMounts: mounts.map(({ mount }) => mount) }),
  };
  return {
    serviceAccountName: names[component],
    // Service links would put CODITECT_BLOBS_PORT and its kin among our own settings.
    enableServiceLinks: false,
    securityContext: podSecurityContext,
    terminationGracePeriodSeconds: 30,
    containers: [container],
    ...(mounts.length === 0 ? {} : { volumes: mounts.map(({ mount, source }) => ({ name: mount.name, ...source })) }),
  };
}

function deployment(component: Component, { namespace, replicas }: Workload, pod: object): NewObject {
  // Two gateways would each spend a budget: the old one goes first. Of the others none goes before its successor is ready; with one that may be missing, `helm --wait` would not wait for an only replica.
  const strategy = component === 'llmGateway' ? { type: 'Recreate' } : { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } };
  const template = { metadata: { labels: selectorOf(component) }, spec: pod };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: metadata(component, namespace), spec: { replicas, strategy, selector: { matchLabels: selectorOf(component) }, template } };
}

function statefulSet(component: Component, { namespace, replicas }: Workload, pod: object): NewObject {
  const template = { metadata: { labels: selectorOf(component) }, spec: pod };
  // Parallel: a rollback replaces a pod that never got ready, which OrderedReady would wait for. The volume is no template, for those cannot be changed later.
  return { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: metadata(component, namespace), spec: { replicas, podManagementPolicy: 'Parallel', serviceName: names[component], selector: { matchLabels: selectorOf(component) }, template } };
}

function serviceOf(component: Component, namespace: string, ports: Readonly<Record<string, number>>, further: object = {}): NewObject {
  const listed = Object.entries(ports).map(([name, port]) => ({ name, port, targetPort: name, protocol: 'TCP' }));
  return { apiVersion: 'v1', kind: 'Service', metadata: metadata(component, namespace), spec: { clusterIP: 'None', ...further, selector: selectorOf(component), ports: listed } };
}

function account(component: Component, namespace: string): NewObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata(component, namespace) };
}
