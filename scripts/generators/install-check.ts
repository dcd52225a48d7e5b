// `helm test`: a pod of the operator's image that runs a small mission on an agent of its own, with the right to do just that.
import { labels, names } from '#api/labels.ts';
import { group } from '#api/v1alpha1/kinds.ts';
import type { NewObject } from '#platform/kube/types.ts';
import type { Rule } from './rbac.ts';
import { containerSecurityContext, podSecurityContext } from './workloads.ts';

/** What the check is told. */
export interface CheckOptions {
  /** Namespace of the release; the pod runs there. */
  readonly namespace: string;
  /** Namespace of the mission: one that is served. */
  readonly served: string;
  /** Image of the operator. */
  readonly image: string;
  readonly pullPolicy: string;
  readonly agentImage: string;
  /** Secrets for the agent's image, with commas between. */
  readonly pullSecrets: string;
  readonly timeoutSeconds: string;
  readonly resources: unknown;
  readonly imagePullSecrets: unknown;
}

const name = names.installCheck;

/** `create` cannot be limited by name, so it stands alone. */
export const checkRules: readonly Rule[] = [
  { apiGroups: [group], resources: ['missions', 'agentpools'], verbs: ['create'] },
  { apiGroups: [group], resources: ['missions', 'agentpools'], verbs: ['get', 'delete'], resourceNames: [name] },
];

/** Account, role, binding and pod, all of them hooks: they exist during a test only. */
export function installCheck(options: CheckOptions): NewObject[] {
  const { namespace, served } = options;
  const rbac = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: hook(-2, namespace) },
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: hook(-2, served), rules: checkRules },
    { apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata: hook(-1, served), roleRef: { apiGroup: rbac, kind: 'Role', name }, subjects: [{ kind: 'ServiceAccount', name, namespace }] },
    { apiVersion: 'v1', kind: 'Pod', metadata: hook(0, namespace), spec: podOf(options) },
  ];
}

/** A pod that failed stays for its log until the next test. */
function hook(weight: number, namespace: string): NewObject['metadata'] {
  const annotations = { 'helm.sh/hook': 'test', 'helm.sh/hook-weight': String(weight), 'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded' };
  return { name, namespace, labels: { [labels.component]: 'install-check' }, annotations };
}

function podOf({ served, image, pullPolicy, agentImage, pullSecrets, timeoutSeconds, resources, imagePullSecrets }: CheckOptions): object {
  const settings: Readonly<Record<string, string>> = { CODITECT_CHECK_NAMESPACE: served, CODITECT_CHECK_AGENT_IMAGE: agentImage, CODITECT_CHECK_PULL_SECRETS: pullSecrets, CODITECT_CHECK_TIMEOUT_SECONDS: timeoutSeconds };
  const env = Object.entries(settings).map(([variable, value]) => ({ name: variable, value }));
  return {
    serviceAccountName: name,
    enableServiceLinks: false,
    restartPolicy: 'Never',
    securityContext: podSecurityContext,
    containers: [{ name: 'install-check', image, imagePullPolicy: pullPolicy, args: ['install-check'], env, resources, securityContext: containerSecurityContext }],
    imagePullSecrets,
  };
}
