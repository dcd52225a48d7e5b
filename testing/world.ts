// The world of a run: a cluster of its own with the operator installed, and hands to touch it with.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { parseAllDocuments, stringify } from 'yaml';
import { type Cluster, installOperator, settingsFrom, startCluster, startGitDoor, stopCluster } from '#devcluster/index.ts';
import type { RunningService } from '#devcluster/services/index.ts';
import { kinds } from '#api/v1alpha1/kinds.ts';
import { createKubeClient, type WatchingClient } from '#platform/kube/client.ts';
import { loadClusterConfig } from '#platform/kube/config.ts';
import { installManifests } from '#scripts/generators/manifests.ts';
import { type EventLog, mirrorOf, noStores, secretsOf, startStores } from './world-stores.ts';

const run = promisify(execFile);
export const root = resolve(import.meta.dirname, '..');

export const images = { operator: 'coditect/operator:e2e', blobs: 'coditect/blobs:e2e', agent: 'coditect/agent:e2e', llmGateway: 'coditect/llm-gateway:e2e', mirror: 'coditect/mirror:e2e', console: 'coditect/console:e2e' } as const;
export const systemNamespace = 'coditect-system';
/** Key of the model provider, to be looked for where it must not be. */
export const providerKey = 'sk-canary-5f1d0b7a2c9e';

export interface World {
  readonly cluster: Cluster;
  readonly client: WatchingClient;
  /** A small git repository, served over loopback. */
  readonly gitUrl: string;
  /** Standard output of kubectl; rejects when it fails. */
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  /** Exit code and both outputs of kubectl, whatever happens. */
  readonly tryKubectl: (args: readonly string[], input?: string) => Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
  /** Applies objects with kubectl. */
  readonly apply: (...objects: readonly object[]) => Promise<string>;
  /** A new namespace with a pool `crew` in it. */
  readonly namespace: (name: string, pool?: object) => Promise<string>;
  /** Where the mirror tells what happened; undefined in a world without. */
  readonly events: EventLog | undefined;
  /** Where the mirror keeps the world model; undefined in a world without. */
  readonly redis: RunningService | undefined;
  /** Requests of the audit log that were answered, parsed. */
  readonly audit: () => Promise<readonly AuditEvent[]>;
}

/** The part of an audit event that stories look at. */
export interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly userAgent?: string;
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string; readonly apiGroup?: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code?: number };
  /** `authorization.k8s.io/decision` is `forbid` when rights were missing; other refusals are of admission, as in a namespace that goes. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly requestReceivedTimestamp: string;
}

export interface WorldOptions {
  readonly leaseSeconds?: number;
  /** Where the Messages API is; without it no LLM gateway is installed. */
  readonly upstreamUrl?: string;
  /** Set: a mirror with an event log and Redis, where this machine has them. */
  readonly withEvents?: true;
  readonly say: (line: string) => void;
}

/** Starts a cluster and installs the operator with the fast election profile and a short lease. */
export async function createWorld(name: string, options: WorldOptions): Promise<World & { close(): Promise<void> }> {
  const { say } = options;
  await run(process.execPath, [join(root, 'scripts', 'bundle.ts'), 'operator', 'blobs', 'agent', 'llm-gateway', 'mirror', 'console', 'kubectl-mission'], { cwd: root });
  const command = (bundle: string) => ({ command: ['$NODE', `$BUNDLES/${bundle}.js`] });
  const cluster = await startCluster({
    ...settingsFrom(process.env),
    name,
    images: { [images.operator]: command('operator'), [images.blobs]: command('blobs'), [images.agent]: command('agent'), [images.llmGateway]: command('llm-gateway'), [images.mirror]: command('mirror'), [images.console]: command('console') },
    bundlesFolder: join(root, 'dist'),
    // Agents ask for half a core each; what runs here is mostly waiting.
    nodeCapacity: { cpu: '32', memory: '64Gi' },
    endWithStarter: true,
    progress: say,
  });
  const repository = await makeRepository();
  const door = await startGitDoor(repository);
  const client = createKubeClient(await loadClusterConfig({ kubeconfigPath: cluster.kubeconfig, env: {} }), { userAgent: 'coditect-e2e' });
  const stores = options.withEvents === undefined ? noStores : await startStores(say);
  const world = { ...handsOn(cluster, { client, gitUrl: door.url }), events: stores.events, redis: stores.redis };
  await install(world, options);
  return {
    ...world,
    async close() {
      await client.close();
      await door.close();
      await stopCluster(cluster);
      await stores.stop();
      await rm(repository, { recursive: true, force: true });
    },
  };
}

