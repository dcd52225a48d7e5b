// What happened to a mission, as the mirror tells it.
import { Code, ConnectError, createClient, type Client } from '@connectrpc/connect';
import type { HistorySource } from '#api/archive.ts';
import { type CloudEvent, parseEvent } from '#api/events/envelope.ts';
import type { Clock } from '#platform/clock.ts';
import { HistoryService, type ReplayResponse } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { Refusal } from '../failure.ts';
import type { Cluster } from './cluster.ts';
import { dial } from './dial.ts';
import { parsedJson } from './json.ts';

/** What is asked of a history. Empty: everything. */
export interface Asked {
  /** RFC 3339. */
  readonly from?: string;
  readonly until?: string;
  readonly types?: readonly string[];
  readonly task?: string;
  readonly agent?: string;
  readonly follow?: boolean;
  /** Unset: what the log no longer has comes from the archive. */
  readonly source?: HistorySource;
}

/** One thing that the mirror says. `text` is the event as it came. */
export type Told = { readonly kind: 'event'; readonly event: CloudEvent; readonly text: string } | { readonly kind: 'gap'; readonly gap: string } | { readonly kind: 'synced' };

export interface History {
  /** Events in their order, and a mark behind the newest one; with `follow` until `signal` aborts, which is no error. */
  replay(mission: string, asked: Asked, signal: AbortSignal): AsyncIterable<Told>;
  close(): Promise<void>;
}

/** Connects to the mirror. Rejects when there is none, or no way to it. */
export async function openHistory(cluster: Cluster, clock: Clock): Promise<History> {
  const line = await dial(cluster, 'history', clock);
  return { ...historyCalls(createClient(HistoryService, line.transport), cluster.namespace), close: () => line.close() };
}

/** The mirror's answers about missions of one namespace. */
export function historyCalls(client: Client<typeof HistoryService>, namespace: string): Omit<History, 'close'> {
  return {
    async *replay(mission, { types = [], ...asked }, signal) {
      try {
        for await (const response of client.replay({ mission: { namespace, name: mission }, types: [...types], ...asked }, { signal })) yield* toldIn(response);
      } catch (error) {
        if (!signal.aborted) throw refusal(error);
      }
    },
  };
}

function* toldIn({ eventsJson, gap, synced }: ReplayResponse): Generator<Told> {
  if (gap !== '') yield { kind: 'gap', gap };
  for (const text of eventsJson) {
    const parsed = parseEvent(parsedJson(text));
    if (parsed.kind === 'event') yield { kind: 'event', event: parsed.event, text };
    // A newer mirror may tell of things that this plugin does not know.
    else yield { kind: 'gap', gap: parsed.kind === 'unknown' ? `an event of type ${parsed.type} is left out: this plugin does not know it` : `an event is left out: ${parsed.fault}` };
  }
  if (synced) yield { kind: 'synced' };
}

const hints: Partial<Record<Code, string>> = {
  [Code.PermissionDenied]: 'ask for get on missions, tasks, plans and approvals of coditect.ai in this namespace, or name what you may read with --types',
  [Code.Unauthenticated]: 'log in again, or name another context: kubectl config get-contexts',
  [Code.InvalidArgument]: 'correct the option that the message names and repeat the command',
  [Code.ResourceExhausted]: 'repeat the command in a moment',
  [Code.FailedPrecondition]: 'give the mirror the bucket of an archive, see docs/archive.md, or leave --source out',
  [Code.DataLoss]: 'put the object that the message names back from a backup, or repeat the command with --source log',
  [Code.Unimplemented]: 'give the mirror the servers of an event log: without one it keeps no history, see docs/events.md',
};

function refusal(error: unknown): Refusal {
  const { code, rawMessage } = ConnectError.from(error);
  return new Refusal(`ask the mirror: ${Code[code]}: ${rawMessage}`, hints[code] ?? 'look at the pod of the mirror, then repeat the command', { cause: error });
}
