// The two kinds of node: processes of this machine, which need nothing, and real pods, which need root. cluster.ts treats them alike.
import { join } from 'node:path';
import { startComponent } from './components.ts';
import { type ClusterKeys, type ClusterNetwork, type ControlPlaneOptions, kubeletClientName, loopbackNetwork } from './control-plane.ts';
import { ensureFolder, writeJson } from './files.ts';
import { userClaims } from './folder.ts';
import { type Images, installImages } from './images.ts';
import { kubeletNodeName } from './kubelet-node/config.ts';
import { type NodeParts, prepareNode, startNode } from './kubelet-node/node.ts';
import { claimPlot } from './kubelet-node/plot.ts';
import { ensureNodePrograms, type NodePrograms } from './kubelet-node/programs.ts';
import { whyNoKubelet } from './kubelet-node/why.ts';
import type { ClusterLayout } from './layout.ts';
import { claimUserBlock } from './pod-users.ts';
import { freePorts } from './ports.ts';
import { isRoot } from './processes.ts';
import type { NodeConfig } from './process-node/config.ts';
import type { DevclusterSettings } from './settings.ts';

export interface NodeOptions extends DevclusterSettings {
  /** Process node only: what runs in the place of images. A kubelet is given images by importImages. */
  readonly images?: Images;
  /** Process node only: folder that is copied to `$BUNDLES` of the images. */
  readonly bundlesFolder?: string;
  /** Process node only: what the node says it has, for example { cpu: '16' }; unset: what the host has. */
  readonly nodeCapacity?: { readonly cpu?: string; readonly memory?: string };
  readonly progress?: (line: string) => void;
}

/** A node that can be started: how it is called, where it will be, and its two steps. */
export interface NodePlan {
  readonly name: string;
  readonly network: ClusterNetwork;
  /** What needs no API server; may run while that starts. */
  prepare(plane: ControlPlaneOptions, keys: ClusterKeys): Promise<void>;
  /** What needs an API server that answers. */
  start(): Promise<void>;
}

/** Makes a plan for a cluster whose folder is claimed. */
export type NodePlanner = (layout: ClusterLayout) => NodePlan;

/** Finds, builds or installs what the wanted kind of node needs, before there is anything to remove. Rejects where that node cannot run, and why. */
export async function plannerOf(options: NodeOptions): Promise<NodePlanner> {
  if (options.node === 'process') return (layout) => processNode(options, layout);
  const reason = whyNoKubelet(options);
  if (reason !== undefined) throw new Error(`start a cluster with real pods: ${reason}`);
  const foreign = (['images', 'bundlesFolder', 'nodeCapacity'] as const).find((name) => options[name] !== undefined);
  if (foreign !== undefined) throw new Error(`start a cluster with real pods: ${foreign} is for the process node, so nothing was started; leave it out and give images to importImages`);
  const programs = await ensureNodePrograms(options, options.progress);
  return (layout) => kubeletNode(programs, layout);
}

function kubeletNode(programs: NodePrograms, layout: ClusterLayout): NodePlan {
  const plot = claimPlot(layout.folder);
  let parts: NodeParts | undefined;
  return {
    name: kubeletNodeName,
    network: plot,
    prepare: async ({ ports }, keys) => {
      parts = { layout, plot, programs, keys, apiPort: ports.apiserver };
      await prepareNode(parts);
    },
    start: async () => {
      if (parts !== undefined) await startNode(parts);
    },
  };
}

function processNode(options: NodeOptions, layout: ClusterLayout): NodePlan {
  const name = 'process-node';
  return {
    name,
    network: loopbackNetwork,
    prepare: async ({ ports }, keys) => {
      const [logsPort = 0] = await freePorts(1, new Set(Object.values(ports)));
      const images = installImages(layout.images, options.images ?? {}, options.bundlesFolder);
      writeNodeConfig(options, layout, { keys, nodeName: name, logsPort, images });
    },
    start: async () => startComponent(layout, 'process-node', { file: process.execPath, args: [join(import.meta.dirname, 'process-node', 'main.ts'), layout.nodeConfig] }),
  };
}

interface NodeSetup {
  readonly keys: ClusterKeys;
  readonly nodeName: string;
  readonly logsPort: number;
  readonly images: Images;
}

/** Writes the node's configuration file; as root it also claims the user ids of the pods. */
function writeNodeConfig({ programPath, nodeCapacity }: NodeOptions, layout: ClusterLayout, { keys, nodeName, logsPort, images }: NodeSetup): void {
  ensureFolder(layout.pods, isRoot() ? 0o711 : 0o700);
  const config: NodeConfig = {
    nodeName,
    api: keys.node,
    serving: { ...keys.nodeServing, port: logsPort, clientName: kubeletClientName },
    images,
    imagesFolder: layout.images,
    programPath,
    podsFolder: layout.pods,
    logsFolder: layout.podLogs,
    ledgerFile: layout.ledger,
    endpointsFile: layout.endpoints,
    systemNamespace: 'coditect-system',
    ...(isRoot() ? { users: claimUserBlock(userClaims, layout.folder) } : {}),
    ...(nodeCapacity === undefined ? {} : { capacity: nodeCapacity }),
  };
  writeJson(layout.nodeConfig, config);
}
