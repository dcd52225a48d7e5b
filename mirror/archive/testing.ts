// An event log in memory that loses what is old and can be made anew, and what tests of the archive ask again and again.
import type { Manifest } from '#api/archive.ts';
import { type Family, familyOf } from '#api/events/catalogue.ts';
import { type CloudEvent, nameOf, parseEvent } from '#api/events/envelope.ts';
import type { StreamState } from '#platform/nats/state.ts';
import type { ReadOptions, Received } from '#platform/nats/types.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import type { LogSource, Place } from './ports.ts';
import { type RunDeps, archiveStream } from './run.ts';

type Message = Omit<Received, 'pending' | 'gap'>;

/** One stream; the other one is empty. */
export class FakeLog implements LogSource {
  #messages: Message[] = [];
  #last = 0;
  #logs = 1;
  /** Called before each answer about the stream. */
  onState: () => void = () => {};
  readonly stream: ReadOptions['stream'];

  constructor(stream: ReadOptions['stream'] = 'events') {
    this.stream = stream;
  }

  /** Adds a message with events of one tenant and family. */
  put(events: readonly CloudEvent[], more: Partial<Pick<Received, 'fault' | 'family' | 'tenant'>> = {}): void {
    const [first] = events;
    const family: Family = familyOf(nameOf(first?.type ?? '') ?? 'task.changed');
    this.#messages.push({ sequence: (this.#last += 1), tenant: first?.tenant ?? 'team-a', family, events: events.map(asRead), ...more });
  }

  /** Forgets messages before this one, as a log does with what is old. */
  forgetBefore(sequence: number): void {
    this.#messages = this.#messages.filter((message) => message.sequence >= sequence);
  }

  /** Another log of the same name, which counts from 1. */
  remake(): void {
    [this.#messages, this.#last] = [[], 0];
    this.#logs += 1;
  }

  /** Goes back to an older state of the same log. */
  goBackTo(sequence: number): void {
    this.#messages = this.#messages.filter((message) => message.sequence <= sequence);
    this.#last = sequence;
  }

  async state(stream: ReadOptions['stream']): Promise<StreamState> {
    this.onState();
    const created = `2026-11-0${this.#logs}T00:00:00Z`;
    if (stream !== this.stream) return { created, first: 1, last: 0 };
    return { created, first: this.#messages[0]?.sequence ?? this.#last + 1, last: this.#last };
  }

  get reader(): LogSource['reader'] {
    const upToNow = this.#upToNow.bind(this);
    return { upToNow };
  }

  async *#upToNow({ stream, start }: ReadOptions): AsyncGenerator<Received> {
    let next = start.kind === 'sequence' ? start.sequence : 1;
    for (const message of stream === this.stream ? this.#messages.filter(({ sequence }) => sequence >= next) : []) {
      const gap = message.sequence > next ? { gap: `messages ${next} to ${message.sequence - 1} are no longer in the log` } : {};
      next = message.sequence + 1;
      yield { ...message, ...gap, pending: this.#last - message.sequence };
    }
  }
}

/** An event with its fields in the order in which a reader of the log gives them. */
function asRead(event: CloudEvent): CloudEvent {
  const parsed = parseEvent(event);
  if (parsed.kind !== 'event') throw new Error(`no event of ours: ${JSON.stringify(parsed)}`);
  return parsed.event;
}

/** Archives a stream; a piece for each few events, so that there are many. */
export function run(place: Place, log: LogSource, { stream = 'events', ...more }: Partial<RunDeps> & { readonly stream?: Manifest['stream'] } = {}): Promise<readonly Manifest[]> {
  return archiveStream({ place, log, clock: new ManualClock(), onPiece: () => {}, mostBytes: 1000, ...more }, stream, new AbortController().signal);
}

/** Everything that is told. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** The manifest of some files, for decisions. */
export function aManifest(first: number, last: number, { parts = [], ...more }: Partial<Omit<Manifest, 'parts'>> & { readonly parts?: readonly Partial<Manifest['parts'][number]>[] } = {}): Manifest {
  const part = { key: 'k', tenant: 'team-a', day: '2026-11-01', rows: 1, bytes: 1, sha256: '0'.repeat(64), first, last, from: 0, until: 0 };
  return { version: 1, stream: 'events', log: 'one', run: 'r', written: '2026-11-01T00:00:00Z', first, last, gaps: [], unreadable: [], ...more, parts: parts.map((given) => ({ ...part, ...given })) };
}
