// The stores behind the demo's mirror: those that this machine has. None is needed, none is fetched, and none may fail the demo.
import { type Cluster, settingsFrom } from '#devcluster/index.ts';
import { ensureNats } from '#devcluster/services/nats/index.ts';
import { type HeldStores, openStores, type ServiceKind } from '#devcluster/services/index.ts';
import type { Surroundings } from '../commands/open.ts';

const kinds = ['nats', 'redis', 'clickhouse', 'chroma'] as const satisfies readonly ServiceKind[];

/** What people get of each store, and how they get it when the store is missing. */
const gives: Readonly<Record<(typeof kinds)[number], { readonly what: string; readonly how: string }>> = {
  nats: { what: 'events (kubectl mission replay)', how: 'with Go 1.26 the event log is built once' },
  redis: { what: 'the world model (kubectl mission world)', how: 'install redis-server 7, or run make services once' },
  clickhouse: { what: 'stats (kubectl mission stats)', how: 'node devcluster/services/clickhouse/main.ts install, 550 MB' },
  chroma: { what: 'the memory (kubectl mission lessons)', how: 'node devcluster/services/chroma/main.ts install, 500 MB' },
};

/** Starts the stores, or finds those that the cluster has; without an event log there is nothing to keep in the others. */
export async function startStores(cluster: Cluster, env: Surroundings['env'], report: (line: string) => void): Promise<HeldStores> {
  try {
    const settings = settingsFrom(env);
    const log = await ensureNats({ cacheFolder: settings.cacheFolder, progress: (text) => report(`the event log: ${text}`) });
    if (log.kind === 'missing') return { running: [], absent: kinds.map((kind) => ({ kind, reason: log.why })) };
    return await openStores(cluster, kinds, settings);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    report(reason);
    return { running: [], absent: kinds.map((kind) => ({ kind, reason })) };
  }
}

/** One line: what the mirror shows, what is off, and how to turn it on. */
export function storesLine({ running }: HeldStores): string {
  const isOn = (kind: ServiceKind): boolean => running.some((store) => store.kind === kind);
  const on = kinds.filter(isOn).map((kind) => gives[kind].what);
  const off = kinds.filter((kind) => !isOn(kind)).map((kind) => `${gives[kind].what}: ${gives[kind].how}`);
  if (on.length === 0) return `mirror: off, so there is neither replay nor stats: ${gives.nats.how}. Missions do not need it`;
  return `mirror: on with ${on.join(', ')}${off.length === 0 ? '' : `. Off: ${off.join('; ')}`}`;
}
