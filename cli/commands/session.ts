// What every command gets: a terminal, time, the user's wish to stop, and doors that open only when they are needed.
import type { Clock } from '#platform/clock.ts';
import type { BlobReader } from '../access/blobs.ts';
import type { Cluster } from '../access/cluster.ts';
import type { ConsoleAccess } from '../access/console.ts';
import type { History } from '../access/history.ts';
import type { Memory } from '../access/memory.ts';
import type { Stats } from '../access/stats.ts';
import type { Operator } from '../access/operator.ts';
import type { Worlds } from '../access/world.ts';
import { Refusal } from '../failure.ts';
import type { Keys } from '../terminal/keys.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { MissionFeed } from '../world/feed.ts';
import type { MissionView } from '#domain/mission/view.ts';

/** How the user wants to reach the cluster, as given on the command line. */
export interface ReachOptions {
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly operatorNamespace: string;
}

export interface Session {
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** Aborts when the user presses Ctrl-C. */
  readonly signal: AbortSignal;
  readonly reach: ReachOptions;
  /** Undefined where nobody sits at a keyboard. */
  readonly keys?: Keys;
  connect(): Promise<Cluster>;
  openOperator(cluster: Cluster): Promise<Operator>;
  openBlobs(cluster: Cluster): Promise<BlobReader>;
  openHistory(cluster: Cluster): Promise<History>;
  openStats(cluster: Cluster): Promise<Stats>;
  openMemory(cluster: Cluster): Promise<Memory>;
  openWorlds(cluster: Cluster): Promise<Worlds>;
  openConsole(cluster: Cluster): Promise<ConsoleAccess>;
}

/** A mission that exists. */
export interface Read {
  readonly cluster: Cluster;
  readonly view: MissionView;
}

/** A mission that is being watched. */
export interface Watching extends Read {
  readonly feed: MissionFeed;
}

/** Runs `use` with a connection, and closes it afterwards whatever happens. */
export async function withCluster<T>(session: Session, use: (cluster: Cluster) => Promise<T>): Promise<T> {
  const cluster = await session.connect();
  try {
    return await use(cluster);
  } finally {
    await cluster.close();
  }
}

/** Runs `use` with a mission as it is now; refuses when there is none of that name. */
export function readingMission<T>(session: Session, name: string, use: (read: Read) => Promise<T>): Promise<T> {
  return withCluster(session, async (cluster) => {
    const view = await cluster.read(name);
    if (view === undefined) throw noMission(name, cluster);
    return use({ cluster, view });
  });
}

/** Runs `use` with a watched mission; refuses when there is none of that name. */
export function watchingMission<T>(session: Session, name: string, use: (watching: Watching) => Promise<T>): Promise<T> {
  return withCluster(session, async (cluster) => {
    const feed = await cluster.watch(name);
    try {
      const view = feed?.view();
      if (feed === undefined || view === undefined) throw noMission(name, cluster);
      return await use({ cluster, feed, view });
    } finally {
      await feed?.close();
    }
  });
}

/** What is said of a name that no mission has. */
export function noMission(name: string, { namespace }: Cluster): Refusal {
  return new Refusal(`find mission ${name}: there is none in namespace ${namespace}`, `kubectl get missions.coditect.ai -n ${namespace}`);
}

/** Words to put behind a command so that it reaches the same mission from another shell. */
export function reachWords({ kubeconfig, context }: ReachOptions, { namespace }: Pick<Cluster, 'namespace'>): string[] {
  return ['-n', namespace, ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]), ...(context === undefined ? [] : ['--context', context])];
}

/** Opens at the first call, then answers the same; `close` closes it if it was opened. */
export function lazily<T extends { close(): Promise<void> }>(open: () => Promise<T>): { get(): Promise<T>; close(): Promise<void> } {
  let opened: Promise<T> | undefined;
  return {
    get: () => (opened ??= open()),
    close: async () => {
      const known = await opened?.catch(() => undefined);
      await known?.close();
    },
  };
}
