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
  --nats-server HOST:PORT   server of its event log; may be repeated
  --nats-secret NAME        Secret with ca.crt, tls.crt and tls.key for the log; without it TLS is off
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
    'nats-server': { type: 'string', multiple: true, default: [] },
    'nats-secret': { type: 'string' },
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
  return { ...llm, ...mirrorFrom(), namespace: values.namespace, images: { operator: values['operator-image'], blobs: values['blobs-image'] }, replicas, leaderElection, cliNamespaces: values['cli-namespace'] };
}

function mirrorFrom(): Pick<InstallOptions, 'mirror'> {
  const [image, secret] = [values['mirror-image'], values['nats-secret']];
  return image === undefined ? {} : { mirror: { image, servers: values['nats-server'], ...(secret === undefined ? {} : { secret }) } };
}

const options = optionsFrom();
if (options === undefined) {
  console.log(usage);
  process.exitCode = values.help ? 0 : 2;
} else {
  process.stdout.write(toYamlDocuments('Made by scripts/install-manifests.ts.', installManifests(options)));
}
