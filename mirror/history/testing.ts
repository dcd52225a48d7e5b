// An event log in memory, and a door to it: for the tests of history.
import { ConnectError, Code, createClient, createRouterTransport } from '@connectrpc/connect';
import type { AccessRequest, Authenticator } from '#api/access.ts';
import { familyOf } from '#api/events/catalogue.ts';
import { type CloudEvent, nameOf } from '#api/events/envelope.ts';
import { streams } from '#api/events/streams.ts';
import { parseTime } from '#api/time.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { EventReader, ReadOptions, Received, Start } from '#platform/nats/types.ts';
import { HistoryService, type ReplayRequest } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import type { ArchiveReader } from '../archive/reader.ts';
import { historyRoutes } from './routes.ts';
import type { LogPast } from './sources.ts';

interface Kept extends Omit<Received, 'pending'> {
  readonly stream: ReadOptions['stream'];
}

/** A log in memory: one message a call of `put`. Counts who follows it. */
export class MemoryLog implements Pick<EventReader, 'follow' | 'upToNow'> {
  readonly #messages: Kept[] = [];
  readonly #wake = new Set<() => void>();
  readonly asked: ReadOptions[] = [];
  followers = 0;

  /** Adds a message with events of one family. */
  put(events: readonly CloudEvent[], more: Partial<Pick<Received, 'gap' | 'fault' | 'tenant'>> = {}): void {
    const [first] = events;
    const name = nameOf(first?.type ?? '') ?? 'task.changed';
    const family = familyOf(name);
    const stream = (streams.audit.families as readonly string[]).includes(family) ? 'audit' : 'events';
    const sequence = this.#messages.filter((message) => message.stream === stream).length + 1;
    this.#messages.push({ stream, sequence, tenant: first?.tenant ?? 'team-a', family, events, ...more });
    for (const wake of this.#wake) wake();
  }

  async *upToNow(options: ReadOptions): AsyncGenerator<Received> {
    this.asked.push(options);
    const matching = this.#messages.filter((message) => matches(message, options));
    for (const [index, message] of matching.entries()) yield { ...message, pending: matching.length - index - 1 };
  }

  async *follow(options: ReadOptions, signal: AbortSignal): AsyncGenerator<Received> {
    this.asked.push(options);
    this.followers += 1;
    try {
      for (let at = 0; !signal.aborted; ) {
        const message = this.#messages[at];
        if (message === undefined) await this.#more(signal);
        else at += 1;
        if (message !== undefined && matches(message, options)) yield { ...message, pending: 0 };
      }
    } finally {
      this.followers -= 1;
    }
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#wake.delete(wake);
        resolve();
      };
      this.#wake.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}

function matches(message: Kept, { stream, tenant = message.tenant, families = [message.family], start }: ReadOptions): boolean {
  return message.stream === stream && message.tenant === tenant && families.includes(message.family) && isAfter(message, start);
}

function isAfter({ sequence, events }: Kept, start: Start): boolean {
  if (start.kind === 'sequence') return sequence >= start.sequence;
  // This log gets an event when it happens.
  return start.kind === 'beginning' || (start.kind === 'time' && (parseTime(events[0]?.time) ?? 0) >= start.time);
}

/** Tokens are names of users; `reader` may get everything in team-a, others what `rights` says. */
function authenticatorOf(rights: Readonly<Record<string, readonly string[]>>, asked: AccessRequest[]): Authenticator {
  return {
    review: async (token) => (token === 'stranger' ? undefined : { username: token, uid: token, groups: [], extra: {} }),
    allowed: async ({ username }, request) => {
      asked.push(request);
      return request.namespace === 'team-a' && request.verb === 'get' && (username === 'reader' || (rights[username] ?? []).includes(request.resource));
    },
  };
}

/** A stream that has lost nothing. */
const wholeStream: LogPast['state'] = async () => ({ created: 'now', first: 1, last: 1 });

/** The service in one process, over a log in memory; with `log: null` there is none. */
export function aHistory({ log = new MemoryLog(), state = wholeStream, archive, missions = [], rights = {}, most }: { readonly log?: Pick<EventReader, 'follow' | 'upToNow'> | null; readonly state?: LogPast['state']; readonly archive?: ArchiveReader; readonly missions?: readonly Mission[]; readonly rights?: Readonly<Record<string, readonly string[]>>; readonly most?: number } = {}) {
  const asked: AccessRequest[] = [];
  const authenticator = authenticatorOf(rights, asked);
  const clock = new ManualClock();
  const { routes, interceptors } = historyRoutes({ authenticator, sources: { log: log === null ? undefined : { reader: log, state }, archive }, truth: { missions: () => missions }, clock, ...(most === undefined ? {} : { most }) });
  const transport = createRouterTransport(routes, { router: { interceptors: [...interceptors] } });
  const client = createClient(HistoryService, transport);
  const call = (request: Partial<Omit<ReplayRequest, '$typeName' | 'mission'>> = {}, { user = 'reader', namespace = 'team-a', signal }: { readonly user?: string; readonly namespace?: string; readonly signal?: AbortSignal } = {}) =>
    client.replay({ mission: { namespace, name: 'examine' }, ...request }, { headers: { authorization: `Bearer ${user}` }, ...(signal === undefined ? {} : { signal }) });
  return { call, asked, clock };
}

/** What a replay said: ids of events, `gap: ...`, `synced`, and at last the code of its failure. */
export async function saidBy(call: ReturnType<ReturnType<typeof aHistory>['call']>, seen: string[] = []): Promise<string[]> {
  try {
    for await (const { eventsJson, synced, gap } of call) {
      if (gap !== '') seen.push(`gap: ${gap}`);
      seen.push(...eventsJson.map((text) => (JSON.parse(text) as CloudEvent).id));
      if (synced) seen.push('synced');
    }
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    seen.push(`${Code[code]} ${rawMessage}`);
  }
  return seen;
}
