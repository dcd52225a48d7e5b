// Where binaries and clusters live, and which Kubernetes this is. The environment is handed in: only main.ts files read it.
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join, resolve, sep } from 'node:path';

/** Version of every Kubernetes component; go.mod names the same one. */
export const kubernetesVersion = '1.36.3';

/** Where binaries are found or built. */
export interface BinarySettings {
  /** Folder of built binaries and of clusters. */
  readonly cacheFolder: string;
  /** Folder with ready-made binaries, as setup-envtest prints it. */
  readonly assetsFolder?: string;
}

/** What runs pods: processes of this machine, or a kubelet with containers. */
export type NodeKind = 'process' | 'kubelet';

export interface DevclusterSettings extends BinarySettings {
  readonly node: NodeKind;
  /** PATH on which containers find the programs of this machine, after those of their image. */
  readonly programPath: string;
}

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Settings from CODITECT_CACHE (default ~/.cache/coditect), KUBEBUILDER_ASSETS, NODE (process or kubelet; default process) and PATH. */
export function settingsFrom(environment: Readonly<Record<string, string | undefined>>): DevclusterSettings {
  const { CODITECT_CACHE: cache, KUBEBUILDER_ASSETS: assets, NODE: node, PATH: path = '' } = environment;
  return {
    cacheFolder: resolve(cache === undefined || cache === '' ? join(homedir(), '.cache', 'coditect') : cache),
    ...(assets === undefined || assets === '' ? {} : { assetsFolder: resolve(assets) }),
    node: nodeKindOf(node),
    programPath: programPathOf(path),
  };
}

function nodeKindOf(value = ''): NodeKind {
  // npm gives its scripts the path of Node in a variable of this name.
  if (value === '' || value === 'process' || isAbsolute(value)) return 'process';
  if (value === 'kubelet') return 'kubelet';
  throw new Error(`read NODE: there is no kind of node called ${value}, so no cluster was looked at; use process or kubelet`);
}

/** Without the packages of checkouts: what is run in a cluster is not to depend on where it was started. */
function programPathOf(path: string): string {
  const entries = [...path.split(delimiter), ...systemPath.split(delimiter)].filter((entry) => isAbsolute(entry) && !entry.split(sep).includes('node_modules'));
  return [...new Set(entries)].join(delimiter);
}
