// AgentPool: warm agent pods of one kind, owned by a platform team.
import { z } from 'zod';
import { AgentType, CapabilityName, cel, Conditions, LabelMap, LabelName, listType, type ObjectMeta, ObjectName, ObservedGeneration, Quantity, Time } from './schema.ts';
import { Usd } from './task.ts';

const Replicas = z.int().min(0).max(1000);
const Count = z.int().min(0).max(2_147_483_647);

export const Scaling = z
  .object({
    mode: z
      .enum(['Internal', 'External'])
      .default('Internal')
      .describe('Internal: the operator scales by the tasks that wait. External: it follows spec.replicas, which kubectl scale, an HPA or KEDA writes. Default Internal.'),
    minReplicas: Replicas.default(0).describe('Fewest agents in mode Internal. 0 lets an idle pool vanish. Default 0.'),
    maxReplicas: Replicas.default(10).describe('Most agents in mode Internal. Default 10.'),
    warm: Replicas.default(0).describe('Idle agents kept ready beyond those that work, within maxReplicas. Default 0.'),
    targetQueueSeconds: z.int().min(1).max(86_400).optional().describe('How long waiting tasks may take to drain, in seconds, by the median run time seen so far: fewer agents for short tasks. Unset: one slot for each waiting task.'),
    idleSeconds: z.int().min(0).max(86_400).default(60).describe('How long an agent must have been idle before it may be removed in mode Internal, in seconds. Default 60.'),
    scaleDownWindowSeconds: z.int().min(0).max(86_400).default(30).describe('In mode Internal the pool shrinks only to the highest number wished for within this window, in seconds. Default 30.'),
  })
  .meta(cel({ rule: 'self.minReplicas <= self.maxReplicas', message: 'minReplicas must not be greater than maxReplicas' }));
export type Scaling = z.infer<typeof Scaling>;

export const EnvVar = z.object({
  name: z.string().min(1).max(128).regex(/^[A-Za-z_][A-Za-z0-9_]*$/).describe('Name of the variable. Names that start with CODITECT_ are refused.'),
  value: z.string().max(1024).describe('Its value. Never a secret: this object is readable by many.'),
});

export const Toleration = z.object({
  key: z.string().max(316).optional().describe('Taint key. Unset with operator Exists: every taint.'),
  operator: z.enum(['Exists', 'Equal']).default('Equal').describe('Exists or Equal. Default Equal.'),
  value: z.string().max(63).optional().describe('Taint value for operator Equal.'),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional().describe('Taint effect. Unset: every effect.'),
});

/** The closed list of what a pool may say about its pods: the security context is the operator's. */
export const PodTemplate = z.object({
  image: z.string().min(1).max(512).regex(/^[^\s]+$/).describe('Image of the agent, best by digest.'),
  imagePullSecrets: z.array(z.object({ name: ObjectName.describe('Name of the Secret.') })).max(4).default([]).meta(listType.mapBy('name')).describe('Secrets with which the kubelet pulls the image.'),
  resources: z
    .object({
      cpu: Quantity.default('500m').describe('CPU request of one agent. Default 500m.'),
      memory: Quantity.default('512Mi').describe('Memory request and limit of one agent. Default 512Mi.'),
    })
    .prefault({})
    .describe('Resources of one agent; its slots share them.'),
  env: z
    .array(EnvVar)
    .max(32)
    .default([])
    .meta({ ...listType.mapBy('name'), ...cel({ rule: 'self.all(e, !e.name.startsWith("CODITECT_"))', message: 'names that start with CODITECT_ are the operator\'s' }) })
    .describe('Environment of the agent process; tasks do not see it.'),
  serviceAccountName: ObjectName.default('default').describe('ServiceAccount of the pods. It needs no rights. Default `default`.'),
  nodeSelector: LabelMap.optional().describe('Labels of the nodes that may run the agents.'),
  tolerations: z.array(Toleration).max(16).default([]).meta(listType.atomic).describe('Taints the agents tolerate.'),
  priorityClassName: ObjectName.optional().describe('PriorityClass of the pods.'),
  runtimeClassName: ObjectName.optional().describe('RuntimeClass of the pods, for example one for gVisor or Kata.'),
});
export type PodTemplate = z.infer<typeof PodTemplate>;

export const PoolBudget = z.object({
  maxCostUsd: Usd.describe('Most that they may spend in one period, in US dollars, for example `50.00`.'),
  periodSeconds: z.int().min(600).max(2_678_400).default(86_400).describe('How long back it is counted, in seconds; the period rolls. Default 86400, a day.'),
});
export type PoolBudget = z.infer<typeof PoolBudget>;

/** Named with dots, dashes and slashes, as servers do it. */
const McpToolName = z.string().min(1).max(128).regex(/^[A-Za-z0-9_./-]+$/);

