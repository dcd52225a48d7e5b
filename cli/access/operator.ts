// The operator's answers, as a port, and the gRPC client behind it: TLS under the installation's CA, the user's token on every call.
import { Code, ConnectError, createClient, type Client, type Interceptor } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import type { Clock } from '#platform/clock.ts';
import { OrchestratorService } from '#platform/rpc/generated/coditect/v1alpha1/orchestrator_pb.ts';
import { dialOptions } from '#platform/rpc/tls.ts';
import { Refusal } from '../failure.ts';
import type { Cluster } from './cluster.ts';
import { openDoor } from './door.ts';
import { tokenSource } from './token.ts';

/** Why a task waits, as the operator says. */
export interface Wait {
  readonly task: string;
  readonly reason: string;
  readonly message: string;
  /** Place among the ready tasks, from 1; 0 when it is not ready. */
  readonly position: number;
}

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

export interface Operator {
  /** Why tasks of a mission wait; of one task when named. */
  explain(mission: string, task?: string): Promise<readonly Wait[]>;
  /** What happens in a mission until it ends. */
  progress(mission: string, signal: AbortSignal): AsyncIterable<Progress>;
  /** Log of the running attempt from an offset until the attempt ends; `signal` ends it early, without an error. Nothing when no attempt runs. */
  log(mission: string, task: string, from: number, signal: AbortSignal): AsyncIterable<LogPiece>;
  close(): Promise<void>;
}

const answerMs = 5000;

/** Connects to the leading operator. Rejects when there is no way to it. */
export async function openOperator(cluster: Cluster, clock: Clock): Promise<Operator> {
  const door = await openDoor(cluster, 'api');
  const token = tokenSource(cluster, clock);
  // Asked for now, so that a missing ServiceAccount is told as such and not as a broken call.
  await token();
  const baseUrl = `https://${door.address}`;
  const sessions = new Http2SessionManager(baseUrl, {}, dialOptions(door.serverName, { caBundle: door.ca }));
  const bearer: Interceptor = (next) => async (request) => {
    request.header.set('authorization', `Bearer ${await token()}`);
    return next(request);
  };
  const client = createClient(OrchestratorService, createGrpcTransport({ baseUrl, sessionManager: sessions, interceptors: [bearer] }));
  return {
    ...calls(client, cluster.namespace),
    close: async () => {
      sessions.abort();
      await door.close();
    },
  };
}

function calls(client: Client<typeof OrchestratorService>, namespace: string): Omit<Operator, 'close'> {
  const key = (name: string) => ({ namespace, name });
  return {
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

async function told<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw refusal(error);
  }
}

function refusal(error: unknown): Refusal {
  const { code, rawMessage } = ConnectError.from(error);
  const next =
    code === Code.PermissionDenied || code === Code.Unauthenticated
      ? 'ask for get and list on missions.coditect.ai and tasks.coditect.ai in this namespace'
      : 'look at the pods of the installation, then repeat the command';
  return new Refusal(`ask the operator: ${Code[code]}: ${rawMessage}`, next, { cause: error });
}
