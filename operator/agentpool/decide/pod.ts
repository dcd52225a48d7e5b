// The agent's pod. The pool chooses from a closed list; what keeps an agent harmless is written here and cannot be chosen.
import { audiences, fieldManager, labels } from '#api/labels.ts';
import type { AgentPool, AgentPoolSpec, PodTemplate } from '#api/v1alpha1/agentpool.ts';
import { canonicalJson, sha256Hex } from '#domain/digest.ts';
import type { PodManifest, PoolSettings } from './view.ts';

const folders = { token: '/var/run/secrets/coditect', work: '/work', temporary: '/tmp', gitSecrets: '/var/run/coditect/git', mcpTokens: '/var/run/coditect/mcp' } as const;
const user = 10_001;

/** Hash of everything that the pool's spec says about its pods: agents with another hash are replaced. */
export function templateHash(spec: AgentPoolSpec): string {
  const { slotsPerAgent, agentTypes, capabilities, template, gitSecrets, mcpServers } = spec;
  return sha256Hex(canonicalJson({ slotsPerAgent, agentTypes, capabilities, template, gitSecrets, mcpServers })).slice(0, 16);
}

/** The pod of a new agent. `name` is free. */
export function buildPod({ metadata, spec }: AgentPool, name: string, settings: PoolSettings): PodManifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: metadata.namespace,
      labels: {
        [labels.pool]: metadata.name,
        [labels.templateHash]: templateHash(spec),
        [labels.managedBy]: fieldManager,
        [labels.name]: 'coditect-agent',
        [labels.component]: 'agent',
      },
      ownerReferences: [{ apiVersion: 'coditect.ai/v1alpha1', kind: 'AgentPool', name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: podSpec(metadata.name, spec, settings),
  };
}

function podSpec(pool: string, spec: AgentPoolSpec, settings: PoolSettings): object {
  const { template } = spec;
  return {
    serviceAccountName: template.serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    securityContext: { runAsNonRoot: true, runAsUser: user, runAsGroup: user, fsGroup: user, seccompProfile: { type: 'RuntimeDefault' } },
    ...placement(template),
    containers: [container(pool, spec, settings)],
    volumes: [
      { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token', audience: audiences.agents, expirationSeconds: 3600 } }] } },
      { name: 'work', emptyDir: { sizeLimit: '8Gi' } },
      { name: 'temporary', emptyDir: { sizeLimit: '1Gi' } },
      ...gitVolume(spec),
      ...mcpVolume(spec),
    ],
  };
}

/** One volume for all Secrets, each in a folder of its name: the agent reads `<name>/username` and `<name>/password`. */
function gitVolume({ gitSecrets }: AgentPoolSpec): { readonly name: string; readonly projected: object }[] {
  if (gitSecrets.length === 0) return [];
  const items = (name: string) => ['username', 'password'].map((key) => ({ key, path: `${name}/${key}` }));
  return [{ name: 'git-secrets', projected: { defaultMode: 0o440, sources: gitSecrets.map(({ name }) => ({ secret: { name, items: items(name) } })) } }];
}

/** One volume for the tokens of all servers, each in a folder of the server's name. */
function mcpVolume({ mcpServers = [] }: AgentPoolSpec): { readonly name: string; readonly projected: object }[] {
  const sources = mcpServers.flatMap(({ name, tokenFrom }) => (tokenFrom === undefined ? [] : [{ secret: { name: tokenFrom.secretName, items: [{ key: tokenFrom.key, path: `${name}/token` }] } }]));
  return sources.length === 0 ? [] : [{ name: 'mcp-tokens', projected: { defaultMode: 0o440, sources } }];
}

/** The list as agents read it: where a token comes from is the kubelet's business. */
function mcpSetting({ mcpServers = [] }: AgentPoolSpec): string {
  return JSON.stringify(mcpServers.map(({ name, url, tools, sideEffect, tokenFrom }) => ({ name, url, tools, sideEffect, hasToken: tokenFrom !== undefined })));
}

function placement(template: PodTemplate): object {
  const { imagePullSecrets, nodeSelector, priorityClassName, runtimeClassName } = template;
  return {
    ...(imagePullSecrets.length === 0 ? {} : { imagePullSecrets }),
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(priorityClassName === undefined ? {} : { priorityClassName }),
    ...(runtimeClassName === undefined ? {} : { runtimeClassName }),
    tolerations: [...template.tolerations, ...lostNode(template)],
  };
}

// Kubernetes lets pods of a lost node stand for 300 s; an agent has given up its tasks after its lease already.
function lostNode({ tolerations }: PodTemplate): object[] {
  return ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !tolerations.some((own) => (own.key ?? key) === key && (own.effect ?? 'NoExecute') === 'NoExecute'))
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 }));
}

function container(pool: string, spec: AgentPoolSpec, settings: PoolSettings): object {
  const { image, resources } = spec.template;
  return {
    name: 'agent',
    image,
    imagePullPolicy: 'IfNotPresent',
    env: environment(pool, spec, settings),
    ports: [{ name: 'health', containerPort: 8080 }],
    livenessProbe: { httpGet: { path: '/livez', port: 'health' }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    readinessProbe: { httpGet: { path: '/readyz', port: 'health' }, periodSeconds: 5, timeoutSeconds: 5 },
    resources: { requests: { cpu: resources.cpu, memory: resources.memory }, limits: { memory: resources.memory } },
    securityContext: { allowPrivilegeEscalation: false, privileged: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'token', mountPath: folders.token, readOnly: true },
      { name: 'work', mountPath: folders.work },
      { name: 'temporary', mountPath: folders.temporary },
      ...gitVolume(spec).map(({ name }) => ({ name, mountPath: folders.gitSecrets, readOnly: true })),
      ...mcpVolume(spec).map(({ name }) => ({ name, mountPath: folders.mcpTokens, readOnly: true })),
    ],
  };
}

function environment(pool: string, spec: AgentPoolSpec, settings: PoolSettings): object[] {
  const { slotsPerAgent, agentTypes, capabilities, template } = spec;
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  return [
    field('CODITECT_POD_NAME', 'metadata.name'),
    field('CODITECT_POD_UID', 'metadata.uid'),
    field('CODITECT_POD_NAMESPACE', 'metadata.namespace'),
    { name: 'CODITECT_POOL', value: pool },
    { name: 'CODITECT_SLOTS', value: String(slotsPerAgent) },
    { name: 'CODITECT_AGENT_TYPES', value: agentTypes.join(',') },
    { name: 'CODITECT_CAPABILITIES', value: capabilities.join(',') },
    { name: 'CODITECT_TOKEN_FILE', value: `${folders.token}/token` },
    { name: 'CODITECT_CA_BUNDLE', value: settings.caBundle ?? '' },
    { name: 'CODITECT_NAMESPACE', value: settings.operatorNamespace },
    { name: 'CODITECT_WORK_FOLDER', value: folders.work },
    { name: 'CODITECT_GIT_SECRETS', value: folders.gitSecrets },
    { name: 'CODITECT_MCP_SERVERS', value: mcpSetting(spec) },
    { name: 'CODITECT_MCP_TOKENS', value: folders.mcpTokens },
    // The CRD refuses such names too; a pool from before that rule must not redirect an agent.
    ...template.env.filter(({ name }) => !name.startsWith('CODITECT_')),
  ];
}
