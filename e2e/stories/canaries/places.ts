// Every place where something of an installation is kept: the API server's store, blobs and the commits in them, logs, journals, and the leftovers of pods.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { layoutOf } from '#devcluster/index.ts';
import { systemNamespace, type World } from '#testing/world.ts';
import { valuesInEtcd } from './etcd.ts';
import { filesIn, type Haystack, type Piece } from './search.ts';

const run = promisify(execFile);

interface Pod {
  readonly metadata: { readonly uid: string; readonly namespace: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: { readonly volumes?: readonly { readonly name: string; readonly secret?: object; readonly projected?: { readonly sources?: readonly { readonly secret?: object }[] } }[] };
}

/** What of an agent's work folder is copies of the repository. */
const workspaces = /^[^/]+\/volumes\/work\/(?:mirrors|tasks|sandbox)\//;
/** Folder of a pod, as the node names it. */
const folderOf = ({ metadata }: Pod) => metadata.uid.slice(0, 13);

/** All places but Secrets, their mounts, and the files of workspaces. */
export async function everyPlace(world: World): Promise<readonly Haystack[]> {
  const { cluster } = world;
  const { pods: podsFolder, podLogs, logs, auditLog } = layoutOf(cluster.folder, cluster.runtimeFolder);
  const pods = (JSON.parse(await world.kubectl('get', 'pods', '-A', '-o', 'json')) as { items: readonly Pod[] }).items;
  const mounts = pods.flatMap((pod) => secretVolumes(pod).map((name) => `${folderOf(pod)}/volumes/${name}/`));
  const isOpen = (path: string) => !workspaces.test(path) && !mounts.some((mount) => path.startsWith(mount));
  const of = (component: string) => {
    const found = pods.filter(({ metadata }) => metadata.namespace === systemNamespace && metadata.labels?.['app.kubernetes.io/component'] === component).map(folderOf);
    return (path: string) => found.some((folder) => path.startsWith(`${folder}/`));
  };
  const [isBlob, isGateway] = [of('blobs'), of('llm-gateway')];
  const stored = (await valuesInEtcd(cluster)).map(({ key, value }): Piece => ({ place: key, bytes: Buffer.concat([Buffer.from(key), value]) }));
  const isEvent = ({ place }: Piece) => place.startsWith('/registry/events/');
  return [
    { name: 'etcd', pieces: stored.filter((piece) => !isEvent(piece)) },
    { name: 'events', pieces: stored.filter(isEvent) },
    { name: 'blobs', pieces: filesIn(podsFolder, (path) => isOpen(path) && isBlob(path)) },
    { name: 'journal', pieces: filesIn(podsFolder, (path) => isOpen(path) && isGateway(path)) },
    { name: 'leftovers', pieces: filesIn(podsFolder, (path) => isOpen(path) && !isBlob(path) && !isGateway(path)) },
    { name: 'pod logs', pieces: filesIn(podLogs) },
    { name: 'logs of the cluster', pieces: filesIn(logs) },
    { name: 'audit log', pieces: [{ place: 'audit.log', bytes: await readFile(auditLog) }] },
  ];
}

function secretVolumes({ spec }: Pod): readonly string[] {
  return (spec.volumes ?? []).filter(({ secret, projected }) => secret !== undefined || (projected?.sources ?? []).some((source) => source.secret !== undefined)).map(({ name }) => name);
}

/** The objects of all commits among the blobs, unpacked: a bundle is compressed, so nothing would be found in it. `repository`: a folder that has what they are built on. */
export async function commitsIn(blobs: Haystack, repository: string): Promise<Haystack> {
  const folder = await mkdtemp(join(tmpdir(), 'coditect-bundles-'));
  const git = (...args: readonly string[]) => run('git', ['-C', folder, ...args], { encoding: 'buffer', maxBuffer: 2 ** 28 });
  try {
    await run('git', ['clone', '-q', '--bare', repository, join(folder, 'all.git')]);
    const pieces: Piece[] = [];
    for await (const { place, bytes } of blobs.pieces) {
      if (!/^# v\d git bundle/.test(bytes.toString('latin1', 0, 20))) continue;
      await writeFile(join(folder, 'bundle'), bytes);
      await git('-C', 'all.git', 'bundle', 'unbundle', join(folder, 'bundle'));
      pieces.push({ place, bytes: (await git('-C', 'all.git', 'cat-file', '--batch', '--batch-all-objects')).stdout });
    }
    return { name: 'commits', pieces };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
