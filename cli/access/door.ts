// Where the servers of the installation can be reached from here: addresses beside a dev cluster's kubeconfig, else a forward to the pod.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Endpoints } from '#api/endpoints.ts';
import { labels, names } from '#api/labels.ts';
import { configMaps, leases, pods } from '#platform/kube/resources.ts';
import type { KubeObject } from '#platform/kube/types.ts';
import { servicePorts } from '#platform/rpc/addresses.ts';
import { blobsName, consoleName, mirrorName, operatorName } from '#platform/rpc/tls.ts';
import { Refusal } from '../failure.ts';
import type { Cluster } from './cluster.ts';
import { forwardPort } from './port-forward.ts';

/** A server of the installation, ready to be dialled. */
export interface Door {
  /** host:port to connect to. */
  readonly address: string;
  /** Name in the server's certificate, whatever address is dialled. */
  readonly serverName: string;
  /** CA of the installation, PEM. */
  readonly ca: string;
  close(): Promise<void>;
}

interface Lease extends KubeObject {
  readonly spec?: { readonly holderIdentity?: string };
}
interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}
interface Pod extends KubeObject {
  readonly spec?: { readonly containers?: readonly { readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[] }[] };
  readonly status?: { readonly phase?: string };
}

/** Whom to reach: the leading operator, the blob service, or the mirror and the console, of which there may be none. */
export type Server = 'api' | 'blobs' | 'history' | 'console';

const fallbackPorts: Readonly<Record<Server, number>> = { api: servicePorts.operator.api, blobs: servicePorts.blobs, history: servicePorts.history, console: servicePorts.console };
const serverNames: Readonly<Record<Server, (namespace: string) => string>> = { api: operatorName, blobs: blobsName, history: mirrorName, console: consoleName };

/** Finds a server and a way to it. */
export async function openDoor(cluster: Cluster, to: Server): Promise<Door> {
  const serverName = serverNames[to](cluster.operatorNamespace);
  const [ca, published] = await Promise.all([readCa(cluster), readEndpoints(cluster.folder)]);
  const pod = to === 'api' ? await leaderPod(cluster) : undefined;
  const address = published === undefined ? undefined : addressIn(published, to, pod);
  if (address !== undefined) return { address, serverName, ca, close: async () => {} };
  const target = pod ?? (await podFinders[to](cluster));
  const forward = await forwardPort({ namespace: cluster.operatorNamespace, pod: target, port: await portOf(cluster, target, to) }, (path, protocol) => cluster.socket(path, protocol));
  return { address: forward.address, serverName, ca, close: () => forward.close() };
}

/** Address of a server among the published ones; the leader's, when it is listed. */
export function addressIn(published: Endpoints, to: Server, leader: string | undefined): string | undefined {
  if (to !== 'api') return published[to];
  return (published.operators.find(({ pod }) => pod === leader) ?? published.operators[0])?.api;
}

/** Pod named in a holder identity `<pod>_<uuid>`. */
export function podOfHolder(identity: string | undefined): string | undefined {
  const end = identity?.lastIndexOf('_') ?? -1;
  return end > 0 ? identity?.slice(0, end) : undefined;
}

async function leaderPod(cluster: Cluster): Promise<string> {
  const lease = await cluster.client.get<Lease>(leases, { namespace: cluster.operatorNamespace, name: names.lease });
  const pod = podOfHolder(lease?.spec?.holderIdentity);
  if (pod === undefined) throw new Refusal(`find the operator: no leader holds the lease ${cluster.operatorNamespace}/${names.lease}`, 'kubectl get pods -n ' + cluster.operatorNamespace);
  return pod;
}

async function readCa(cluster: Cluster): Promise<string> {
  const map = await cluster.client.get<ConfigMap>(configMaps, { namespace: cluster.operatorNamespace, name: names.caConfigMap });
  const ca = map?.data?.['ca.crt'];
  if (ca === undefined) throw new Refusal(`read the CA: there is no ConfigMap ${cluster.operatorNamespace}/${names.caConfigMap} with ca.crt`, 'name the installation with --operator-namespace, or install the operator');
  return ca;
}

/** What a dev cluster writes beside its kubeconfig: the addresses themselves, or a record that says where they are. */
async function readEndpoints(folder: string | undefined): Promise<Endpoints | undefined> {
  if (folder === undefined) return undefined;
  const beside = Endpoints.safeParse(await readJson(join(folder, 'endpoints.json')));
  if (beside.success) return beside.data;
  const record = ClusterRecord.safeParse(await readJson(join(folder, 'cluster.json')));
  return record.success ? Endpoints.safeParse(await readJson(record.data.endpointsFile)).data : undefined;
}

const ClusterRecord = z.object({ endpointsFile: z.string().min(1) });

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch {
    // Not a dev cluster, or the file is being written: the forward is the way that always exists.
    return undefined;
  }
}

async function blobsPod(cluster: Cluster): Promise<string> {
  const running = (await podsOf(cluster, 'blobs')).find(isRunning);
  if (running === undefined) throw new Refusal(`find the blob service: no pod of ${names.blobs} runs`, `kubectl get pods -n ${cluster.operatorNamespace}`);
  return running.metadata.name;
}

async function mirrorPod(cluster: Cluster): Promise<string> {
  const found = await podsOf(cluster, 'mirror');
  if (found.length === 0) throw new Refusal('ask the mirror: this installation has none, and without it nothing is kept of what happened', 'install the chart with mirror.enabled=true and the servers of an event log, see docs/events.md; only what happens from then on can be replayed');
  const running = found.find(isRunning);
  if (running === undefined) throw new Refusal(`ask the mirror: no pod of ${names.mirror} runs`, `kubectl get pods -n ${cluster.operatorNamespace}`);
  return running.metadata.name;
}

async function consolePod(cluster: Cluster): Promise<string> {
  const found = await podsOf(cluster, 'console');
  if (found.length === 0) throw new Refusal('open the page: this installation has no console', 'install the chart with console.enabled=true; until then kubectl mission tree shows a mission');
  const running = found.find(isRunning);
  if (running === undefined) throw new Refusal(`open the page: no pod of ${names.console} runs`, `kubectl get pods -n ${cluster.operatorNamespace}`);
  return running.metadata.name;
}

const podFinders: Readonly<Record<Server, (cluster: Cluster) => Promise<string>>> = { api: leaderPod, blobs: blobsPod, history: mirrorPod, console: consolePod };

async function podsOf(cluster: Cluster, component: string): Promise<readonly Pod[]> {
  return (await cluster.client.list<Pod>(pods, { namespace: cluster.operatorNamespace, labelSelector: `${labels.name}=coditect,${labels.component}=${component}` })).items;
}

function isRunning({ status }: Pod): boolean {
  return status?.phase === 'Running';
}

async function portOf(cluster: Cluster, name: string, to: Server): Promise<number> {
  const pod = await cluster.client.get<Pod>(pods, { namespace: cluster.operatorNamespace, name });
  const ports = pod?.spec?.containers?.flatMap((container) => container.ports ?? []) ?? [];
  return ports.find((port) => port.name === to)?.containerPort ?? fallbackPorts[to];
}
