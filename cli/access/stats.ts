// Named questions about what happened, as the mirror answers them.
import { Code, ConnectError, createClient, type Client } from '@connectrpc/connect';
import { StatsAnswer, type StatsParameters } from '#api/stats.ts';
import type { Clock } from '#platform/clock.ts';
import { StatsService } from '#platform/rpc/generated/coditect/v1alpha1/stats_pb.ts';
import { Refusal } from '../failure.ts';
import type { Cluster } from './cluster.ts';
import { dial } from './dial.ts';
import { parsedJson } from './json.ts';

/** What is asked with a template. */
export type StatsQuestion = Partial<StatsParameters>;

export interface Stats {
  /** Answers the template of this name about the namespace of the cluster. */
  ask(template: string, question: StatsQuestion, signal: AbortSignal): Promise<StatsAnswer>;
  close(): Promise<void>;
}

/** Connects to the mirror. Rejects when there is none, or no way to it. */
export async function openStats(cluster: Cluster, clock: Clock): Promise<Stats> {
  const line = await dial(cluster, 'history', clock);
  return { ...statsCalls(createClient(StatsService, line.transport), cluster.namespace), close: () => line.close() };
}

const answerMs = 30_000;

/** The mirror's answers about one namespace. */
export function statsCalls(client: Client<typeof StatsService>, namespace: string): Omit<Stats, 'close'> {
  return {
    async ask(template, question, signal) {
      const { answerJson } = await client.stats({ namespace, template, parametersJson: JSON.stringify(question) }, { signal, timeoutMs: answerMs }).catch((error: unknown) => Promise.reject(refusal(error)));
      const { data } = StatsAnswer.safeParse(parsedJson(answerJson));
      if (data === undefined) throw new Refusal('read the stats that the mirror sent: they have a form that this plugin does not know', 'use the plugin of the installation\'s version');
      return data;
    },
  };
}

const hints: Partial<Record<Code, string>> = {
  [Code.PermissionDenied]: 'ask for list on missions.coditect.ai in this namespace, or name a mission that you may get',
  [Code.Unauthenticated]: 'log in again, or name another context: kubectl config get-contexts',
  [Code.InvalidArgument]: 'correct what the message names; docs/analytics.md lists what may be asked',
  [Code.FailedPrecondition]: 'give the mirror a ClickHouse, see docs/analytics.md',
  [Code.Unimplemented]: 'give the mirror a ClickHouse, see docs/analytics.md',
};

function refusal(error: unknown): Refusal {
  const { code, rawMessage } = ConnectError.from(error);
  return new Refusal(`ask the mirror: ${Code[code]}: ${rawMessage}`, hints[code] ?? 'look at the pod of the mirror, then repeat the command', { cause: error });
}
