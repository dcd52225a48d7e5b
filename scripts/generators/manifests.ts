// Plain manifests of an installation, for clusters without Helm and for the dev cluster. CRDs are not among them: see crds/.
import type { NewObject } from '#platform/kube/types.ts';
import { approverPolicy } from './approver.ts';
import { generatedFrom, toYamlDocuments, type GeneratedFile } from './output.ts';
import { cliManifests, llmGatewayRbac, rbacManifests } from './rbac.ts';
import { blobsWorkload, leaseFlowSchema, llmGatewayWorkload, operatorDisruptionBudget, operatorWorkload, type ProviderKey, type Workload } from './workloads.ts';

/** The LLM gateway of an installation. */
export interface LlmOptions {
  readonly image: string;
  readonly key: ProviderKey;
  /** Where the Messages API of the provider is; Anthropic's unless told. */
  readonly upstreamUrl?: string;
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
  /** Further namespaces in which `kubectl mission` may be used with a certificate-only kubeconfig; the installation's own always may. */
  readonly cliNamespaces?: readonly string[];
}

/** Requests and limits of the processes. */
export const defaultResources = {
  operator: { requests: { cpu: '200m', memory: '256Mi' }, limits: { memory: '1Gi' } },
  blobs: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
  llmGateway: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
} as const;

/** Every object of an installation, in an order in which they can be applied. */
export function installManifests(options: InstallOptions): NewObject[] {
  const { namespace, images, replicas, leaderElection, llm, cliNamespaces = [] } = options;
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
  ];
}

function llmGateway(common: Pick<Workload, 'namespace' | 'pullPolicy'>, { image, key, upstreamUrl }: LlmOptions): NewObject[] {
  const env = upstreamUrl === undefined ? [] : [{ name: 'CODITECT_LLM_UPSTREAM_URL', value: upstreamUrl }];
  return [...llmGatewayRbac(common.namespace), ...llmGatewayWorkload({ ...common, image, replicas: 1, env, resources: defaultResources.llmGateway }, key, { emptyDir: {} })];
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
