// Installations that the tests look at: each profile as people would complete it, and one with everything on.
import type { Rendering } from './helm.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const image = { image: { digest } };

/** What a profile cannot know: digests of images, namespaces of agents. */
export const prodAnswers = {
  operator: image,
  blobs: image,
  llmGateway: image,
  mirror: image,
  console: image,
  installCheck: { agentImage: { digest } },
  networkPolicies: { agents: { namespaces: ['team-a'] } },
};

const store = { secret: 'store-access', caKey: 'ca.crt', passwordKey: 'password', userKey: 'user' };

/** The mirror with every store, as safe as prod wants it. */
export const everyStore = {
  enabled: true,
  nats: { servers: ['nats-0.nats:4222', 'nats-1.nats:4222'], ...store, replicas: 3 },
  redis: { servers: ['redis:6379'], ...store },
  clickhouse: { url: 'https://clickhouse:8443', ...store },
  s3: { bucket: 'archive', secret: 's3-access', accessKeyKey: 'access', secretKeyKey: 'secret' },
  chroma: { url: 'https://chroma:8000', secret: 'chroma-access', tokenKey: 'token' },
  archive: { enabled: true },
};

/** The toggles whose kinds belong to others. */
export const monitoring = { serviceMonitor: { enabled: true, labels: { release: 'prometheus' } }, prometheusRule: { enabled: true, runbookUrl: 'https://docs.example.org/troubleshooting.md' }, dashboards: { enabled: true } };

/** Everything that people may say about the pods of a process. */
export const placement = {
  nodeSelector: { pool: 'system' },
  tolerations: [{ key: 'system', operator: 'Exists' }],
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'arch', operator: 'In', values: ['amd64'] }] }] } } },
  priorityClassName: 'important',
  podAnnotations: { 'example.org/pod': 'true' },
  serviceAccountAnnotations: { 'example.org/identity': 'role' },
  extraEnv: [{ name: 'CODITECT_LOG_LEVEL', value: 'warn' }],
};

const prometheus = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }];

/** By a phrase for the names of tests. */
export const renderings: Readonly<Record<string, Rendering & { readonly isFenced: boolean }>> = {
  'the defaults': { isFenced: false },
  'profile dev': { files: ['profiles/dev.yaml'], isFenced: false },
  'profile staging': { files: ['profiles/staging.yaml'], isFenced: true },
  'profile prod with its answers': { files: ['profiles/prod.yaml'], values: prodAnswers, isFenced: true },
  'profile prod with everything on': {
    files: ['profiles/prod.yaml'],
    values: {
      ...monitoring,
      imagePullSecrets: [{ name: 'pull' }],
      operator: { ...image, ...placement, extraEnv: [{ name: 'CODITECT_RECONCILE_WORKERS', value: '4' }] },
      blobs: { ...image, ...placement, persistence: { storageClassName: 'fast' } },
      console: { ...image, ...placement },
      llmGateway: { ...image, ...placement, enabled: true },
      mirror: { ...image, ...placement, ...everyStore },
      installCheck: prodAnswers.installCheck,
      networkPolicies: { agents: { namespaces: ['team-a'], egress: [{ ports: [{ port: 443, protocol: 'TCP' }] }] }, metricsFrom: prometheus, peopleFrom: prometheus },
      cli: { namespaces: ['team-a'] },
    },
    isFenced: true,
  },
  'one served namespace with everything on': {
    files: ['profiles/staging.yaml'],
    values: { ...monitoring, watchNamespace: 'team-a', llmGateway: { enabled: true }, mirror: everyStore },
    isFenced: true,
  },
};