async function install({ cluster, kubectl, apply, events, redis }: World, { leaseSeconds = 12, upstreamUrl, say }: WorldOptions): Promise<void> {
  say('installing the operator');
  const crds = await Promise.all(kinds.map(({ plural }) => plural).map((plural) => readFile(join(root, 'crds', `coditect.ai_${plural}.yaml`), 'utf8')));
  const llm = upstreamUrl === undefined ? {} : { llm: { image: images.llmGateway, key: { secret: 'coditect-llm-provider', key: 'api-key' }, upstreamUrl } };
  const secrets = secretsOf({ events, redis }, systemNamespace);
  const objects = installManifests({ namespace: systemNamespace, images, consoleImage: images.console, replicas: 1, leaderElection: 'fast', ...llm, ...mirrorOf({ events, redis }, images.mirror) });
  if (secrets.length > 0) await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: systemNamespace } }, ...secrets);
  if (upstreamUrl !== undefined) await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: systemNamespace } }, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'coditect-llm-provider', namespace: systemNamespace }, stringData: { 'api-key': providerKey } });
  await installOperator(cluster, { manifests: [...crds, ...objects.map((object) => stringify(object))] });
  await kubectl('-n', systemNamespace, 'set', 'env', 'deployment/coditect-operator', `CODITECT_LEASE_SECONDS=${leaseSeconds}`);
  if (events !== undefined) await kubectl('-n', systemNamespace, 'rollout', 'status', 'statefulset/coditect-mirror', '--timeout=90s');
  for (const workload of ['deployment/coditect-operator', 'statefulset/coditect-blobs', ...(upstreamUrl === undefined ? [] : ['deployment/coditect-llm-gateway'])]) await kubectl('-n', systemNamespace, 'rollout', 'status', workload, '--timeout=90s');
}

/** What stories can do with any cluster. */
export type Hands = Omit<World, 'events' | 'redis'>;

/** Hands on a cluster, whatever is installed there. Namespaces that they make have these labels. */
export function handsOn(cluster: Cluster, { client, gitUrl, labels = {} }: Pick<World, 'client' | 'gitUrl'> & { readonly labels?: Readonly<Record<string, string>> }): Hands {
  const tryKubectl: World['tryKubectl'] = (args, input) =>
    new Promise((done) => {
      const child = spawn(cluster.kubectl, [...args], { env: { ...process.env, KUBECONFIG: cluster.kubeconfig }, stdio: ['pipe', 'pipe', 'pipe'] });
      const [out, err]: [Buffer[], Buffer[]] = [[], []];
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
      child.on('close', (code) => done({ code: code ?? 1, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }));
      child.stdin.end(input ?? '');
    });
  const strict = async (args: readonly string[], input?: string): Promise<string> => {
    const { code, stdout, stderr } = await tryKubectl(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim() || stdout.trim()}`);
    return stdout;
  };
  const apply = (...objects: readonly object[]) => strict(['apply', '-f', '-'], objects.map((object) => stringify(object)).join('---\n'));
  return {
    cluster,
    client,
    gitUrl,
    tryKubectl,
    kubectl: (...args) => strict(args),
    apply,
    async namespace(name, pool = {}) {
      await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }, crew(name, pool));
      return name;
    },
    audit: async () => (await readFile(cluster.auditLog, 'utf8')).split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as AuditEvent),
  };
}

/** An AgentPool `crew` of Analyzers and Testers. */
export function crew(namespace: string, spec: object = {}): object {
  return {
    apiVersion: 'coditect.ai/v1alpha1',
    kind: 'AgentPool',
    metadata: { name: 'crew', namespace },
    spec: { agentTypes: ['Analyzer', 'Tester'], slotsPerAgent: 4, scaling: { minReplicas: 0, maxReplicas: 3, warm: 1 }, template: { image: images.agent }, ...spec },
  };
}

/** A checkout of parts of this project in a new folder, as a repository of one commit. */
export async function makeRepository(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'coditect-e2e-repository-'));
  const git = (...args: readonly string[]) => run('git', ['-C', folder, '-c', 'user.name=e2e', '-c', 'user.email=e2e@example.org', ...args]);
  await git('init', '-q', '-b', 'main');
  await run('cp', ['-r', ...['README.md', 'LICENSE', 'api', 'domain', 'operator', 'agent-runtime', 'config'].map((path) => join(root, path)), folder]);
  await git('add', '-A');
  await git('commit', '-q', '-m', 'a repository to look at');
  return folder;
}

/** Reads a YAML file of objects. */
export async function objectsOf(file: string): Promise<readonly Record<string, unknown>[]> {
  return parseAllDocuments(await readFile(file, 'utf8')).map((document) => document.toJS() as Record<string, unknown>);
}

/** Asks until the answer is given, or fails with `what`. */
export async function eventually<T>(what: string | (() => string), seconds: number, ask: () => Promise<T | undefined | false>): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`${typeof what === 'string' ? what : what()}: not within ${seconds} s`);
    await sleep(100);
  }
}
