// Whether this machine can be host to a node with real pods, asked before anything is built or started.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, statfsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { isRoot } from '../processes.ts';
import type { DevclusterSettings } from '../settings.ts';
import { hierarchies } from './cgroups.ts';
import { isIn, missingPackages, needsNodeBuild } from './programs.ts';

const capabilities = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21 } as const;
const overlayFileSystem = 0x794c7630;

/** Undefined when a cluster with real pods can run here, otherwise the first reason against it, with what to do. Builds and installs nothing. */
export function whyNoKubelet(settings: Pick<DevclusterSettings, 'cacheFolder' | 'programPath'>): string | undefined {
  if (process.platform !== 'linux') return 'pods need Linux; use the process node or another cluster';
  if (!isRoot()) return 'pods need root on this machine; run as root or use the process node';
  return whyNoRights() ?? whyNoGroups() ?? whyNoTools() ?? whyNoPrograms(settings) ?? whyNoLayers(settings.cacheFolder) ?? whyNoNamespaces();
}

function whyNoRights(): string | undefined {
  const missing = missingCapabilities(readFileSync('/proc/self/status', 'utf8'));
  return missing.length === 0 ? undefined : `root lacks ${missing.join(' and ')} here, so it cannot make networks and mounts; run outside of this container`;
}

/** Those that the node needs and a process with this status does not have. */
export function missingCapabilities(status: string): readonly string[] {
  const [, effective = '0'] = /^CapEff:\s+([0-9a-f]+)/m.exec(status) ?? [];
  const bits = BigInt(`0x${effective}`);
  return Object.entries(capabilities).filter(([, bit]) => ((bits >> BigInt(bit)) & 1n) === 0n).map(([name]) => name);
}

function whyNoGroups(): string | undefined {
  const parents = hierarchies();
  if (parents.length === 0) return 'no control groups are mounted here, so pods have no limits; mount them or use another machine';
  const closed = parents.find((parent) => !canMakeGroup(join(parent, `coditect-probe-${process.pid}`)));
  return closed === undefined ? undefined : `control groups under ${closed} are read only, so pods cannot be started; run outside of this container`;
}

function canMakeGroup(folder: string): boolean {
  try {
    mkdirSync(folder);
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

function whyNoTools(): string | undefined {
  const packages = missingPackages();
  return packages.length === 0 || existsSync('/usr/bin/apt-get') ? undefined : `programs of the packages ${packages.join(', ')} are missing and there is no apt-get; install them in the way of this system`;
}

function whyNoPrograms(settings: Pick<DevclusterSettings, 'cacheFolder' | 'programPath'>): string | undefined {
  return !needsNodeBuild(settings) || isIn(settings.programPath.split(delimiter), 'go') ? undefined : 'kubelet and containerd are not built yet and there is no Go; install Go 1.26 or newer from https://go.dev/dl';
}

/** Layers of images cannot lie upon a file system that is made of layers itself. */
function whyNoLayers(cacheFolder: string): string | undefined {
  let folder = cacheFolder;
  while (!existsSync(folder)) folder = dirname(folder);
  return statfsSync(folder).type === overlayFileSystem ? `${folder} lies on an overlay file system, which cannot hold images; set CODITECT_CACHE to a folder on a disk` : undefined;
}

function whyNoNamespaces(): string | undefined {
  const { status, stderr, error } = spawnSync('unshare', ['--net', '--mount', '--pid', '--uts', '--fork', 'mount', '-t', 'tmpfs', 'probe', '/tmp'], { encoding: 'utf8', timeout: 5000 });
  return status === 0 ? undefined : `namespaces and mounts cannot be made here (${error?.message ?? stderr.trim()}); run outside of this container`;
}
