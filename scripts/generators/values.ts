// What the chart lets people set, said once: values.yaml with its comments and values.schema.json come from here.
import { z } from 'zod';
import { defaultResources } from './manifests.ts';
import { generatedFrom, type GeneratedFile } from './output.ts';

const anyMap = () => z.record(z.string(), z.unknown());
const maps = () => z.array(anyMap()).default([]);

const image = (repository: string) =>
  z
    .strictObject({
      repository: z.string().min(1).default(repository).describe('Name of the image, with its host.'),
      tag: z.string().default('').describe('Tag. Empty: the version of the chart\'s app.'),
      digest: z.string().regex(/^(sha256:[0-9a-f]{64})?$/).default('').describe('Digest such as `sha256:...`; wins over the tag.'),
      pullPolicy: z.enum(['IfNotPresent', 'Always', 'Never']).default('IfNotPresent').describe('When the kubelet pulls.'),
    })
    .describe('Image of the process.');

const placement = (resources: object) => ({
  resources: anyMap().default({ ...resources }).describe('Requests and limits.'),
  nodeSelector: anyMap().default({}).describe('Labels of the nodes that may run it.'),
  tolerations: maps().describe('Taints it tolerates.'),
  affinity: anyMap().default({}).describe('Affinity of its pods.'),
  topologySpreadConstraints: maps().describe('How its pods spread over zones and nodes.'),
  priorityClassName: z.string().default('').describe('PriorityClass of its pods.'),
  extraEnv: maps().describe('Further environment; docs/reference/config.md lists the settings.'),
});

const secretKey = (what: string) => z.string().max(253).default('').describe(`Key of the Secret with ${what}. Empty: none.`);
const insecure = (what: string) => z.boolean().default(false).describe(`true: without TLS. Whoever is on the way ${what} then.`);

/** The Secret of a store, and which of its keys hold the files that every store may ask for. */
const storeSecret = {
  secret: z.string().max(253).default('').describe('Secret with the files below, in the namespace of the release; make it before. Empty: none.'),
  caKey: secretKey('the CA certificates that the servers must prove themselves by'),
  certificateKey: secretKey('the client certificate'),
  keyKey: secretKey('the key of that certificate'),
};
const userAndPassword = { userKey: secretKey('the user'), passwordKey: secretKey('the password of that user') };
const url = (what: string) => z.string().regex(/^(https?:\/\/.{1,500})?$/).default('').describe(what);
const servers = (what: string) => z.array(z.string().min(1).max(260)).max(64).default([]).describe(what);

/** Stores of the mirror; each may be left out. What is not here is in extraEnv. */
const stores = {
  nats: z
    .strictObject({
      servers: servers('Servers of the event log (NATS with JetStream), for example `[nats.nats.svc:4222]`.'),
      ...storeSecret,
      ...userAndPassword,
      credentialsKey: secretKey('credentials as `nsc` makes them'),
      insecure: insecure('reads and writes events'),
      replicas: z.int().min(1).max(5).default(1).describe('Copies of each stream; 3 needs three servers.'),
    })
    .describe('The event log.'),
  redis: z
    .strictObject({
      servers: servers('Redis for the world model: one server, or some of a cluster. No other installation may use it. Empty: the world model is in memory only.'),
      cluster: z.boolean().default(false).describe('Whether the servers are a Redis Cluster.'),
      ...storeSecret,
      ...userAndPassword,
      insecure: insecure('reads the password, and reads and writes worlds'),
    })
    .describe('The world model.'),
  clickhouse: z
    .strictObject({
      url: url('HTTP interface of the ClickHouse that answers `kubectl mission stats`. Empty: stats are off. It is filled from the event log, so it needs one.'),
      database: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/).default('coditect').describe('Database for events and sums; made when it is missing. One mirror at a time may write to it.'),
      ...storeSecret,
      ...userAndPassword,
      insecure: insecure('reads and writes rows'),
    })
    .describe('Statistics.'),
  s3: z
    .strictObject({
      bucket: z.string().regex(/^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$/).default('').describe('Bucket of the archive. Empty: there is no archive.'),
      endpoint: url('Where S3 is, as `https://host:port`. Empty: the one of AWS for the region.'),
      region: z.string().regex(/^[a-z0-9-]{1,64}$/).default('us-east-1').describe('Region of the bucket. Stores that know no regions take the default.'),
      prefix: z.string().min(1).max(200).default('coditect').describe('Beginning of all names in the bucket. One installation, one prefix.'),
      ...storeSecret,
      accessKeyKey: secretKey('the access key'),
      secretKeyKey: secretKey('the secret key'),
      insecure: insecure('reads what missions say'),
    })
    .describe('The archive.'),
  chroma: z
    .strictObject({
      url: url('HTTP interface of the Chroma that keeps what missions have taught. Empty: there is no memory. It is filled from the event log, so it needs one.'),
      tenant: z.string().min(3).max(512).default('default_tenant').describe('Tenant of Chroma itself in which the databases are made, one for each namespace.'),
      ...storeSecret,
      tokenKey: secretKey('the bearer token for Chroma, or for what stands in front of it'),
      insecure: insecure('reads and writes lessons'),
    })
    .describe('The memory.'),
};

