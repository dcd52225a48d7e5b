// A cluster with real pods, names and volumes, in which nothing of ours is installed yet: that is what the first story does.
import { chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type Cluster, type DevclusterSettings, layoutOf, openGitDoor, restartComponent, startCluster, stopCluster, stopComponent } from '#devcluster/index.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { loadClusterConfig } from '#platform/kube/config.ts';
import type { Helm } from '#testing/charts/helm.ts';
import { policyOf } from '#testing/llm/policies/catalogue.ts';
import { type ModelServer, startModelServer } from '#testing/llm/server.ts';
import { clusterDomain, startNameServer } from '#testing/names/server.ts';
import { type Hands, handsOn, makeRepository } from '#testing/world.ts';
import { provideImages } from './images.ts';

/** Every namespace of a run takes restricted pods only. */
export const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' } as const;

export interface KubeletWorld extends Hands {
  /** Knows the cluster. */
  readonly helm: Helm;
  /** The scripted provider of models, on an address that pods reach. */
  readonly models: ModelServer;
  readonly say: (line: string) => void;
}

export interface KubeletWorldOptions {
  readonly settings: DevclusterSettings;
  /** Opens a helm for the cluster with this kubeconfig. */
  readonly helm: (kubeconfig: string) => Helm;
  readonly say: (line: string) => void;
}

type Closer = () => unknown;

/** Starts the cluster and what stands around it. A start that fails leaves nothing behind; all of it ends with this process at the latest. */
export async function createKubeletWorld(name: string, options: KubeletWorldOptions): Promise<KubeletWorld & { close(): Promise<void> }> {
  const closers: Closer[] = [];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).toReversed()) await end();
  };
  try {
    return { ...(await build(name, options, (end) => closers.push(end))), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(name: string, { settings, helm: openHelm, say }: KubeletWorldOptions, atEnd: (end: Closer) => void): Promise<KubeletWorld> {
  const repository = await makeRepository();
  atEnd(() => rmSync(repository, { recursive: true, force: true }));
  const cluster = await startCluster({ ...settings, node: 'kubelet', name, endWithStarter: true, progress: say });
  atEnd(() => stopCluster(cluster));
  const client = createKubeClient(await loadClusterConfig({ kubeconfigPath: cluster.kubeconfig, env: {} }), { userAgent: 'coditect-e2e' });
  atEnd(() => client.close());
  const helm = openHelm(cluster.kubeconfig);
  atEnd(() => helm.close());
  const models = await startModelServer({ policy: policyOf('demo', {}), address: cluster.hostAddress });
  atEnd(() => models.close());
  const names = await startNameServer(cluster.hostAddress, client);
  atEnd(() => names.close());
  await tellNames(cluster);
  await provideImages(cluster, { cacheFolder: settings.cacheFolder, path: settings.programPath, say });
  const gitUrl = await openGitDoor(cluster, repository);
  return { ...handsOn(cluster, { client, gitUrl, labels: restricted }), helm, models, say };
}

/** Tells the kubelet of the name server, and starts it anew: it says it to the pods that it makes. */
async function tellNames(cluster: Cluster): Promise<void> {
  const layout = layoutOf(cluster.folder, cluster.runtimeFolder);
  const file = join(layout.node, 'settings', 'kubelet.yaml');
  const config = parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, stringify({ ...config, clusterDNS: [cluster.hostAddress], clusterDomain }));
  await stopComponent(layout, 'kubelet');
  restartComponent(layout, 'kubelet');
}

const systemUser = 65_532;

/** A volume for a claim, on the disk of the node: a folder that the user of the system's pods owns. */
export function volumeFor({ folder, runtimeFolder }: Pick<Cluster, 'folder' | 'runtimeFolder'>, namespace: string, claim: string): object {
  const path = `/var/lib/coditect-volumes/${claim}`;
  const here = join(layoutOf(folder, runtimeFolder).node, path);
  mkdirSync(here, { recursive: true, mode: 0o755 });
  chownSync(here, systemUser, systemUser);
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: claim },
    spec: { capacity: { storage: '20Gi' }, accessModes: ['ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Retain', hostPath: { path, type: 'Directory' }, claimRef: { namespace, name: claim } },
  };
}
