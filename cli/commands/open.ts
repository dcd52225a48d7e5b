// The real session: doors load their code when they are opened, so that commands that need none stay quick.
import type { Clock } from '#platform/clock.ts';
import type { Keys } from '../terminal/keys.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { ReachOptions, Session } from './session.ts';

export interface Surroundings {
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** Aborts when the user presses Ctrl-C. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Undefined where nobody sits at a keyboard. */
  readonly keys?: Keys;
}

/** A session on the cluster that the options and the environment name. */
export function openSession({ terminal, clock, signal, env, keys }: Surroundings, reach: ReachOptions): Session {
  return {
    terminal,
    clock,
    signal,
    reach,
    ...(keys === undefined ? {} : { keys }),
    connect: async () => (await import('../access/kubeconfig.ts')).connect({ ...reach, env, clock }),
    openOperator: async (cluster) => (await import('../access/operator.ts')).openOperator(cluster, clock),
    openBlobs: async (cluster) => (await import('../access/blobs.ts')).openBlobs(cluster, clock),
    openHistory: async (cluster) => (await import('../access/history.ts')).openHistory(cluster, clock),
    openConsole: async (cluster) => (await import('../access/console.ts')).openConsole(cluster, clock),
    openMemory: async (cluster) => (await import('../access/memory.ts')).openMemory(cluster, clock),
    openStats: async (cluster) => (await import('../access/stats.ts')).openStats(cluster, clock),
    openWorlds: async (cluster) => (await import('../access/world.ts')).openWorlds(cluster, clock),
  };
}
