// The programs of a node with real pods: Kubernetes' and containerd's from their Go modules, built once, and Debian's for what the kernel is told.
import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { versionFlags } from '../build.ts';
import { installDebianPackages } from '../services/debian.ts';
import { cachedFile, ensureGoProgram, type GoProgram } from '../services/go-program.ts';
import type { BinarySettings } from '../settings.ts';

type Source = Pick<GoProgram, 'name' | 'moduleFolder' | 'main' | 'takes' | 'linkerFlags'>;

const folderOf = (name: string): string => fileURLToPath(new URL(`./${name}/`, import.meta.url));
const kubernetes = (command: string, takes: string): Source => ({ name: command, moduleFolder: folderOf('kubernetes'), main: `k8s.io/kubernetes/cmd/${command}`, takes, linkerFlags: versionFlags() });
const runtime = (command: string, takes: string): Source => ({ name: command, moduleFolder: folderOf('runtime'), main: `github.com/containerd/containerd/v2/cmd/${command}`, takes });

/** By the name of the file, in the order in which they are built: each one's parts serve the next. */
const sources = {
  kubelet: kubernetes('kubelet', 'two minutes'),
  'kube-proxy': kubernetes('kube-proxy', 'half a minute'),
  containerd: runtime('containerd', 'two minutes'),
  'containerd-shim-runc-v2': runtime('containerd-shim-runc-v2', 'a few seconds'),
  ctr: runtime('ctr', 'a few seconds'),
  pause: { name: 'pause', moduleFolder: folderOf('runtime'), main: '.', takes: 'a few seconds' },
} as const satisfies Readonly<Record<string, Source>>;

/** Absolute paths of the programs that were built, by name. */
export type NodePrograms = Readonly<Record<keyof typeof sources, string>>;

const names = Object.keys(sources) as readonly (keyof typeof sources)[];

/** What the node needs of this machine besides, with the package of Debian that has it. */
const tools: readonly { readonly package: string; readonly files: readonly string[] }[] = [
  { package: 'util-linux', files: ['unshare', 'nsenter', 'setpriv'] },
  { package: 'iproute2', files: ['ip'] },
  { package: 'runc', files: ['runc'] },
  { package: 'iptables', files: ['iptables', 'iptables-save', 'iptables-restore'] },
  { package: 'containernetworking-plugins', files: ['ptp', 'host-local', 'portmap', 'loopback'] },
];

const toolFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/lib/cni'];

/** Packages of Debian that this machine lacks for a node with real pods. */
export function missingPackages(): readonly string[] {
  return tools.filter(({ files }) => files.some((file) => !isIn(toolFolders, file))).map((tool) => tool.package);
}

/** True when a program of this name is in one of the folders. */
export function isIn(folders: readonly string[], program: string): boolean {
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const cacheOf = ({ cacheFolder }: Pick<BinarySettings, 'cacheFolder'>, name: string): string => join(cacheFolder, 'kubelet-node', name);

/** True when a start would have to build first, which takes minutes. */
export function needsNodeBuild(settings: Pick<BinarySettings, 'cacheFolder'>): boolean {
  return names.some((name) => !existsSync(cachedFile({ cacheFolder: cacheOf(settings, name), moduleFolder: sources[name].moduleFolder, file: name })));
}

/** Programs of the node; builds and installs what is missing, which `progress` is told. */
export async function ensureNodePrograms(settings: Pick<BinarySettings, 'cacheFolder'>, progress: (line: string) => void = () => {}): Promise<NodePrograms> {
  const packages = missingPackages();
  if (packages.length > 0) await installDebianPackages({ packages, what: `${packages.join(', ')} for pods`, say: progress });
  const found: [string, string][] = [];
  for (const name of names) {
    const program = await ensureGoProgram({ ...sources[name], file: name, cacheFolder: cacheOf(settings, name), progress: (line) => progress(`${name}: ${line}`) });
    if (program.kind === 'missing') throw new Error(`start a node with real pods: ${program.why}`);
    found.push([name, program.file]);
  }
  return Object.fromEntries(found) as unknown as NodePrograms;
}
