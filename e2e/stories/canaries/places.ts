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

/** The objects of commits among the blobs, unpacked: a bundle is compressed, so nothing would be found in it. `repository`: a folder that has what they are built on; bundles over other repositories are those of other stories. */
export async function commitsIn(blobs: Haystack, repository: string): Promise<Haystack> {
  const folder = await mkdtemp(join(tmpdir(), 'coditect-bundles-'));
  const git = (...args: readonly string[]) => run('git', ['-C', join(folder, 'all.git'), ...args], { encoding: 'buffer', maxBuffer: 2 ** 28 });
  try {
    await run('git', ['clone', '-q', '--bare', repository, join(folder, 'all.git')]);
    const bundles = await bundlesIn(blobs);
    let packed = bundles;
    // One may build on another: each round unpacks what the ones before made possible.
    for (let left = packed.length + 1; packed.length < left; ) {
      left = packed.length;
      packed = await unpacked(packed, async (bytes) => {
        await writeFile(join(folder, 'bundle'), bytes);
        return git('bundle', 'unbundle', join(folder, 'bundle')).then(() => true, isForeign);
      });
    }
    const objects = (await git('cat-file', '--batch', '--batch-all-objects')).stdout;
    return { name: 'commits', pieces: bundles.length === packed.length ? [] : [{ place: `${bundles.length - packed.length} bundles`, bytes: objects }] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bundlesIn(blobs: Haystack): Promise<readonly Piece[]> {
  const found: Piece[] = [];
  for await (const piece of blobs.pieces) if (/^# v\d git bundle/.test(piece.bytes.toString('latin1', 0, 20))) found.push(piece);
  return found;
}

async function unpacked(packed: readonly Piece[], unpack: (bytes: Buffer) => Promise<boolean>): Promise<readonly Piece[]> {
  const left: Piece[] = [];
  for (const piece of packed) if (!(await unpack(piece.bytes))) left.push(piece);
  return left;
}

function isForeign(error: unknown): false {
  if (!String(error).includes('lacks these prerequisite commits')) throw error;
  return false;
}
