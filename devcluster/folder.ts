// Who owns a cluster's folder, and how all that belongs to it is removed, by its starter, by its guard or by a later command.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { componentNames, isRunning, stopComponents } from './components.ts';
import { ensureFolder, readJson, writeJson } from './files.ts';
import { type ClusterLayout, layoutOf, rootRuntimeFolder, runtimeFolderOf } from './layout.ts';
import { removeNode } from './kubelet-node/remove.ts';
import { killLeftovers } from './ledger.ts';
import { releaseNumbers } from './claims.ts';
import { identify, isAlive, isRoot, type ProcessIdentity } from './processes.ts';

/** Who started the cluster in a folder; there from the first moment on. */
interface Claim {
  readonly incarnation: string;
  readonly starter: ProcessIdentity;
}

/** Folder with the claims of root's clusters on user ids. */
export const userClaims = join(rootRuntimeFolder, 'users');

const claimFile = (folder: string) => join(folder, 'claim.json');

/** Makes the folder of a new cluster; what a dead one left there is removed first. Gives the id of this incarnation. */
export async function claimFolder(layout: ClusterLayout, name: string): Promise<string> {
  mkdirSync(dirname(layout.folder), { recursive: true, mode: 0o755 });
  if (isRoot()) ensureFolder(rootRuntimeFolder, 0o711);
  await removeCluster(layout.folder, { onlyDead: true });
  const incarnation = randomUUID();
  try {
    if (!existsSync(layout.folder) || readdirSync(layout.folder).length > 0) mkdirSync(layout.folder, { mode: 0o700 });
  } catch (cause) {
    throw new Error(`start cluster ${name}: ${layout.folder} is in use, so nothing was started; stop that cluster or choose another name`, { cause });
  }
  ensureFolder(layout.folder);
  writeJson(claimFile(layout.folder), { incarnation, starter: identify(process.pid) } satisfies Claim);
  return incarnation;
}

/** Ends every process of a cluster and removes its folders. `onlyDead` leaves alone what runs, is being started, or is no cluster. */
export async function removeCluster(folder: string, { onlyDead = false }: { readonly onlyDead?: boolean } = {}): Promise<void> {
  const claim = readJson<Claim>(claimFile(folder));
  const layout = layoutOf(folder, runtimeFolderOf(folder, isRoot()));
  if (claim === undefined || (onlyDead && isInUse(layout, claim))) return;
  await removeNode(layout);
  await stopComponents(layout);
  killLeftovers(layout.ledger);
  if (isRoot()) releaseNumbers(userClaims, folder);
  const remove = (path: string) => rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  remove(layout.runtime);
  // The claim goes last: a removal that is cut short can be taken up again.
  for (const name of readdirSync(folder)) if (join(folder, name) !== claimFile(folder)) remove(join(folder, name));
  remove(folder);
}

function isInUse(layout: ClusterLayout, { starter }: Claim): boolean {
  const isStarting = !existsSync(layout.record) && isAlive(starter);
  return isStarting || componentNames.some((name) => isRunning(layout, name));
}

/** True while the folder holds this very cluster and not a later one of the same name. */
export function holdsIncarnation(folder: string, incarnation: string): boolean {
  return readJson<Claim>(claimFile(folder))?.incarnation === incarnation;
}

/** A process that removes the cluster when its starter ends without having dismissed it, by whatever cause. */
export interface Guard {
  dismiss(): Promise<void>;
}

/** Starts the guard of a cluster: it waits for the end of a pipe that only the starter holds. */
export async function hireGuard(folder: string, incarnation: string): Promise<Guard> {
  const entry = join(import.meta.dirname, 'guard', 'main.ts');
  const child = spawn(process.execPath, [entry, folder, incarnation], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
  const pipe = child.stdin as Socket;
  pipe.on('error', () => {}); // the guard has ended before the cluster: it has nothing left to do
  pipe.unref();
  return { dismiss: () => new Promise((resolve) => pipe.end('dismissed\n', () => resolve())) };
}
