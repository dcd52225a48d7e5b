// Finds the programs of a Docker engine on this machine. Nothing is fetched unless somebody asks for the installation.
import { accessSync, constants } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { isRoot } from '../../processes.ts';
import { installDebianPackages } from '../debian.ts';

/** Absolute paths of programs, and the PATH on which they find their own. */
export interface DockerPrograms {
  readonly dockerd: string;
  /** The client that came with the engine: a newer one may want plug-ins that are not here. */
  readonly docker: string;
  readonly ip: string;
  readonly path: string;
}

export type FoundDocker = { readonly kind: 'found'; readonly programs: DockerPrograms } | { readonly kind: 'absent'; readonly reason: string };

/** What runs containers: without one of them the engine starts, and can do nothing. */
const helpers = ['containerd', 'runc'] as const;
const advice = 'on Debian as root: node devcluster/services/docker/main.ts install';

/** The programs on `path`, which has the folders of the system's own ones, when an engine can be started here. */
export function findDocker({ path }: { readonly path: string }): FoundDocker {
  if (process.platform !== 'linux') return { kind: 'absent', reason: `no Docker engine of our own on ${process.platform}: it needs Linux; name a running one instead` };
  if (!isRoot()) return { kind: 'absent', reason: 'no Docker engine of our own: only root can start one; name a running one instead' };
  const folders = path.split(delimiter);
  const dockerd = programOn(folders, 'dockerd');
  if (dockerd === undefined) return { kind: 'absent', reason: `no Docker engine: there is no dockerd on this machine; install docker.io (${advice})` };
  const near = [join(dirname(dirname(dockerd)), 'bin'), ...folders];
  const docker = programOn(near, 'docker');
  const ip = programOn(folders, 'ip');
  const missing = [...(docker === undefined ? ['docker'] : []), ...(ip === undefined ? ['ip'] : []), ...helpers.filter((name) => programOn(folders, name) === undefined)];
  if (docker === undefined || ip === undefined || missing.length > 0) return { kind: 'absent', reason: `no Docker engine: dockerd is here, but not ${missing.join(', ')}; install docker.io and iproute2 (${advice})` };
  return { kind: 'found', programs: { dockerd, docker, ip, path } };
}

/** Why no engine can be started here, in a sentence for tests that are left out; undefined when one can. */
export function whyNoDocker(where: { readonly path: string }): string | undefined {
  const found = findDocker(where);
  return found.kind === 'absent' ? found.reason : undefined;
}

/** The programs, installed with apt-get when they are not there, with mmdebstrap, which makes root file systems; rejects where that is not possible. */
export async function installDocker({ path, say }: { readonly path: string; readonly say: (text: string) => void }): Promise<DockerPrograms> {
  const packages = ['docker.io', 'iproute2', 'mmdebstrap'];
  if (findDocker({ path }).kind === 'absent' || programOn(path.split(delimiter), 'mmdebstrap') === undefined) await installDebianPackages({ packages, what: 'docker.io and mmdebstrap, about 300 MB,', say });
  const found = findDocker({ path });
  if (found.kind === 'absent') throw new Error(`install a Docker engine: apt-get is done, and still: ${found.reason}`);
  return found.programs;
}

/** The first program of that name. */
export function programOn(folders: readonly string[], name: string): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
