// Fills the volumes of a pod, and again every minute: ConfigMaps and Secrets change, tokens expire.
import type { ApiClient } from '../api-client.ts';
import { fieldOf } from './environment.ts';
import type { PodFolders, VolumeFile } from './folders.ts';
import { type Bytes, readConfigMap, readSecret } from './objects.ts';
import type { DownwardItem, ObjectSource, Pod, ProjectedSource, Volume } from './pod.ts';

/** A ConfigMap, Secret or field that a volume needs does not exist. */
export class MissingSource extends Error {}

interface Token {
  readonly value: string;
  /** Epoch milliseconds. */
  readonly refreshAt: number;
}

interface TokenAnswer {
  readonly status: { readonly token: string; readonly expirationTimestamp: string };
}

type TokenSource = NonNullable<ProjectedSource['serviceAccountToken']>;
type Files = Map<string, VolumeFile>;

const defaultTokenSeconds = 3600;

export interface PodVolumes {
  /** Makes all volumes, before the first container; rejects with MissingSource when one cannot be filled yet. */
  fill(pod: Pod): Promise<void>;
  /** Writes what may have changed. Leaves emptyDirs alone: their content is the pod's, links and all. */
  refresh(pod: Pod): Promise<void>;
}

/** The volumes of one pod, in its folders. */
export function podVolumes(client: ApiClient, folders: PodFolders, now: () => number): PodVolumes {
  const tokenFor = tokenKeeper(client, now);

  async function projectedFiles(pod: Pod, volume: string, { sources = [], defaultMode = 0o644 }: NonNullable<Volume['projected']>): Promise<Files> {
    const files: Files = new Map();
    for (const { serviceAccountToken, configMap, secret, downwardAPI } of sources) {
      if (serviceAccountToken !== undefined) {
        const token = await tokenFor(pod, `${volume}/${serviceAccountToken.path}`, serviceAccountToken);
        files.set(serviceAccountToken.path, { data: Buffer.from(token), mode: defaultMode });
      }
      if (configMap !== undefined) addObject(files, 'ConfigMap', { ...configMap, defaultMode }, await readConfigMap(client, pod.metadata.namespace, configMap.name ?? ''));
      if (secret !== undefined) addObject(files, 'Secret', { ...secret, defaultMode }, await readSecret(client, pod.metadata.namespace, secret.name ?? ''));
      if (downwardAPI !== undefined) addFields(files, pod, downwardAPI.items, defaultMode);
    }
    return files;
  }

  async function filesOf(pod: Pod, { name, configMap, secret, downwardAPI, projected }: Volume): Promise<Files> {
    if (projected !== undefined) return projectedFiles(pod, name, projected);
    const files: Files = new Map();
    const { namespace } = pod.metadata;
    if (configMap !== undefined) addObject(files, 'ConfigMap', configMap, await readConfigMap(client, namespace, configMap.name ?? ''));
    if (secret !== undefined) addObject(files, 'Secret', { ...secret, name: secret.secretName ?? '' }, await readSecret(client, namespace, secret.secretName ?? ''));
    if (downwardAPI !== undefined) addFields(files, pod, downwardAPI.items, downwardAPI.defaultMode ?? 0o644);
    return files;
  }

  async function refresh(pod: Pod): Promise<void> {
    for (const volume of pod.spec.volumes ?? []) if (!isEmptyDir(volume)) folders.writeFiles(volume.name, await filesOf(pod, volume));
  }

  return {
    refresh,
    fill: async (pod) => {
      for (const volume of pod.spec.volumes ?? []) if (isEmptyDir(volume)) folders.writeEmpty(volume.name, subPathsOf(pod, volume.name));
      await refresh(pod);
    },
  };
}

/** Tokens of a pod by volume and path; asked for anew after 80 % of their life. */
function tokenKeeper(client: ApiClient, now: () => number) {
  const tokens = new Map<string, Token>();
  return async (pod: Pod, id: string, source: TokenSource): Promise<string> => {
    const known = tokens.get(id);
    if (known !== undefined && now() < known.refreshAt) return known.value;
    const fresh = await requestToken(client, pod, source);
    tokens.set(id, { value: fresh.token, refreshAt: now() + 0.8 * (Date.parse(fresh.expirationTimestamp) - now()) });
    return fresh.token;
  };
}

/** A volume that says nothing but its name is an emptyDir. */
function isEmptyDir({ emptyDir, configMap, secret, downwardAPI, projected }: Volume): boolean {
  return emptyDir !== undefined || (configMap ?? secret ?? downwardAPI ?? projected) === undefined;
}

function subPathsOf({ spec }: Pod, volume: string): readonly string[] {
  const mounts = [...(spec.initContainers ?? []), ...spec.containers].flatMap(({ volumeMounts = [] }) => volumeMounts);
  return mounts.filter(({ name }) => name === volume).map(({ subPath = '' }) => subPath).filter((path) => path !== '');
}

function addObject(files: Files, kind: string, source: ObjectSource & { readonly defaultMode?: number }, data: Bytes | undefined): void {
  const { name, items, optional, defaultMode = 0o644 } = source;
  if (data === undefined) {
    if (optional === true) return;
    throw new MissingSource(`${kind} ${name} not found`);
  }
  for (const { key, path, mode } of items ?? [...data.keys()].map((entry) => ({ key: entry, path: entry, mode: undefined }))) {
    const value = data.get(key);
    if (value !== undefined) files.set(path, { data: value, mode: mode ?? defaultMode });
    else if (optional !== true) throw new MissingSource(`couldn't find key ${key} in ${kind} ${name}`);
  }
}

function addFields(files: Files, pod: Pod, items: readonly DownwardItem[] = [], mode: number): void {
  for (const { path, fieldRef } of items) {
    const value = fieldRef === undefined ? undefined : fieldOf(pod, fieldRef.fieldPath);
    if (value === undefined) throw new MissingSource(`downward API ${path}: ${fieldRef?.fieldPath ?? 'resourceFieldRef'} is not known to the process node`);
    files.set(path, { data: Buffer.from(value), mode });
  }
}

async function requestToken(client: ApiClient, { metadata, spec }: Pod, { audience, expirationSeconds = defaultTokenSeconds }: TokenSource): Promise<TokenAnswer['status']> {
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      ...(audience === undefined || audience === '' ? {} : { audiences: [audience] }),
      expirationSeconds,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: metadata.name, uid: metadata.uid },
    },
  };
  const answer: TokenAnswer = await client.send({ method: 'POST', path: `/api/v1/namespaces/${metadata.namespace}/serviceaccounts/${spec.serviceAccountName ?? 'default'}/token`, body });
  return answer.status;
}
