// Prints the manifests of an installation as YAML, for `kubectl apply --server-side -f -` and for the dev cluster.
import { parseArgs } from 'node:util';
import { installManifests, type InstallOptions } from './generators/manifests.ts';
import { toYamlDocuments } from './generators/output.ts';

const usage = `usage: node scripts/install-manifests.ts [options]
  --namespace NAME          namespace of the installation (coditect-system)
  --operator-image IMAGE    (coditect/operator:dev)
  --blobs-image IMAGE       (coditect/blobs:dev)
  --replicas N              operators (1)
  --leader-election NAME    default or fast (default)
  --llm-gateway-image IMAGE installs the LLM gateway
  --mirror-image IMAGE      installs the mirror
  --console-image IMAGE     installs the console
  --nats-server HOST:PORT   server of its event log; may be repeated
  --nats-secret NAME        Secret of the log; without it TLS is off. Secrets of stores hold ca.crt, tls.crt, tls.key, user and password
  --redis-server HOST:PORT  Redis of its world model; may be repeated, then it is a cluster
  --redis-secret NAME       (coditect-redis)
  --clickhouse-url URL      ClickHouse of its statistics
  --clickhouse-secret NAME  (coditect-clickhouse)
  --chroma-url URL          Chroma of its memory
  --chroma-secret NAME      (coditect-chroma)
  --upstream-url URL        Messages API of the model provider (Anthropic's)
  --provider-secret NAME    Secret whose api-key opens the model provider (coditect-llm-provider)
  --cli-namespace NAME      further namespace for kubectl mission; may be repeated`;

const { values } = parseArgs({
  options: {
    namespace: { type: 'string', default: 'coditect-system' },
    'operator-image': { type: 'string', default: 'coditect/operator:dev' },
    'blobs-image': { type: 'string', default: 'coditect/blobs:dev' },
    'llm-gateway-image': { type: 'string' },
    'mirror-image': { type: 'string' },
    'console-image': { type: 'string' },
    'nats-server': { type: 'string', multiple: true, default: [] },
    'nats-secret': { type: 'string' },
    'redis-server': { type: 'string', multiple: true, default: [] },
    'redis-secret': { type: 'string', default: 'coditect-redis' },
    'clickhouse-url': { type: 'string' },
    'clickhouse-secret': { type: 'string', default: 'coditect-clickhouse' },
    'chroma-url': { type: 'string' },
    'chroma-secret': { type: 'string', default: 'coditect-chroma' },
    'upstream-url': { type: 'string' },
    'provider-secret': { type: 'string', default: 'coditect-llm-provider' },
    replicas: { type: 'string', default: '1' },
    'leader-election': { type: 'string', default: 'default' },
    'cli-namespace': { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', default: false },
  },
});

function optionsFrom(): InstallOptions | undefined {
  const leaderElection = values['leader-election'];
  const replicas = Number(values.replicas);
  if (values.help || !Number.isInteger(replicas) || replicas < 1 || (leaderElection !== 'default' && leaderElection !== 'fast')) return undefined;
  const image = values['llm-gateway-image'];
  const upstreamUrl = values['upstream-url'];
  const llm = image === undefined ? {} : { llm: { image, key: { secret: values['provider-secret'], key: 'api-key' }, ...(upstreamUrl === undefined ? {} : { upstreamUrl }) } };
  return { ...llm, ...mirrorFrom(), ...(values['console-image'] === undefined ? {} : { consoleImage: values['console-image'] }), namespace: values.namespace, images: { operator: values['operator-image'], blobs: values['blobs-image'] }, replicas, leaderElection, cliNamespaces: values['cli-namespace'] };
}

function mirrorFrom(): Pick<InstallOptions, 'mirror'> {
  const [image, secret] = [values['mirror-image'], values['nats-secret']];
  if (image === undefined) return {};
  const redis = values['redis-server'].length === 0 ? {} : { redis: { servers: values['redis-server'], secret: values['redis-secret'] } };
  const byUrl = (['clickhouse', 'chroma'] as const).flatMap((store) => {
    const url = values[`${store}-url`];
    return url === undefined ? [] : [[store, { url, secret: values[`${store}-secret`] }] as const];
  });
  return { mirror: { image, servers: values['nats-server'], ...(secret === undefined ? {} : { secret }), ...redis, ...Object.fromEntries(byUrl) } };
}

const options = optionsFrom();
if (options === undefined) {
  console.log(usage);
  process.exitCode = values.help ? 0 : 2;
} else {
  process.stdout.write(toYamlDocuments('Made by scripts/install-manifests.ts.', installManifests(options)));
}
