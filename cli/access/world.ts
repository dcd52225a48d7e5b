// What the mirror knows of missions right now: a copy that may be late.
import { Code, ConnectError, createClient, type Client } from '@connectrpc/connect';
import { World } from '#api/world.ts';
import type { Clock } from '#platform/clock.ts';
import { HistoryService } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { Refusal } from '../failure.ts';
import type { Cluster } from './cluster.ts';
import { dial } from './dial.ts';
import { parsedJson } from './json.ts';

/** The picture of a mission, and how old it may be. */
export interface Picture {
  readonly world: World;
  readonly stalenessMs: number;
}

/** What was written anew. */
export interface Rebuilt {
  readonly missions: number;
  readonly entities: number;
  readonly tookMs: number;
}

export interface Worlds {
  read(mission: string, signal: AbortSignal): Promise<Picture>;
  /** Has the worlds of all missions of all namespaces written anew. */
  rebuild(signal: AbortSignal): Promise<Rebuilt>;
  close(): Promise<void>;
}

/** Connects to the mirror. Rejects when there is none, or no way to it. */
export async function openWorlds(cluster: Cluster, clock: Clock): Promise<Worlds> {
  const line = await dial(cluster, 'history', clock);
  return { ...worldCalls(createClient(HistoryService, line.transport), cluster.namespace), close: () => line.close() };
}

const readMs = 30_000;
const rebuildMs = 600_000;

/** The mirror's answers about missions of one namespace. */
export function worldCalls(client: Client<typeof HistoryService>, namespace: string): Omit<Worlds, 'close'> {
  return {
    async read(mission, signal) {
      const { worldJson, stalenessMs } = await client.world({ mission: { namespace, name: mission } }, { signal, timeoutMs: readMs }).catch((error: unknown) => Promise.reject(refusal(error)));
      const { data } = World.safeParse(parsedJson(worldJson));
      if (data === undefined) throw new Refusal('read the world that the mirror sent: it has a form that this plugin does not know', 'use the plugin of the installation\'s version');
      return { world: data, stalenessMs };
    },
    async rebuild(signal) {
      const { missions, entities, tookMs } = await client.rebuildWorlds({}, { signal, timeoutMs: rebuildMs }).catch((error: unknown) => Promise.reject(refusal(error)));
      return { missions, entities, tookMs };
    },
  };
}

const hints: Partial<Record<Code, string>> = {
  [Code.NotFound]: 'check its name and --namespace, or ask for get on missions and tasks of coditect.ai',
  [Code.PermissionDenied]: 'ask somebody who may update missions.coditect.ai in all namespaces',
  [Code.Unauthenticated]: 'log in again, or name another context: kubectl config get-contexts',
  [Code.Unavailable]: 'look at the pod of the mirror and at its Redis, then repeat the command',
};

function refusal(error: unknown): Refusal {
  const { code, rawMessage } = ConnectError.from(error);
  return new Refusal(`ask the mirror: ${Code[code]}: ${rawMessage}`, hints[code] ?? 'look at the pod of the mirror, then repeat the command', { cause: error });
}
