// What the chart lets people set, said once: values.yaml with its comments and values.schema.json come from here.
import { z } from 'zod';
import { defaultResources } from './manifests.ts';
import { generatedFrom, type GeneratedFile } from './output.ts';
import { surroundings } from './values-around.ts';
import { anyMap, image, maps, placement } from './values-parts.ts';
import { stores } from './values-stores.ts';
import { selectorOf } from './workloads.ts';

/** Soft: a cluster of one node runs all replicas on it. */
const spread = (component: 'operator' | 'console') => [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: selectorOf(component) } }];

/** Values of charts/coditect. */
export const ChartValues = z.strictObject({
  global: anyMap().default({}).describe('Reserved by Helm for parent charts.'),
  profile: z.enum(['none', 'dev', 'staging', 'prod']).default('none').describe('What is refused: staging and prod refuse unsafe values with the way out; docs/reference/chart.md lists them. The files in profiles/ set it.'),
  watchNamespace: z.string().regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$/).default('').describe('The one namespace to serve, with Roles in it instead of ClusterRoles. Empty: all namespaces.'),
  imagePullSecrets: maps().describe('Secrets with which the kubelet pulls the images, for example `[{name: pull}]`.'),
  rbac: z.strictObject({ create: z.boolean().default(true).describe('Whether roles and bindings are made.') }).describe('Rights.'),
  ...surroundings,
  operator: z
    .strictObject({
      image: image('coditect/operator'),
      replicas: z.int().min(1).max(5).default(2).describe('Replicas; one leads, the others stand by with warm caches.'),
      leaderElection: z.enum(['default', 'fast']).default('default').describe('Profile of the leader lease: default is 15/10/2 s, fast is 6/4/1 s.'),
      logLevel: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('error, warn, info or debug.'),
      ...placement(defaultResources.operator, spread('operator')),
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
      ...placement(defaultResources.console, spread('console')),
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