export const McpServer = z.object({
  name: LabelName.describe('Name of the server within the pool; tasks see its tools as `mcp_<server>_<tool>`.'),
  url: z.string().min(8).max(1024).regex(/^https?:\/\/[^@\\/?#\s$]+(\/[^\\#\s$]*)?$/).describe('Address of its Streamable HTTP endpoint, http or https. Never with a user, a password or a key: this object is readable by many.'),
  tools: z.array(McpToolName).min(1).max(32).meta(listType.set).describe('The tools of the server that agents may use, by the names that it gives them. It may have others: they are not offered.'),
  sideEffect: z
    .enum(['None', 'Idempotent', 'External'])
    .describe('What its tools may do outside. None: they only read. Idempotent: a repeat does no harm. External: anything else. Offered only to tasks that declare at least as much in sideEffects.'),
  tokenFrom: z
    .object({
      secretName: ObjectName.describe('Name of a Secret in the namespace of the pool.'),
      key: z.string().min(1).max(253).regex(/^[-._a-zA-Z0-9]+$/).describe('Key in it whose value is the token.'),
    })
    .optional()
    .describe('Bearer token for the server. The kubelet mounts it into the agents; the operator does not read it, and code that agents run cannot see it. Unset: none is sent.'),
});
export type McpServer = z.infer<typeof McpServer>;

/** What an AgentPool wishes for. The operator never writes spec. */
export const AgentPoolSpec = z.object({
  replicas: Replicas.default(0).describe('Number of agents in mode External. Leave it out of Git; ignored in mode Internal. Default 0.'),
  scaling: Scaling.prefault({}).describe('How the pool grows and shrinks.'),
  slotsPerAgent: z.int().min(1).max(64).default(1).describe('Tasks that one agent runs at once. Default 1.'),
  agentTypes: z.array(AgentType).min(1).max(16).meta(listType.set).describe('Roles the agents of this pool take.'),
  capabilities: z.array(CapabilityName).max(64).default([]).meta(listType.set).describe('Capabilities the agents of this pool have.'),
  allowedNamespaces: z.array(LabelName).max(64).default([]).meta(listType.set).describe('Further namespaces whose missions may use this pool. Its own always may.'),
  template: PodTemplate.describe('The agents\' pods.'),
  gitSecrets: z
    .array(z.object({ name: ObjectName.describe('Name of a Secret of type kubernetes.io/basic-auth in the namespace of the pool.') }))
    .max(8)
    .default([])
    .meta(listType.mapBy('name'))
    .describe('Secrets that the kubelet mounts into the agents for cloning and pushing; code that agents run cannot see them.'),
  mcpServers: z
    .array(McpServer)
    .max(8)
    .optional()
    .meta(listType.mapBy('name'))
    .describe('Servers of the Model Context Protocol whose tools agents that think may use. Unset: none.'),
  budget: PoolBudget.optional().describe('What tasks may spend on language models on agents of this pool, of all namespaces together. Unset: no limit of the pool.'),
  isolation: z
    .enum(['Any', 'Partial', 'Full'])
    .default('Any')
    .describe('Least sandbox boundary that an agent must have to be given tasks. Any: none is asked for. Default Any.'),
  operatingMode: z
    .enum(['Serve', 'Drain', 'Pause'])
    .default('Serve')
    .describe('Serve. Pause: agents stay, get no new tasks. Drain: as Pause, and agents are removed once idle. Default Serve.'),
});
export type AgentPoolSpec = z.infer<typeof AgentPoolSpec>;

/** What is known of an AgentPool. `operator/agentpool` is its only writer. */
export const AgentPoolStatus = z.object({
  observedGeneration: ObservedGeneration.optional(),
  conditions: Conditions.optional(),
  desiredReplicas: Count.optional().describe('Number of agents the operator wishes for now.'),
  replicas: Count.optional().describe('Agent pods that exist and are not being deleted.'),
  readyReplicas: Count.optional().describe('Agents that are connected and may take tasks.'),
  busyReplicas: Count.optional().describe('Agents with at least one task.'),
  slots: z.object({ total: Count.describe('Slots of connected agents.'), used: Count.describe('Slots that hold a task.') }).optional().describe('Slots of the pool.'),
  queued: Count.optional().describe('Ready tasks that wait for a slot of this pool. Written at most every 5 s.'),
  selector: z.string().max(256).optional().describe('Label selector of the pods, for the scale subresource.'),
  templateHash: z.string().max(64).optional().describe('Hash of the template that new agents get.'),
  lastScaleTime: Time.optional().describe('When an agent was last created or removed.'),
});
export type AgentPoolStatus = z.infer<typeof AgentPoolStatus>;

/** Rules at the root of the CRD. */
export const agentPoolRules = [{ rule: 'size(self.metadata.name) <= 52 && self.metadata.name.matches("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")', message: 'metadata.name must be an RFC 1123 label of at most 52 characters' }] as const;

export interface AgentPool {
  readonly apiVersion: 'coditect.ai/v1alpha1';
  readonly kind: 'AgentPool';
  readonly metadata: ObjectMeta;
  readonly spec: AgentPoolSpec;
  readonly status?: AgentPoolStatus;
}
