// The folders of one pod. What the node writes belongs to root and can only be read by the pod: a pod must not be able to lead the node's writes elsewhere by a link.
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ensureFolder, writeFileAtomic } from '../files.ts';
import { isRoot } from '../processes.ts';

/** Content of a file of a volume. */
export interface VolumeFile {
  readonly data: Buffer;
  /** Permission bits for the owner; the pod gets those to read and execute. */
  readonly mode: number;
}

export interface PodFolders {
  readonly volumes: string;
  /** HOME and TMPDIR of a container; the pod's own. */
  home(container: string): string;
  temporary(container: string): string;
  /** An empty folder that the pod may write. */
  writeEmpty(volume: string, subPaths: readonly string[]): void;
  /** Makes a volume hold exactly these files, by relative path. */
  writeFiles(volume: string, files: ReadonlyMap<string, VolumeFile>): void;
  remove(): void;
}

/** Folders under `parent`. `user` is the pod's own user and group; absent when it shares the node's. The name is short because sockets' paths must be. */
export function podFolders(parent: string, podUid: string, user: number | undefined): PodFolders {
  const root = join(parent, podUid.slice(0, 13));
  const volumes = join(root, 'volumes');
  const own = (path: string, mode: number, owner = 0) => {
    if (user !== undefined) chownSync(path, owner, user);
    chmodSync(path, user === undefined || owner !== 0 ? mode & 0o700 : (mode & 0o700) | ((mode & 0o500) >> 3));
  };
  const folder = (path: string, owner?: number) => {
    mkdirSync(path, { recursive: true });
    own(path, 0o700, owner);
    return path;
  };
  for (const path of [root, volumes, join(root, 'home'), join(root, 'tmp')]) folder(path);
  const pods = (path: string) => folder(path, user);

  function writeFiles(volume: string, files: ReadonlyMap<string, VolumeFile>): void {
    const base = folder(join(volumes, volume));
    for (const [path, { data, mode }] of files) {
      for (const part of parentsOf(path)) folder(join(base, part));
      writeFileAtomic(join(base, path), data, 0o600);
      own(join(base, path), mode);
    }
    for (const path of filesIn(base)) if (!files.has(path)) rmSync(join(base, path), { force: true });
  }

  return {
    volumes,
    home: (container) => pods(join(root, 'home', container)),
    temporary: (container) => pods(join(root, 'tmp', container)),
    writeEmpty: (volume, subPaths) => {
      pods(join(volumes, volume));
      for (const subPath of subPaths) for (const part of [...parentsOf(subPath), subPath]) pods(join(volumes, volume, part));
    },
    writeFiles,
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Removes the folders of all pods: those of an earlier run of the node. */
export function removeAllPods(parent: string): void {
  for (const name of readdirSync(ensureFolder(parent, isRoot() ? 0o711 : 0o700))) rmSync(join(parent, name), { recursive: true, force: true });
}

function parentsOf(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === '.' ? [] : [...parentsOf(parent), parent];
}

function filesIn(base: string): readonly string[] {
  return readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(base, join(entry.parentPath, entry.name)));
}
