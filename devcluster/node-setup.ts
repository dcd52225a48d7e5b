// Writes the configuration of a cluster's process node.
import { kubeletClientName, type ClusterKeys } from './control-plane.ts';
import { ensureFolder, writeJson } from './files.ts';
import { userClaims } from './folder.ts';
import type { Images } from './images.ts';
import type { ClusterLayout } from './layout.ts';
import { claimUserBlock } from './pod-users.ts';
import { isRoot } from './processes.ts';
import type { NodeConfig } from './process-node/config.ts';

interface NodeSetup {
  readonly layout: ClusterLayout;
  readonly keys: ClusterKeys;
  readonly nodeName: string;
  readonly logsPort: number;
  readonly images: Images;
  readonly programPath: string;
  readonly capacity?: { readonly cpu?: string; readonly memory?: string };
}

/** Writes the node's configuration file; as root it also claims the user ids of the pods. */
export function writeNodeConfig({ layout, keys, nodeName, logsPort, images, programPath, capacity }: NodeSetup): void {
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
    ...(capacity === undefined ? {} : { capacity }),
  };
  writeJson(layout.nodeConfig, config);
}
