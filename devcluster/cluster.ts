// Starting, finding and ending clusters. A start that fails or is interrupted at any point leaves nothing behind.
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, createApiClient } from './api-client.ts';
import type { Binaries } from './binaries.ts';
import { ensureBinaries } from './build.ts';
import { componentNames, isRunning, lastWords, startComponent } from './components.ts';
import { apiserverCommand, type ControlPlaneOptions, controllerManagerCommand, etcdCommand, schedulerCommand, writeAuditPolicy, writeKeys } from './control-plane.ts';
import { ensureFolder, readJson, writeFileAtomic, writeJson } from './files.ts';
import { claimFolder, hireGuard, removeCluster } from './folder.ts';
import { type ApiAccess, kubeconfigText } from './kubeconfig.ts';
import { type ClusterLayout, layoutOf, runtimeFolderOf } from './layout.ts';
import { type NodeOptions, type NodePlan, type NodePlanner, plannerOf } from './node-setup.ts';
import { freePorts } from './ports.ts';
import { isRoot } from './processes.ts';
import type { DevclusterSettings, NodeKind } from './settings.ts';

/** A running cluster, as its record describes it. */
export interface Cluster {
  readonly name: string;
  readonly folder: string;
  /** Folder that pods can enter: images, volumes, endpoints.json. */
  readonly runtimeFolder: string;
  /** https://127.0.0.1:port */
  readonly server: string;
  /** File with an admin's access. */
  readonly kubeconfig: string;
  /** A kubectl that fits. */
  readonly kubectl: string;
  readonly node: NodeKind;
  readonly nodeName: string;
  /** Address under which pods reach servers of this machine that listen on it. */
  readonly hostAddress: string;
  /** Addresses of the installation; see #api/endpoints.ts. Written by the process node alone. */
  readonly endpointsFile: string;
  /** One JSON line per answered request. */
  readonly auditLog: string;
}

export interface StartOptions extends NodeOptions {
  /** RFC 1123 label of up to 40 characters; names the cluster's folder. */
  readonly name: string;
  /** Folder of the cluster instead of `<cache>/clusters/<name>`; must not exist, or be empty. */
  readonly folder?: string;
  readonly unsafeNoFsync?: boolean;
  /** Ends the cluster when this process ends, however it ends. */
  readonly endWithStarter?: boolean;
  readonly signal?: AbortSignal;
}

const readyTimeoutMs = 90_000;

/** Starts a cluster and resolves when its node is Ready. */
export async function startCluster(options: StartOptions): Promise<Cluster> {
  if (!/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(options.name)) throw new Error(`start cluster ${options.name}: the name must be an RFC 1123 label of at most 40 characters; choose another`);
  const binaries = await ensureBinaries(options);
  const planner = await plannerOf(options);
  const folder = resolve(options.folder ?? clusterFolder(options, options.name));
  const layout = layoutOf(folder, runtimeFolderOf(folder, isRoot()));
  const incarnation = await claimFolder(layout, options.name);
  const guard = await hireGuard(layout.folder, incarnation);
  try {
    const cluster = await bringUp(options, layout, binaries, planner);
    if (options.endWithStarter !== true) await guard.dismiss();
    return cluster;
  } catch (error) {
    await removeCluster(folder);
    await guard.dismiss();
    throw error;
  }
}

async function bringUp(options: StartOptions, layout: ClusterLayout, binaries: Binaries, planner: NodePlanner): Promise<Cluster> {
  for (const folder of [layout.run, layout.logs, layout.podLogs]) ensureFolder(folder);
  ensureFolder(layout.runtime, isRoot() ? 0o711 : 0o700);
  const [apiserver = 0, etcdClient = 0, etcdPeer = 0] = await freePorts(3);
  const node = planner(layout);
  const plane: ControlPlaneOptions = { binaries, layout, ports: { apiserver, etcdClient, etcdPeer }, network: node.network, unsafeNoFsync: options.unsafeNoFsync === true };
  const keys = writeKeys(plane, node.name);
  writeAuditPolicy(layout);
  startComponent(layout, 'etcd', etcdCommand(plane));
  startComponent(layout, 'kube-apiserver', apiserverCommand(plane));
  writeFileAtomic(layout.kubeconfig, kubeconfigText(options.name, keys.admin));
  await node.prepare(plane, keys);
  await finishStart(options, plane, node, keys.admin);
  const cluster: Cluster = {
    name: options.name,
    folder: layout.folder,
    runtimeFolder: layout.runtime,
    server: keys.admin.server,
    kubeconfig: layout.kubeconfig,
    kubectl: binaries.kubectl,
    node: options.node,
    nodeName: node.name,
    hostAddress: node.network.host,
    endpointsFile: layout.endpoints,
    auditLog: layout.auditLog,
  };
  writeJson(layout.record, cluster);
  return cluster;
}

