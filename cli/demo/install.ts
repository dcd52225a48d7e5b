// Installs CRDs, operator and blob service with kubectl, and the agents of the demo: the way people would do it by hand.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { names } from '#api/labels.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Condition } from '#api/v1alpha1/schema.ts';
import { secretOf, storeSecret } from '#devcluster/services/index.ts';
import { findCondition } from '#domain/conditions.ts';
import type { Surroundings } from '../commands/open.ts';
import type { Checkout } from './checkout.ts';
import { runChild } from './child.ts';
import { demoNamespace, operatorNamespace, type Place } from './place.ts';
import type { Provider } from './provider.ts';
import { inNamespace } from './repository.ts';

export interface Installing {
  readonly surroundings: Surroundings;
  readonly checkout: Checkout;
  readonly place: Place;
  /** Set when missions may ask language models. */
  readonly provider?: Provider;
}

const patience = '--timeout=120s';

/** Applies CRDs and operator, and waits until all processes are ready. */
export async function installOperator({ surroundings, checkout, place, provider }: Installing, report: (line: string) => void): Promise<void> {
  const { env, signal } = surroundings;
  const kubectl = kubectlOf({ surroundings, checkout, place });
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', join(checkout.root, 'crds')]);
  const manifests = await runChild(process.execPath, [
    join(checkout.root, 'scripts', 'install-manifests.ts'), '--namespace', operatorNamespace, '--leader-election', place.leaderElection,
    '--operator-image', place.images.operator, '--blobs-image', place.images.blobs,
    ...(provider === undefined ? [] : ['--llm-gateway-image', place.images.llmGateway, '--provider-secret', providerSecret, '--upstream-url', provider.url]),
    ...mirrorArguments(place),
    ...(place.images.console === undefined ? [] : ['--console-image', place.images.console]),
  ], { env, signal });
  const secrets = [...(provider === undefined ? [] : [providerObject(provider)]), ...(place.stores?.running ?? []).map((store) => storeSecret(store, operatorNamespace))];
  if (secrets.length > 0) await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], [systemNamespace, ...secrets].map((object) => stringify(object)).join('---\n'));
  report('waiting for the operator');
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], manifests);
  for (const workload of [`deployment/${names.operator}`, `statefulset/${names.blobs}`, ...(provider === undefined ? [] : [`deployment/${names.llmGateway}`])]) await kubectl(['rollout', 'status', workload, '-n', operatorNamespace, patience]);
}

const providerSecret = 'coditect-llm-provider';

const systemNamespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: operatorNamespace } };

/** Goes through standard input, as all Secrets: arguments can be seen by every user of the machine. */
function providerObject({ key }: Provider): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: providerSecret, namespace: operatorNamespace }, stringData: { 'api-key': key } };
}

/** The mirror comes with its event log; nobody waits for it. */
function mirrorArguments({ images, stores }: Place): readonly string[] {
  const running = stores?.running ?? [];
  if (images.mirror === undefined || !running.some(({ kind }) => kind === 'nats')) return [];
  return ['--mirror-image', images.mirror, ...running.flatMap((store) => [`--${store.kind}-secret`, secretOf(store), ...store.servers.flatMap((server) => [placeFlags[store.kind], server])])];
}

const placeFlags = { nats: '--nats-server', redis: '--redis-server', clickhouse: '--clickhouse-url', s3: '--s3-endpoint', chroma: '--chroma-url' } as const;

/** Applies the namespace, access for the plugin and the pool of the samples, waits for agents, and tells whether they isolate what they run. */
export async function startAgents(installing: Installing, report: (line: string) => void): Promise<Condition | undefined> {
  const { checkout, place } = installing;
  const kubectl = kubectlOf(installing);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: demoNamespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } };
  const access = parseAllDocuments(await readFile(checkout.sample('02-access.yaml'), 'utf8')).map((document) => inNamespace(document.toJS() as Record<string, unknown>, demoNamespace));
  const pool = inNamespace(withImage(parse(await readFile(checkout.sample('pool.yaml'), 'utf8')) as Pool, place.images.agent), demoNamespace);
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], [namespace, ...access, pool].map((object) => stringify(object)).join('---\n'));
  report('waiting for agents');
  const crew = ['agentpools.coditect.ai/crew', '-n', demoNamespace];
  await kubectl(['wait', '--for=condition=Ready', ...crew, patience]);
  const { status } = JSON.parse(await kubectl(['get', ...crew, '-o', 'json'])) as AgentPool;
  return findCondition(status?.conditions, 'Isolated');
}

/** The image that the pool of the samples names. */
export async function poolImage(checkout: Checkout): Promise<string> {
  return (parse(await readFile(checkout.sample('pool.yaml'), 'utf8')) as Pool).spec.template.image;
}

type Pool = Readonly<Record<string, unknown>> & { readonly spec: { readonly template: { readonly image: string } } };

function withImage(pool: Pool, image: string): Pool {
  return { ...pool, spec: { ...pool.spec, template: { ...pool.spec.template, image } } };
}

function kubectlOf({ surroundings: { env, signal }, place }: Installing): (args: readonly string[], input?: string) => Promise<string> {
  const own = place.kubeconfig === undefined ? env : { ...env, KUBECONFIG: place.kubeconfig };
  return (args, input) => runChild(place.kubectl, args, { env: own, signal, ...(input === undefined ? {} : { input }) });
}
