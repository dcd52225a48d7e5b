// The stores of a cluster: a process of their own holds them for as long as the cluster lives, whoever started it.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster.ts';
import { isRunning, startComponent, stopComponent } from '../components.ts';
import { readJson, writeJson } from '../files.ts';
import { layoutOf } from '../layout.ts';
import type { DevclusterSettings } from '../settings.ts';
import { localServices } from './local.ts';
import type { RunningService, ServiceKind, Started } from './port.ts';

/** A store that runs, as others may know it. */
export type HeldStore = Pick<RunningService, 'kind' | 'servers' | 'files'>;

/** What runs, and why the rest does not. */
export interface HeldStores {
  readonly running: readonly HeldStore[];
  readonly absent: readonly { readonly kind: ServiceKind; readonly reason: string }[];
}

/** What the process that holds them reads. */
export interface HoldFile extends Pick<DevclusterSettings, 'cacheFolder' | 'programPath'> {
  readonly kinds: readonly ServiceKind[];
  readonly folder: string;
  /** Gets what runs. */
  readonly record: string;
}

const startTimeoutMs = 40_000;

/** Stores for the life of a cluster: those that run already, or new ones. Nothing is fetched for them. */
export async function openStores(cluster: Pick<Cluster, 'folder' | 'runtimeFolder'>, kinds: readonly ServiceKind[], { cacheFolder, programPath }: Pick<DevclusterSettings, 'cacheFolder' | 'programPath'>): Promise<HeldStores> {
  const layout = layoutOf(cluster.folder, cluster.runtimeFolder);
  const folder = join(cluster.folder, 'stores');
  const record = join(cluster.folder, 'stores.json');
  const known = readJson<HeldStores>(record);
  if (known !== undefined && isRunning(layout, 'stores')) return known;
  await stopComponent(layout, 'stores');
  for (const old of [folder, record]) rmSync(old, { recursive: true, force: true, maxRetries: 3 });
  const file = join(cluster.folder, 'stores-wanted.json');
  writeJson(file, { cacheFolder, programPath, kinds, folder, record } satisfies HoldFile);
  startComponent(layout, 'stores', { file: process.execPath, args: [join(import.meta.dirname, 'main.ts'), file] });
  const deadline = performance.now() + startTimeoutMs;
  while (!existsSync(record)) {
    if (!isRunning(layout, 'stores') || performance.now() > deadline) throw new Error(`start the stores: they did not start, so there are none; read ${join(layout.logs, 'stores.log')}`);
    await sleep(25);
  }
  return readJson<HeldStores>(record) ?? { running: [], absent: [] };
}

/** Starts what a file asks for, and says what runs; gives the end of all of it. */
export async function holdStores({ kinds, folder, record, ...where }: HoldFile): Promise<() => Promise<void>> {
  const provider = localServices({ ...where, mayFetch: false });
  const start = async (kind: ServiceKind): Promise<Started & { readonly of: ServiceKind }> => {
    const started = await provider.start(kind, { folder: join(folder, kind) }).catch((error: unknown): Started => ({ kind: 'absent', reason: error instanceof Error ? error.message : String(error) }));
    return { ...started, of: kind };
  };
  const all = await Promise.all(kinds.map(start));
  const running = all.flatMap((started) => (started.kind === 'running' ? [started.service] : []));
  const absent = all.flatMap((started) => (started.kind === 'absent' ? [{ kind: started.of, reason: started.reason }] : []));
  writeJson(record, { running: running.map(({ kind, servers, files }) => ({ kind, servers, files })), absent } satisfies HeldStores);
  return async () => void (await Promise.all(running.map((service) => service.stop())));
}
