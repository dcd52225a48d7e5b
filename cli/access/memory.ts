// What missions have taught, as the mirror remembers it.
import { Code, ConnectError, createClient, type Client } from '@connectrpc/connect';
import { LessonsAnswer } from '#api/memory.ts';
import type { Clock } from '#platform/clock.ts';
import { MemoryService } from '#platform/rpc/generated/coditect/v1alpha1/memory_pb.ts';
import { Refusal } from '../failure.ts';
import type { Cluster } from './cluster.ts';
import { dial } from './dial.ts';

export interface Memory {
  /** What the plans of a mission of the cluster's namespace were given, and what it left. */
  lessons(mission: string, signal: AbortSignal): Promise<LessonsAnswer>;
  close(): Promise<void>;
}

/** Connects to the mirror. Rejects when there is none, or no way to it. */
export async function openMemory(cluster: Cluster, clock: Clock): Promise<Memory> {
  const line = await dial(cluster, 'history', clock);
  return { ...memoryCalls(createClient(MemoryService, line.transport), cluster.namespace), close: () => line.close() };
}

const answerMs = 30_000;

/** The mirror's answers about one namespace. */
export function memoryCalls(client: Client<typeof MemoryService>, namespace: string): Omit<Memory, 'close'> {
  return {
    async lessons(mission, signal) {
      const { answerJson } = await client.lessons({ mission: { namespace, name: mission } }, { signal, timeoutMs: answerMs }).catch((error: unknown) => Promise.reject(refusal(error)));
      const { data } = LessonsAnswer.safeParse(parsedJson(answerJson));
      if (data === undefined) throw new Refusal('read the lessons that the mirror sent: they have a form that this plugin does not know', 'use the plugin of the installation\'s version');
      return data;
    },
  };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const hints: Partial<Record<Code, string>> = {
  [Code.PermissionDenied]: 'ask for get on missions.coditect.ai in this namespace',
  [Code.Unauthenticated]: 'log in again, or name another context: kubectl config get-contexts',
  [Code.InvalidArgument]: 'correct what the message names',
  [Code.FailedPrecondition]: 'give the mirror a Chroma and an event log, see docs/memory.md',
  [Code.Unimplemented]: 'give the mirror a Chroma and an event log, see docs/memory.md',
};

function refusal(error: unknown): Refusal {
  const { code, rawMessage } = ConnectError.from(error);
  return new Refusal(`ask the mirror: ${Code[code]}: ${rawMessage}`, hints[code] ?? 'look at the pod of the mirror, then repeat the command', { cause: error });
}
