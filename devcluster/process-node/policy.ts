// What this node cannot do, in two lists. What only protects is ignored and reported; what a pod could not run without, or that would reach out of its folder, is refused.
import type { Pod, Volume } from './pod.ts';

/** Fields of a container that only protect or limit. */
const ignoredInContainer = ['securityContext', 'resources', 'resizePolicy', 'lifecycle', 'stdin', 'tty', 'terminationMessagePath'] as const;

/** Fields of a pod that only protect or limit. */
const ignoredInPod = ['securityContext', 'hostAliases', 'dnsConfig', 'hostUsers', 'shareProcessNamespace', 'overhead', 'resources', 'activeDeadlineSeconds'] as const;

/** Fields of a pod that it cannot run without. */
const refusedInPod = ['hostNetwork', 'hostPID', 'hostIPC', 'runtimeClassName', 'resourceClaims'] as const;

const knownVolumes = new Set(['name', 'emptyDir', 'configMap', 'secret', 'downwardAPI', 'projected']);
const defaults: Readonly<Record<string, string>> = { terminationMessagePath: '/dev/termination-log' };

type Fields = Readonly<Record<string, unknown>>;

/** Names of the fields of this pod that have no effect here, sorted; never empty, because no network policy ever has. */
export function unenforced({ spec }: Pod): readonly string[] {
  const found = new Set<string>(['NetworkPolicy']);
  for (const name of fieldsSet(spec as unknown as Fields, ignoredInPod)) found.add(`spec.${name}`);
  for (const container of containersOf(spec)) {
    for (const name of fieldsSet(container, ignoredInContainer)) found.add(`containers[].${name}`);
    if (portsOf(container).some(({ hostPort }) => hostPort !== undefined)) found.add('containers[].ports[].hostPort');
    if (isWorkingDirOutside(container)) found.add('containers[].workingDir');
  }
  for (const { emptyDir } of spec.volumes ?? []) if (emptyDir !== undefined) for (const name of Object.keys(emptyDir)) found.add(`volumes[].emptyDir.${name}`);
  return [...found].toSorted();
}

/** What is wrong with this pod for this node, one phrase each; empty when it can run. */
export function refusals({ spec }: Pod): readonly string[] {
  const pod = fieldsSet(spec as unknown as Fields, refusedInPod).map((name) => `spec.${name} is set`);
  return [...pod, ...containersOf(spec).flatMap(containerRefusals), ...(spec.volumes ?? []).flatMap(volumeRefusals)];
}

function containerRefusals(container: Fields): readonly string[] {
  const name = String(container['name']);
  const found: string[] = [];
  const refuse = (isWrong: boolean, what: string) => {
    if (isWrong) found.push(`container ${name}: ${what}`);
  };
  refuse((container['securityContext'] as Fields | undefined)?.['privileged'] === true, 'is privileged');
  refuse(container['volumeDevices'] !== undefined, 'volumeDevices is set');
  refuse(container['restartPolicy'] !== undefined, 'is a sidecar (restartPolicy of its own)');
  for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) refuse((container[probe] as Fields | undefined)?.['grpc'] !== undefined, `${probe} uses grpc`);
  for (const { mountPath, subPath, subPathExpr } of mountsOf(container)) {
    refuse(subPathExpr !== undefined, `subPathExpr of ${mountPath} is set`);
    refuse(mountPath === '/' || mountPath.split('/').includes('..') || (subPath ?? '').split('/').includes('..'), `mount path ${mountPath} is not a folder of its own`);
  }
  return found;
}

function volumeRefusals(volume: Volume): readonly string[] {
  const unknown = Object.keys(volume).filter((key) => !knownVolumes.has(key));
  return unknown.map((key) => `volume ${volume.name}: ${key} is not supported`);
}

function containersOf(spec: Pod['spec']): readonly Fields[] {
  return [...(spec.initContainers ?? []), ...spec.containers] as unknown as readonly Fields[];
}

const portsOf = (container: Fields) => (container['ports'] ?? []) as readonly { hostPort?: number }[];
const mountsOf = (container: Fields) => (container['volumeMounts'] ?? []) as readonly { mountPath: string; subPath?: string; subPathExpr?: string }[];

function isWorkingDirOutside(container: Fields): boolean {
  const folder = container['workingDir'];
  return typeof folder === 'string' && !mountsOf(container).some(({ mountPath }) => folder === mountPath || folder.startsWith(`${mountPath}/`));
}

/** The names whose field says something: not absent, false, empty or the API server's default. */
function fieldsSet(object: Fields, names: readonly string[]): readonly string[] {
  return names.filter((name) => {
    const value = object[name];
    if (value === undefined || value === null || value === false || value === defaults[name]) return false;
    return typeof value !== 'object' || Object.keys(value).length > 0;
  });
}
