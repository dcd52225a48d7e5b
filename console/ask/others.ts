// The operator and the mirror, asked over lines that are made by somebody else.
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { StatsAnswer } from '#api/stats.ts';
import { HistoryService, type ReplayResponse } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { OrchestratorService } from '#platform/rpc/generated/coditect/v1alpha1/orchestrator_pb.ts';
import { StatsService } from '#platform/rpc/generated/coditect/v1alpha1/stats_pb.ts';
import type { Answer, Others, Question, StatsQuestion, Told } from './ports.ts';

/** Ways to the servers as they are now. */
export interface Lines {
  /** To every operator; one of them leads. */
  operators(): Promise<readonly Transport[]>;
  /** To the mirror; undefined where there is none. */
  mirror(): Promise<Transport | undefined>;
}

const answerMs = 5000;
const statsMs = 30_000;

/** Asks them. */
export function createOthers(lines: Lines): Others {
  return { waits: (question) => attempt(() => waits(lines, question)), history: (question) => attempt(() => history(lines, question)), stats: (question) => attempt(() => stats(lines, question)) };
}

async function waits(lines: Lines, { authorization, namespace, mission, signal }: Question): Promise<Awaited<ReturnType<Others['waits']>>> {
  let last: Answer<never> = { kind: 'failed', why: 'no operator has an address', next: 'kubectl get pods -n coditect-system' };
  for (const transport of await lines.operators()) {
    try {
      const { waiting } = await createClient(OrchestratorService, transport).explain({ mission: { namespace, name: mission } }, { headers: { authorization }, signal, timeoutMs: answerMs });
      return { kind: 'answer', value: waiting.map(({ task, reason, message, position }) => ({ task, reason, message, position })) };
    } catch (error) {
      // A follower says so, and another one leads.
      last = failure(error);
    }
  }
  return last;
}

const noMirror = { kind: 'off', why: 'this installation has no mirror, so nothing is kept of what happened', next: 'install the chart with mirror.enabled=true and the servers of an event log, see docs/events.md' } as const;

async function history(lines: Lines, { authorization, namespace, mission, signal }: Question): Promise<Answer<AsyncIterable<Told>>> {
  const transport = await lines.mirror();
  if (transport === undefined) return noMirror;
  const responses = createClient(HistoryService, transport).replay({ mission: { namespace, name: mission }, follow: true }, { headers: { authorization }, signal })[Symbol.asyncIterator]();
  // The first message tells whether there is a history at all.
  const first = await responses.next();
  return { kind: 'answer', value: told(first, responses) };
}

async function* told(first: IteratorResult<ReplayResponse>, rest: AsyncIterator<ReplayResponse>): AsyncGenerator<Told> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) yield* toldIn(next.value);
  } catch (error) {
    const { why, next } = failure(error);
    yield { kind: 'gap', text: `${why}; ${next}` };
  } finally {
    await rest.return?.();
  }
}

function* toldIn({ eventsJson, gap, synced }: ReplayResponse): Generator<Told> {
  if (gap !== '') yield { kind: 'gap', text: gap };
  if (eventsJson.length > 0) yield { kind: 'events', texts: eventsJson };
  if (synced) yield { kind: 'synced' };
}

async function stats(lines: Lines, { authorization, namespace, template, parameters, signal }: StatsQuestion): Promise<Answer<StatsAnswer>> {
  const transport = await lines.mirror();
  if (transport === undefined) return noMirror;
  const { answerJson } = await createClient(StatsService, transport).stats({ namespace, template, parametersJson: JSON.stringify(parameters) }, { headers: { authorization }, signal, timeoutMs: statsMs });
  return { kind: 'answer', value: StatsAnswer.parse(JSON.parse(answerJson)) };
}

async function attempt<T>(ask: () => Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await ask();
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    if (code === Code.Unimplemented) return { kind: 'off', why: 'the mirror keeps no history: it has no event log', next: 'give it the servers of one, see docs/events.md' };
    if (code === Code.FailedPrecondition) return { kind: 'off', why: rawMessage.slice(0, 400), next: 'see docs/analytics.md' };
    return failure(error);
  }
}

function failure(error: unknown): { readonly kind: 'failed'; readonly why: string; readonly next: string } {
  const { code, rawMessage } = ConnectError.from(error);
  const next = code === Code.PermissionDenied ? 'ask for a Role that allows it' : 'try again in a moment';
  return { kind: 'failed', why: rawMessage.slice(0, 400), next };
}
