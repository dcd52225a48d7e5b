// The operator's answers, as a port, and the gRPC client behind it: TLS under the installation's CA, the user's token on every call.
import { Code, ConnectError, createClient, type Client } from '@connectrpc/connect';
import { z } from 'zod';
import { MissionTask } from '#api/v1alpha1/mission.ts';
import type { PlanSpec } from '#api/v1alpha1/plan.ts';
import type { Wait } from '#domain/mission/explain.ts';
import type { Clock } from '#platform/clock.ts';
import { OrchestratorService, type PlanResponse } from '#platform/rpc/generated/coditect/v1alpha1/orchestrator_pb.ts';
import { Refusal } from '../failure.ts';
import type { Cluster } from './cluster.ts';
import { dial } from './dial.ts';

/** One message of the mission's stream. */
export interface Progress {
  /** Empty for the mission itself. */
  readonly task: string;
  readonly state: string;
  readonly agent: string;
  readonly percent: number;
  readonly message: string;
}

/** A piece of an attempt's log. */
export interface LogPiece {
  /** Offset of its first byte. */
  readonly offset: number;
  readonly data: Uint8Array;
}

/** A plan that was made and not kept. */
export interface PlanPreview {
  readonly verdict: string;
  readonly tasks: readonly MissionTask[];
  /** What was wrong with the last answer of the model. */
  readonly faults: readonly string[];
  readonly summary: string;
  readonly model: string;
  /** How often the model was asked. */
  readonly rounds: number;
  /** US dollars, for example 0.0125. */
  readonly costUsd: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Unset for a rejected plan, and from an operator that does not tell. */
  readonly estimate?: NonNullable<PlanSpec['estimate']>;
}

export interface Operator {
  /** Has a mission planned that is not created, given its spec as JSON; `signal` ends it early. */
  plan(specJson: string, signal: AbortSignal): Promise<PlanPreview>;
  /** Why tasks of a mission wait; of one task when named. */
  explain(mission: string, task?: string): Promise<readonly Wait[]>;
  /** What happens in a mission until it ends. */
  progress(mission: string, signal: AbortSignal): AsyncIterable<Progress>;
  /** Log of the running attempt from an offset until the attempt ends; `signal` ends it early, without an error. Nothing when no attempt runs. */
  log(mission: string, task: string, from: number, signal: AbortSignal): AsyncIterable<LogPiece>;
  close(): Promise<void>;
}

const answerMs = 5000;
/** A model may think for minutes, and be asked three times. */
const planMs = 1_200_000;

/** Connects to the leading operator. Rejects when there is no way to it. */
export async function openOperator(cluster: Cluster, clock: Clock): Promise<Operator> {
  const line = await dial(cluster, 'api', clock);
  return { ...operatorCalls(createClient(OrchestratorService, line.transport), cluster.namespace), close: () => line.close() };
}

/** The operator's answers about missions of one namespace. */
export function operatorCalls(client: Client<typeof OrchestratorService>, namespace: string): Omit<Operator, 'close'> {
  const key = (name: string) => ({ namespace, name });
  return {
    plan: async (specJson, signal) => previewFrom(await told(() => client.plan({ namespace, specJson }, { timeoutMs: planMs, signal }), planRefusal)),
    async explain(mission, task = '') {
      const { waiting } = await told(() => client.explain({ mission: key(mission), task }, { timeoutMs: answerMs }));
      return waiting;
    },
    progress: (mission, signal) => client.follow({ mission: key(mission) }, { signal }),
    async *log(mission, task, from, signal) {
      try {
        for await (const { offset, data } of client.logs({ mission: key(mission), task, offset: BigInt(from) }, { signal })) yield { offset: Number(offset), data };
      } catch (error) {
        const { code } = ConnectError.from(error);
        if (code !== Code.NotFound && !signal.aborted) throw refusal(error);
      }
    },
  };
}

function previewFrom({ verdict, tasksJson, faults, summary, model, rounds, costUsd, inputTokens, outputTokens, estimate }: PlanResponse): PlanPreview {
  const told = estimate && { costUsd: estimate.costUsd, seconds: estimate.seconds, criticalPath: estimate.criticalPath, widest: estimate.widest };
  return { verdict, tasks: tasksFrom(tasksJson), faults, summary, model, rounds, costUsd, inputTokens: Number(inputTokens), outputTokens: Number(outputTokens), ...(told === undefined ? {} : { estimate: told }) };
}

function tasksFrom(json: string): MissionTask[] {
  try {
    return z.array(MissionTask).parse(JSON.parse(json));
  } catch (cause) {
    throw new Refusal('read the plan that the operator sent: its tasks have a form that this plugin does not know', 'use the plugin of the installation\'s version', { cause });
  }
}

async function told<T>(ask: () => Promise<T>, refusing = refusal): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw refusing(error);
  }
}

const planHints: Partial<Record<Code, string>> = {
  [Code.PermissionDenied]: 'ask for create on missions.coditect.ai in this namespace, as for kubectl mission run; with a kubeconfig that holds no token, ServiceAccount coditect-cli of the namespace is who needs it',
  [Code.Unauthenticated]: 'log in again, or name another context: kubectl config get-contexts',
  [Code.InvalidArgument]: 'correct the field that the message names and repeat the command',
  [Code.FailedPrecondition]: 'do what the message says, or write the task graph under spec.tasks',
  [Code.ResourceExhausted]: 'do what the message says: wait, or raise budget.maxCostUsd in the file or the limit of the tenant',
  [Code.Unavailable]: 'repeat the command in a moment; if it fails again, look at the pods of the installation',
  [Code.Unimplemented]: 'upgrade the installation: its operator is older than this plugin',
};

function planRefusal(error: unknown): Refusal {
  const { code, rawMessage } = ConnectError.from(error);
  return new Refusal(`plan: ${Code[code]}: ${rawMessage}`, planHints[code] ?? 'repeat the command; if it fails again, read the log of the operator', { cause: error });
}

function refusal(error: unknown): Refusal {
  const { code, rawMessage } = ConnectError.from(error);
  const next =
    code === Code.PermissionDenied || code === Code.Unauthenticated
      ? 'ask for get and list on missions.coditect.ai and tasks.coditect.ai in this namespace'
      : 'look at the pods of the installation, then repeat the command';
  return new Refusal(`ask the operator: ${Code[code]}: ${rawMessage}`, next, { cause: error });
}
