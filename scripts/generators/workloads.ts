// The processes of an installation as Deployments, StatefulSets and Services. Plain manifests and the chart are made from the same pieces.
import { audiences, labels, names } from '#api/labels.ts';
import type { NewObject } from '#platform/kube/types.ts';
import { leaseRule } from './rbac.ts';

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

const tokenFolder = '/var/run/secrets/coditect';
const blobsFolder = '/var/lib/coditect/blobs';
const llmFolder = '/var/lib/coditect/llm';
const keyFolder = '/var/run/secrets/coditect-llm';
const mirrorFolder = '/var/lib/coditect/mirror';
const logFolder = '/var/run/secrets/coditect-nats';

/** Any numeric user but root; the images use the same one. */
export const unprivilegedUser = 65_532;

type Component = 'operator' | 'blobs' | 'llmGateway' | 'mirror';

/** Values of the component label, which are the names of containers too. */
const componentLabels: Readonly<Record<Component, string>> = { operator: 'operator', blobs: 'blobs', llmGateway: 'llm-gateway', mirror: 'mirror' };

const podSecurityContext = { runAsNonRoot: true, runAsUser: unprivilegedUser, runAsGroup: unprivilegedUser, fsGroup: unprivilegedUser, seccompProfile: { type: 'RuntimeDefault' } };
const containerSecurityContext = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } };

const fromField = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
const probe = (path: string, periodSeconds: number) => ({ httpGet: { path, port: 'health' }, periodSeconds, timeoutSeconds: 5, failureThreshold: 3 });

function selectorOf(component: Component) {
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

/** ServiceAccount, Service and Deployment of the blob service; `volume` is where the blobs are kept. */
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
  return [account('blobs', workload.namespace), serviceOf('blobs', workload.namespace, blobsPorts), deployment('blobs', workload, pod)];
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

/** The event log of an installation: its servers, and a Secret with what opens them. Values of keys are names of keys in its data; empty ones are not used. */
export interface EventLog {
  /** `host:port` with commas between. */
  readonly servers: string;
  /** Absent: a volume without files. */
  readonly secret: object;
  readonly keys: Readonly<Record<keyof typeof logFiles, string>>;
  /** `true`: without TLS. */
  readonly insecure: string;
  readonly replicas: string;
}

/** Variables of the files that the Secret of the event log may hold. */
export const logFiles = {
  caKey: 'CODITECT_NATS_CA_FILE',
  certificateKey: 'CODITECT_NATS_CERTIFICATE_FILE',
  keyKey: 'CODITECT_NATS_KEY_FILE',
  userKey: 'CODITECT_NATS_USER_FILE',
  passwordKey: 'CODITECT_NATS_PASSWORD_FILE',
  credentialsKey: 'CODITECT_NATS_CREDENTIALS_FILE',
} as const;

/** Where the file of a key is mounted. */
export function logFile(key: string): string {
  return `${logFolder}/${key}`;
}

/** ServiceAccount, Service and StatefulSet of the mirror; `volume` is where events wait for the log. Never two at once: both would write to one folder. */
export function mirrorWorkload(workload: Workload, log: EventLog, volume: object): NewObject[] {
  const env = [
    fromField('CODITECT_NAMESPACE', 'metadata.namespace'),
    { name: 'CODITECT_TOKEN_FILE', value: `${tokenFolder}/token` },
    { name: 'CODITECT_MIRROR_FOLDER', value: mirrorFolder },
    { name: 'CODITECT_NATS_SERVERS', value: log.servers },
    ...Object.entries(logFiles).map(([key, name]) => ({ name, value: log.keys[key as keyof typeof logFiles] })).filter(({ value }) => value !== ''),
    { name: 'CODITECT_NATS_INSECURE', value: log.insecure },
    { name: 'CODITECT_NATS_REPLICAS', value: log.replicas },
    ...workload.env,
  ];
  const pod = podSpec('mirror', { ...workload, env }, mirrorPorts, [
    { mount: { name: 'outbox', mountPath: mirrorFolder }, source: volume },
    enrolmentToken,
    { mount: { name: 'nats', mountPath: logFolder, readOnly: true }, source: log.secret },
  ]);
  return [account('mirror', workload.namespace), serviceOf('mirror', workload.namespace, mirrorPorts), statefulSet('mirror', workload, pod)];
}

/** Keeps all but one operator during drains; only of use with more than one. */
export function operatorDisruptionBudget(namespace: string): NewObject {
  const spec = { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: selectorOf('operator') } };
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: metadata('operator', namespace), spec };
}

/** Renewals of the leader lease must not wait behind anybody's lists: a lease lost to a busy API server restarts the operator. */
export function leaseFlowSchema(namespace: string): NewObject {
  const subjects = [{ kind: 'ServiceAccount', serviceAccount: { name: names.operator, namespace } }];
  const resourceRules = [{ ...leaseRule, namespaces: [namespace] }];
  const spec = { priorityLevelConfiguration: { name: 'leader-election' }, matchingPrecedence: 200, distinguisherMethod: { type: 'ByUser' }, rules: [{ subjects, resourceRules }] };
  return { apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'FlowSchema', metadata: { name: 'coditect-leader-election' }, spec };
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
  // Two blob services on one volume would sweep each other's files, and two gateways would each spend a budget: the old one goes first.
  const strategy = component !== 'operator' ? { type: 'Recreate' } : { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } };
  const template = { metadata: { labels: selectorOf(component) }, spec: pod };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: metadata(component, namespace), spec: { replicas, strategy, selector: { matchLabels: selectorOf(component) }, template } };
}

function statefulSet(component: Component, { namespace, replicas }: Workload, pod: object): NewObject {
  const template = { metadata: { labels: selectorOf(component) }, spec: pod };
  return { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: metadata(component, namespace), spec: { replicas, serviceName: names[component], selector: { matchLabels: selectorOf(component) }, template } };
}

function serviceOf(component: Component, namespace: string, ports: Readonly<Record<string, number>>, further: object = {}): NewObject {
  const listed = Object.entries(ports).map(([name, port]) => ({ name, port, targetPort: name, protocol: 'TCP' }));
  return { apiVersion: 'v1', kind: 'Service', metadata: metadata(component, namespace), spec: { clusterIP: 'None', ...further, selector: selectorOf(component), ports: listed } };
}

function account(component: Component, namespace: string): NewObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata(component, namespace) };
}
