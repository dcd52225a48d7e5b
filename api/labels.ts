// Every label, annotation and field-manager name that we write, in one place.

export const labels = {
  /** UID of the mission, on its tasks. */
  mission: 'coditect.ai/mission',
  /** Run number, on the tasks of a mission. */
  run: 'coditect.ai/run',
  /** Revision of the Plan that the task was made for, on tasks of a mission with a planner. */
  revision: 'coditect.ai/plan-revision',
  /** `survey`, `verifier`, `finally` or `output` on tasks of a mission that are not of its graph. */
  role: 'coditect.ai/role',
  /** Name of the pool, on agent pods. */
  pool: 'coditect.ai/pool',
  /** Hash of the pod template, on agent pods. */
  templateHash: 'coditect.ai/template-hash',
  /** `none` on nodes that cannot enforce isolation. */
  enforcement: 'coditect.ai/enforcement',
  managedBy: 'app.kubernetes.io/managed-by',
  name: 'app.kubernetes.io/name',
  component: 'app.kubernetes.io/component',
} as const;

/** Annotations that we write. */
export const annotations = {
  /** JSON of the objects behind dependsOn, by their names in the plan: a task of a plan that was revised may find two of one name. */
  dependencies: 'coditect.ai/dependencies',
  /** JSON of the states of its parts, on the Lease of the mirror. */
  parts: 'coditect.ai/parts',
} as const;

/** Values of the label role; tasks of the graph itself carry none. */
export const taskRoles = { survey: 'survey', verifier: 'verifier', finally: 'finally', output: 'output' } as const;

/** Who writes: the `fieldManager` of our requests. */
export const fieldManager = 'coditect-operator';

/** Prefixes and keys by which GitOps tools mark what they track. */
export const gitOpsTracking = {
  annotations: ['argocd.argoproj.io/tracking-id'],
  labels: ['argocd.argoproj.io/instance', 'kustomize.toolkit.fluxcd.io/name', 'helm.toolkit.fluxcd.io/name'],
} as const;

/** Names of the objects that an installation consists of. */
export const names = {
  operator: 'coditect-operator',
  blobs: 'coditect-blobs',
  llmGateway: 'coditect-llm-gateway',
  mirror: 'coditect-mirror',
  console: 'coditect-console',
  lease: 'coditect-operator',
  caSecret: 'coditect-ca-key',
  caConfigMap: 'coditect-ca',
  cliServiceAccount: 'coditect-cli',
  approver: 'coditect-approver',
  /** Everything that `helm test` makes. */
  installCheck: 'coditect-install-check',
} as const;

/** Audiences of ServiceAccount tokens. */
export const audiences = { agents: 'coditect', api: 'coditect-api' } as const;
