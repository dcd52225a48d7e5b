// Plain manifests of an installation, for clusters without Helm and for the dev cluster. CRDs are not among them: see crds/.
import type { NewObject } from '#platform/kube/types.ts';
import { approverPolicy } from './approver.ts';
import { generatedFrom, toYamlDocuments, type GeneratedFile } from './output.ts';
import { cliManifests, llmGatewayRbac, mirrorRbac, rbacManifests } from './rbac.ts';
import { blobsWorkload, leaseFlowSchema, llmGatewayWorkload, logFile, mirrorWorkload, operatorDisruptionBudget, operatorWorkload, type ProviderKey, type Workload } from './workloads.ts';

/** The LLM gateway of an installation. */
export interface LlmOptions {
  readonly image: string;
  readonly key: ProviderKey;
  /** Where the Messages API of the provider is; Anthropic's unless told. */
  readonly upstreamUrl?: string;
}

/** The mirror of an installation, and the event log that it tells. */
export interface MirrorOptions {
  readonly image: string;
  readonly servers: readonly string[];
  /** Secret with the files `ca.crt`, `tls.crt` and `tls.key`; absent: without TLS. */
  readonly secret?: string;
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
  /** Further namespaces in which `kubectl mission` may be used with a certificate-only kubeconfig; the installation's own always may. */
  readonly cliNamespaces?: readonly string[];
}

/** Requests and limits of the processes. */
export const defaultResources = {
  operator: { requests: { cpu: '200m', memory: '256Mi' }, limits: { memory: '1Gi' } },
  blobs: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
  llmGateway: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
  mirror: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '1Gi' } },
} as const;

/** Every object of an installation, in an order in which they can be applied. */
export function installManifests(options: InstallOptions): NewObject[] {
  const { namespace, images, replicas, leaderElection, llm, mirror, cliNamespaces = [] } = options;
  const common = { namespace, pullPolicy: 'IfNotPresent' } as const;
  const operator: Workload = { ...common, image: images.operator, replicas, env: [{ name: 'CODITECT_LEADER_ELECTION', value: leaderElection }, ...(llm === undefined ? [] : [{ name: 'CODITECT_LLM', value: 'Gateway' }])], resources: defaultResources.operator };
  const blobs: Workload = { ...common, image: images.blobs, replicas: 1, env: [], resources: defaultResources.blobs };
  return [
    namespaceManifest(namespace),
    ...rbacManifests(namespace),
    ...approverPolicy(),
    ...[namespace, ...cliNamespaces].flatMap(cliManifests),
    leaseFlowSchema(namespace),
    ...operatorWorkload(operator),
    ...(replicas > 1 ? [operatorDisruptionBudget(namespace)] : []),
    ...blobsWorkload(blobs, { emptyDir: {} }),
    ...(llm === undefined ? [] : llmGateway(common, llm)),
    ...(mirror === undefined ? [] : mirrorOf(common, mirror)),
  ];
}

function llmGateway(common: Pick<Workload, 'namespace' | 'pullPolicy'>, { image, key, upstreamUrl }: LlmOptions): NewObject[] {
  const env = upstreamUrl === undefined ? [] : [{ name: 'CODITECT_LLM_UPSTREAM_URL', value: upstreamUrl }];
  return [...llmGatewayRbac(common.namespace), ...llmGatewayWorkload({ ...common, image, replicas: 1, env, resources: defaultResources.llmGateway }, key, { emptyDir: {} })];
}

function mirrorOf(common: Pick<Workload, 'namespace' | 'pullPolicy'>, { image, servers, secret }: MirrorOptions): NewObject[] {
  const ofSecret = (key: string) => (secret === undefined ? '' : logFile(key));
  const keys = { caKey: ofSecret('ca.crt'), certificateKey: ofSecret('tls.crt'), keyKey: ofSecret('tls.key'), userKey: '', passwordKey: '', credentialsKey: '' };
  const log = { servers: servers.join(','), secret: secret === undefined ? { emptyDir: {} } : { projected: { sources: [{ secret: { name: secret } }] } }, keys, insecure: String(secret === undefined), replicas: '1' };
  return [...mirrorRbac(common.namespace), ...mirrorWorkload({ ...common, image, replicas: 1, env: [], resources: defaultResources.mirror }, log, { emptyDir: {} })];
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