/** Values of charts/coditect. */
export const ChartValues = z.strictObject({
  global: anyMap().default({}).describe('Reserved by Helm for parent charts.'),
  imagePullSecrets: maps().describe('Secrets with which the kubelet pulls the images, for example `[{name: pull}]`.'),
  rbac: z.strictObject({ create: z.boolean().default(true).describe('Whether roles and bindings are made.') }).describe('Rights.'),
  operator: z
    .strictObject({
      image: image('coditect/operator'),
      replicas: z.int().min(1).max(5).default(2).describe('Replicas; one leads, the others stand by with warm caches.'),
      leaderElection: z.enum(['default', 'fast']).default('default').describe('Profile of the leader lease: default is 15/10/2 s, fast is 6/4/1 s.'),
      watchNamespaces: z.array(z.string().min(1).max(63)).max(64).default([]).describe('Namespaces to serve. Empty: all.'),
      logLevel: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('error, warn, info or debug.'),
      ...placement(defaultResources.operator),
    })
    .describe('The operator.'),
  blobs: z
    .strictObject({
      image: image('coditect/blobs'),
      persistence: z
        .strictObject({
          enabled: z.boolean().default(false).describe('Whether artifacts outlive the pod of the blob service. Without it they are lost with the pod.'),
          size: z.string().min(1).max(20).default('10Gi').describe('Size of the volume.'),
          storageClassName: z.string().default('').describe('StorageClass. Empty: the default of the cluster.'),
        })
        .describe('Volume of the artifacts.'),
      ...placement(defaultResources.blobs),
    })
    .describe('The blob service; always one replica.'),
  llmGateway: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Whether the LLM gateway is installed. Without it missions cannot ask for a planner.'),
      image: image('coditect/llm-gateway'),
      providerKey: z
        .strictObject({
          secret: z.string().max(253).default('coditect-llm-provider').describe('Secret with the API key of the model provider, in the namespace of the release; make it before.'),
          key: z.string().min(1).max(253).default('api-key').describe('Key of its data.'),
        })
        .describe('API key of the model provider; mounted by the kubelet, read by the gateway alone.'),
      upstreamUrl: z.string().min(1).max(512).default('https://api.anthropic.com').describe('Where the Messages API of the provider is.'),
      plannerModel: z.string().min(1).max(128).default('claude-sonnet-5-5').describe('Model that makes plans of missions that name none.'),
      missionMaxUsd: z.string().regex(/^[0-9]{1,9}\.[0-9]{2,6}$/).default('5.00').describe('Most that a mission without a budget of its own may spend, in US dollars.'),
      persistence: z
        .strictObject({
          enabled: z.boolean().default(false).describe('Whether what was spent is remembered when the pod goes. Without it every budget starts anew then.'),
          size: z.string().min(1).max(20).default('1Gi').describe('Size of the volume.'),
          storageClassName: z.string().default('').describe('StorageClass. Empty: the default of the cluster.'),
        })
        .describe('Volume of the journal of what is spent.'),
      ...placement(defaultResources.llmGateway),
    })
    .describe('The LLM gateway; always one replica.'),
  mirror: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Whether the mirror is installed. Without it nobody tells what happened; missions run all the same.'),
      image: image('coditect/mirror'),
      ...stores,
      archive: z
        .strictObject({
          enabled: z.boolean().default(false).describe('Whether a CronJob archives the event log into the bucket of mirror.s3, and removes what is old there.'),
          schedule: z.string().regex(/^\S+( \S+){4}$/).default('17 2 * * *').describe('When it runs, as of cron, UTC. More often than the log forgets.'),
          keepDays: z.int().min(0).max(36_500).default(0).describe('How many days events are kept in the archive. 0: for ever.'),
          resources: anyMap().default({ ...defaultResources.mirror }).describe('Requests and limits of a run.'),
        })
        .describe('The nightly run of the archive, in the image of the mirror.'),
      persistence: z
        .strictObject({
          enabled: z.boolean().default(false).describe('Whether events that the log does not have yet outlive the pod. Without it they are lost with the pod; what objects are is told anew.'),
          size: z.string().min(1).max(20).default('2Gi').describe('Size of the volume.'),
          storageClassName: z.string().default('').describe('StorageClass. Empty: the default of the cluster.'),
        })
        .describe('Volume of the events that wait.'),
      ...placement(defaultResources.mirror),
    })
    .describe('The mirror; always one replica.'),
  console: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Whether the console is installed: the page behind `kubectl mission dashboard`. It only reads.'),
      image: image('coditect/console'),
      replicas: z.int().min(1).max(5).default(1).describe('Number of replicas; each watches for itself.'),
      ...placement(defaultResources.console),
    })
    .describe('The console.'),
  cli: z
    .strictObject({
      namespaces: z.array(z.string().min(1).max(63)).max(256).default([]).describe('Further namespaces in which `kubectl mission` may be used with a certificate-only kubeconfig.'),
    })
    .describe('The command line.'),
});

interface ValueSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
}

/** JSON Schema of the values, as Helm reads it. */
export function valuesSchema(): object {
  return z.toJSONSchema(ChartValues, { target: 'draft-7', io: 'input' });
}

/** Lines of values.yaml: each value below a comment that starts with its name. Strings are quoted, so no type floats. */
export function valuesLines(schema: ValueSchema, indent = ''): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, value]) => {
    const comment = `${indent}# ${name}: ${value.description ?? ''}`;
    if (value.properties === undefined) return [comment, `${indent}${name}: ${JSON.stringify(value.default)}`];
    return [comment, `${indent}${name}:`, ...valuesLines(value, `${indent}  `)];
  });
}

/** values.yaml and values.schema.json of charts/coditect. */
export function valuesFiles(): GeneratedFile[] {
  const schema = valuesSchema();
  const comment = generatedFrom('scripts/generators/values.ts');
  return [
    { path: 'charts/coditect/values.yaml', text: `${[`# ${comment}`, ...valuesLines(schema)].join('\n')}\n` },
    { path: 'charts/coditect/values.schema.json', text: `${JSON.stringify({ $comment: comment, ...schema }, null, 2)}\n` },
  ];
}