async function finishStart({ progress, signal }: StartOptions, plane: ControlPlaneOptions, node: NodePlan, admin: ApiAccess): Promise<void> {
  const { layout } = plane;
  const client = createApiClient(admin);
  const wait = (what: string, isDone: () => Promise<boolean>) => {
    progress?.(`waiting for ${what}`);
    return waitFor(what, isDone, layout, signal);
  };
  try {
    await wait('the API server', async () => (await client.send<string>({ method: 'GET', path: '/readyz' })) === 'ok');
    startComponent(layout, 'kube-controller-manager', controllerManagerCommand(plane));
    startComponent(layout, 'kube-scheduler', schedulerCommand(plane));
    await node.start();
    await wait('the node', () => nodeIsReady(client, node.name));
    // Pods are refused until the controller manager has made the namespace's service account.
    await wait('service accounts', async () => (await client.send<object>({ method: 'GET', path: '/api/v1/namespaces/default/serviceaccounts/default' })) !== undefined);
  } finally {
    client.close();
  }
}

async function nodeIsReady(client: ApiClient, nodeName: string): Promise<boolean> {
  const node = await client.send<{ spec: { taints?: readonly object[] }; status: { conditions?: readonly { type: string; status: string }[] } }>({ method: 'GET', path: `/api/v1/nodes/${nodeName}` });
  const isReady = node.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  return isReady && (node.spec.taints ?? []).length === 0;
}

async function waitFor(what: string, isDone: () => Promise<boolean>, layout: ClusterLayout, signal: AbortSignal | undefined): Promise<void> {
  const deadline = performance.now() + readyTimeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    if (await isDone().catch(() => false)) return;
    const dead = componentNames.find((name) => existsSync(join(layout.run, `${name}.json`)) && !isRunning(layout, name));
    if (dead !== undefined) throw new Error(`start ${dead}: it ended while waiting for ${what}, so the cluster was removed; its last words: ${lastWords(layout, dead)}`);
    if (performance.now() > deadline) throw new Error(`wait for ${what}: not ready after ${readyTimeoutMs / 1000} s, so the cluster was removed; is the machine overloaded? ${lastWords(layout, 'kube-apiserver')}`);
    await sleep(50);
  }
}

/** The running cluster of this name, or undefined. */
export function findCluster(settings: DevclusterSettings, name: string): Cluster | undefined {
  return openCluster(clusterFolder(settings, name));
}

/** The running cluster of a folder, or undefined. */
export function openCluster(folder: string): Cluster | undefined {
  const layout = layoutOf(resolve(folder), '');
  const cluster = readJson<Cluster>(layout.record);
  return cluster !== undefined && (isRunning(layout, 'etcd') || isRunning(layout, 'kube-apiserver')) ? cluster : undefined;
}

/** Running clusters of the cache, by name; what dead ones left behind is removed. */
export async function listClusters(settings: DevclusterSettings): Promise<readonly Cluster[]> {
  const parent = join(settings.cacheFolder, 'clusters');
  if (!existsSync(parent)) return [];
  const found: Cluster[] = [];
  for (const name of readdirSync(parent).toSorted()) {
    const cluster = findCluster(settings, name);
    if (cluster !== undefined) found.push(cluster);
    else await removeCluster(join(parent, name), { onlyDead: true });
  }
  return found;
}

/** Ends a cluster and removes its folders. Fine when it is gone already. */
export async function stopCluster(cluster: Pick<Cluster, 'folder'>): Promise<void> {
  await removeCluster(cluster.folder);
}

/** Folder of a cluster by its name. */
export function clusterFolder({ cacheFolder }: Pick<DevclusterSettings, 'cacheFolder'>, name: string): string {
  return join(cacheFolder, 'clusters', name);
}
