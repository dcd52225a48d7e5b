// A git door that belongs to a cluster: it outlives the starter and ends with the cluster.
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import { isRunning, startComponent, stopComponent } from './components.ts';
import { readJson } from './files.ts';
import { layoutOf } from './layout.ts';

const startTimeoutMs = 10_000;

/** Serves a repository for the life of a cluster, instead of one served before; gives its address. */
export async function openGitDoor(cluster: Pick<Cluster, 'folder' | 'runtimeFolder' | 'hostAddress'>, repositoryPath: string): Promise<string> {
  const layout = layoutOf(cluster.folder, cluster.runtimeFolder);
  const addressFile = join(cluster.folder, 'git-door.json');
  await stopComponent(layout, 'git-door');
  rmSync(addressFile, { force: true });
  startComponent(layout, 'git-door', { file: process.execPath, args: [join(import.meta.dirname, 'git-door', 'main.ts'), resolve(repositoryPath), addressFile, cluster.hostAddress] });
  const deadline = performance.now() + startTimeoutMs;
  for (;;) {
    const address = readJson<{ url: string }>(addressFile);
    if (address !== undefined) return address.url;
    if (!isRunning(layout, 'git-door') || performance.now() > deadline) throw new Error(`serve ${repositoryPath}: the git door did not start, so agents cannot clone it; read ${join(layout.logs, 'git-door.log')}`);
    await sleep(25);
  }
}
