// Replay: what happened to a mission, for those who may read it. Only the subjects of its namespace are ever asked for.
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { AccessRequest, Authenticator } from '#api/access.ts';
import type { Family } from '#api/events/catalogue.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import { parseTime } from '#api/time.ts';
import { group } from '#api/v1alpha1/kinds.ts';
import { messageOf } from '#platform/errors.ts';
import { requireAccess } from '#platform/rpc/auth.ts';
import type { HistoryService } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { isArchiveError } from '../archive/ports.ts';
import type { Truth } from '../ports.ts';
import type { Patience } from './answering.ts';
import { type Asked, readRequest } from './request.ts';
import { type Past, pastFrom, type Sources } from './sources.ts';
import { type Piece, type Present, type Question, tell } from './told.ts';

export interface ReplayDeps {
  readonly authenticator: Authenticator;
  readonly sources: Pick<Sources, 'log' | 'archive'>;
  readonly truth: Pick<Truth, 'missions'>;
  readonly clock: Patience['clock'];
  /** Most replays at the same time; each one reads the log for itself. */
  readonly most?: number;
}

const fewEnough = 8;
/** Of one message. An event may be larger than that alone. */
const packed = { events: 256, bytes: 262_144 } as const;
const longestMs = 10_000;

/** The handler of HistoryService.Replay. Its callers have passed `bearerAuth`. */
export function createReplay({ authenticator, sources, truth, clock, most = fewEnough }: ReplayDeps): ServiceImpl<typeof HistoryService>['replay'] {
  let running = 0;
  return async function* replay(request, context) {
    const asked = readRequest(request);
    await requireAccess(authenticator, context, ...rightsFor(asked));
    const past = pastFrom({ ...sources, patience: { clock, longestMs } }, asked.source);
    if (running >= most) throw new ConnectError(`${most} replays run already; try again in a moment`, Code.ResourceExhausted);
    running += 1;
    try {
      for await (const piece of read(past, { asked, present: presentIn(truth, asked) }, context)) yield* responsesOf(piece);
    } finally {
      running -= 1;
    }
  };
}

const resources: Readonly<Record<Family, string>> = { mission: 'missions', plan: 'plans', approval: 'approvals', task: 'tasks', pool: 'agentpools', violation: 'tasks', agent: 'tasks' };

/** Events carry what objects say, so whoever reads them must be allowed to read those: the mission always, the others where their events are asked for. */
function rightsFor({ namespace, name, families }: Asked): AccessRequest[] {
  const others = new Set(families.map((family) => resources[family]).filter((resource) => resource !== 'missions'));
  return [{ verb: 'get', group, resource: 'missions', namespace, name }, ...[...others].map((resource): AccessRequest => ({ verb: 'get', group, resource, namespace }))];
}

function presentIn(truth: Pick<Truth, 'missions'>, { namespace, name }: Asked): Present | undefined {
  const found = truth.missions().find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  const created = parseTime(found?.metadata.creationTimestamp);
  return found === undefined || created === undefined ? undefined : { uid: found.metadata.uid, created };
}

async function* read(past: Past, question: Question, { signal }: Pick<HandlerContext, 'signal'>): AsyncGenerator<Piece> {
  try {
    yield* tell(past, question, signal);
  } catch (error) {
    throw refusal(error, question.asked);
  }
}

/** What is wrong with an object of the archive is not mended by asking again. */
function refusal(error: unknown, { source }: Asked): ConnectError {
  if (error instanceof ConnectError) return error;
  if (isArchiveError(error)) return new ConnectError(messageOf(error), Code.DataLoss);
  return new ConnectError(`cannot read the ${source === 'archive' ? 'archive' : 'event log'}: ${messageOf(error)}; try again in a moment`, Code.Unavailable);
}

function* responsesOf(piece: Piece) {
  if (piece.kind === 'synced') yield { synced: true };
  else if (piece.kind === 'gap') yield { gap: piece.gap };
  else yield* packsOf(piece.events);
}

function* packsOf(events: readonly CloudEvent[]) {
  let [texts, bytes]: [string[], number] = [[], 0];
  for (const event of events) {
    const text = JSON.stringify(event);
    if (texts.length === packed.events || (texts.length > 0 && bytes + text.length > packed.bytes)) {
      yield { eventsJson: texts };
      [texts, bytes] = [[], 0];
    }
    texts.push(text);
    bytes += text.length;
  }
  if (texts.length > 0) yield { eventsJson: texts };
}
