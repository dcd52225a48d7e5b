// Plain manifests of an installation, for clusters without Helm and for the dev cluster. CRDs are not among them: see crds/.
import type { NewObject } from '#platform/kube/types.ts';
import { approverPolicy } from './approver.ts';
import { fairness } from './fairness.ts';
import { type StoreAccess, storeFile, type StoreName } from './mirror-stores.ts';
import { generatedFrom, toYamlDocuments, type GeneratedFile } from './output.ts';
import { cliManifests, commonRbac, processRbac } from './rbac.ts';
import { blobsWorkload, consoleWorkload, disruptionBudget, llmGatewayWorkload, mirrorWorkload, operatorWorkload, type ProviderKey, type Workload } from './workloads.ts';

/** The LLM gateway of an installation. */
export interface LlmOptions {
  readonly image: string;
  readonly key: ProviderKey;
  /** Where the Messages API of the provider is; Anthropic's unless told. */
  readonly upstreamUrl?: string;
}

/** The mirror of an installation, and its stores. */
export interface MirrorOptions {
  readonly image: string;
  /** Servers of the event log. */
  readonly servers: readonly string[];
  /** Secret of the event log; absent: without TLS. Secrets of stores hold `ca.crt`, `tls.crt`, `tls.key`, `user` and `password`. */
  readonly secret?: string;
  /** Several servers are a cluster. */
  readonly redis?: { readonly servers: readonly string[]; readonly secret: string };
  readonly clickhouse?: { readonly url: string; readonly secret: string };
  /** Its Secret has no user and no password. */
  readonly chroma?: { readonly url: string; readonly secret: string };
}

/** What an installation may choose. */
export interface InstallOptions {
  readonly namespace: string;
  readonly images: { readonly operator: string; readonly blobs: string };
  readonly replicas: number;
  /** Profile of the leader lease: `default` is 15/10/2 s, `fast` is 6/4/1 s. */
  readonly leaderElection: 'default' | 'fast';
  /** The LLM gateway; without it missions cannot ask for a planner. */
  readonly llm?: LlmOptions;
  /** The mirror; without it nobody tells what happened. */
  readonly mirror?: MirrorOptions;
  /** Image of the console; without it there is no page. */
  readonly consoleImage?: string;
  /** Further namespaces in which `kubectl mission` may be used with a certificate-only kubeconfig; the installation's own always may. */
  readonly cliNamespaces?: readonly string[];
}

/** Requests and limits of the processes. */
export const defaultResources = {
  operator: { requests: { cpu: '200m', memory: '256Mi' }, limits: { memory: '1Gi' } },
  blobs: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
  llmGateway: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
  mirror: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '1Gi' } },
  console: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } },
} as const;

/** Every object of an installation, in an order in which they can be applied. */
export function installManifests(options: InstallOptions): NewObject[] {
  const { namespace, images, replicas, leaderElection, llm, mirror, consoleImage, cliNamespaces = [] } = options;
  const common = { namespace, pullPolicy: 'IfNotPresent' } as const;
  const operator: Workload = { ...common, image: images.operator, replicas, env: [{ name: 'CODITECT_LEADER_ELECTION', value: leaderElection }, ...(llm === undefined ? [] : [{ name: 'CODITECT_LLM', value: 'Gateway' }]), ...(mirror?.chroma === undefined ? [] : [{ name: 'CODITECT_MEMORY', value: 'Mirror' }])], resources: defaultResources.operator };
  const blobs: Workload = { ...common, image: images.blobs, replicas: 1, env: [], resources: defaultResources.blobs };
  return [
    namespaceManifest(namespace),
    ...commonRbac(namespace),
    ...processRbac('operator', namespace),
    ...processRbac('blobs', namespace),
    ...approverPolicy(),
    ...[namespace, ...cliNamespaces].flatMap(cliManifests),
    ...fairness(namespace),
    ...operatorWorkload(operator),
    ...(replicas > 1 ? [disruptionBudget('operator', namespace)] : []),
    ...blobsWorkload(blobs, { emptyDir: {} }),
    ...(llm === undefined ? [] : llmGateway(common, llm)),
    ...(mirror === undefined ? [] : mirrorOf(common, mirror, leaderElection)),
    ...(consoleImage === undefined ? [] : [...processRbac('console', namespace), ...consoleWorkload({ ...common, image: consoleImage, replicas: 1, env: [], resources: defaultResources.console })]),
  ];
}

function llmGateway(common: Pick<Workload, 'namespace' | 'pullPolicy'>, { image, key, upstreamUrl }: LlmOptions): NewObject[] {
  const env = upstreamUrl === undefined ? [] : [{ name: 'CODITECT_LLM_UPSTREAM_URL', value: upstreamUrl }];
  return [...processRbac('llmGateway', common.namespace), ...llmGatewayWorkload({ ...common, image, replicas: 1, env, resources: defaultResources.llmGateway }, key, { emptyDir: {} })];
}

function mirrorOf(common: Pick<Workload, 'namespace' | 'pullPolicy'>, { image, servers, secret, redis, clickhouse, chroma }: MirrorOptions, leaderElection: InstallOptions['leaderElection']): NewObject[] {
  const stores = [
    storeOf('nats', { servers: servers.join(','), insecure: String(secret === undefined), replicas: String(servers.length < 3 ? 1 : 3) }, secret),
    ...(redis === undefined ? [] : [storeOf('redis', { servers: redis.servers.join(','), cluster: String(redis.servers.length > 1) }, redis.secret)]),
    ...(clickhouse === undefined ? [] : [storeOf('clickhouse', { url: clickhouse.url }, clickhouse.secret)]),
    ...(chroma === undefined ? [] : [storeOf('chroma', { url: chroma.url }, chroma.secret)]),
  ];
  return [...processRbac('mirror', common.namespace), ...mirrorWorkload({ ...common, image, replicas: 1, env: [{ name: 'CODITECT_LEADER_ELECTION', value: leaderElection }], resources: defaultResources.mirror }, stores, { emptyDir: {} })];
}

const fileKeys = { caKey: 'ca.crt', certificateKey: 'tls.crt', keyKey: 'tls.key', userKey: 'user', passwordKey: 'password' } as const;

function storeOf(store: StoreName, settings: StoreAccess['settings'], secret: string | undefined): StoreAccess {
  if (secret === undefined) return { store, settings, files: {}, secret: { emptyDir: {} } };
  const files = Object.fromEntries(Object.entries(fileKeys).map(([name, key]) => [name, storeFile(store, key)]));
  return { store, settings, files, secret: { projected: { sources: [{ secret: { name: secret } }] } } };
}

function namespaceManifest(name: string): NewObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } };
}

/** Images of a release. */
export function releaseImages(version: string) {
  return { operator: `coditect/operator:${version}`, blobs: `coditect/blobs:${version}` };
}

/** config/install/coditect.yaml: one operator, blobs in an emptyDir. */
export function installFiles(version: string): GeneratedFile[] {
  const objects = installManifests({ namespace: 'coditect-system', images: releaseImages(version), replicas: 1, leaderElection: 'default' });
  return [{ path: 'config/install/coditect.yaml', text: toYamlDocuments(generatedFrom('scripts/generators/manifests.ts'), objects) }];
}
