// The Node object and its Lease: what this node says of itself, and that it is alive.
import { arch, cpus, hostname, release, totalmem } from 'node:os';
import { labels } from '#api/labels.ts';
import { formatTime } from '#api/time.ts';
import { type ApiClient, statusOf } from '../api-client.ts';
import { kubernetesVersion } from '../settings.ts';
import type { NodeConfig } from './config.ts';

const leaseSeconds = 40;
const leaseRenewMs = 10_000;
const statusMs = 60_000;
const maxPods = 250;

/** Registers the node; later calls of `beat` renew its Lease and status. */
export async function registerNode(client: ApiClient, config: NodeConfig, now: () => number): Promise<void> {
  const metadata = {
    name: config.nodeName,
    labels: {
      'kubernetes.io/hostname': config.nodeName,
      'kubernetes.io/os': process.platform === 'darwin' ? 'darwin' : 'linux',
      'kubernetes.io/arch': arch() === 'x64' ? 'amd64' : arch(),
      [labels.enforcement]: 'none',
    },
  };
  try {
    await client.send({ method: 'POST', path: '/api/v1/nodes', body: { apiVersion: 'v1', kind: 'Node', metadata, status: nodeStatus(config, now()) } });
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
    await writeStatus(client, config, now);
  }
}

/** Says now and again that the node is alive; a missed beat is made up by the next. */
export function keepAlive(client: ApiClient, config: NodeConfig, now: () => number): { readonly close: () => void } {
  const quietly = (work: Promise<unknown>) => void work.catch(() => {});
  quietly(renewLease(client, config.nodeName, now));
  const timers = [setInterval(() => quietly(renewLease(client, config.nodeName, now)), leaseRenewMs), setInterval(() => quietly(writeStatus(client, config, now)), statusMs)];
  return { close: () => timers.forEach((timer) => clearInterval(timer)) };
}

async function renewLease(client: ApiClient, nodeName: string, now: () => number): Promise<void> {
  const collection = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
  const spec = { holderIdentity: nodeName, leaseDurationSeconds: leaseSeconds, renewTime: new Date(now()).toISOString().replace('Z', '000Z') };
  try {
    await client.send({ method: 'PATCH', path: `${collection}/${nodeName}`, body: { spec }, contentType: 'application/merge-patch+json' });
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    await client.send({ method: 'POST', path: collection, body: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: nodeName, namespace: 'kube-node-lease' }, spec } });
  }
}

async function writeStatus(client: ApiClient, config: NodeConfig, now: () => number): Promise<void> {
  await client.send({ method: 'PATCH', path: `/api/v1/nodes/${config.nodeName}/status`, body: { status: nodeStatus(config, now()) }, contentType: 'application/strategic-merge-patch+json' });
}

function nodeStatus({ capacity, nodeName, serving }: NodeConfig, now: number): object {
  const resources = { cpu: capacity?.cpu ?? String(cpus().length), memory: capacity?.memory ?? String(totalmem()), pods: String(maxPods) };
  const quiet = ['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => ({ type, status: 'False', reason: 'NotMeasured', message: 'The process node does not measure this.' }));
  const ready = { type: 'Ready', status: 'True', reason: 'ProcessNodeReady', message: 'Containers run as plain processes; nothing is isolated.' };
  return {
    capacity: resources,
    allocatable: resources,
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }, { type: 'Hostname', address: nodeName }],
    daemonEndpoints: { kubeletEndpoint: { Port: serving.port } },
    conditions: [ready, ...quiet].map((condition) => ({ ...condition, lastHeartbeatTime: formatTime(now) })),
    nodeInfo: {
      machineID: '', systemUUID: '', bootID: '', kernelVersion: release(), osImage: `processes of ${hostname()}`, containerRuntimeVersion: 'process://1',
      kubeletVersion: `v${kubernetesVersion}-process-node`, kubeProxyVersion: '', operatingSystem: process.platform === 'darwin' ? 'darwin' : 'linux', architecture: arch() === 'x64' ? 'amd64' : arch(),
    },
  };
}
