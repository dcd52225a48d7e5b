// What the log tells of one mission, as messages for one reader: in order, each event once, gaps said.
import type { Family } from '#api/events/catalogue.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import { streams } from '#api/events/streams.ts';
import type { Instant } from '#api/time.ts';
import { createFilter } from '#domain/replay/filter.ts';
import { createWindow, type Dated, inOrder } from '#domain/replay/order.ts';
import { createSieve } from '#domain/replay/sieve.ts';
import type { ReadOptions, Received, Start } from '#platform/nats/types.ts';
import { merged } from './merged.ts';
import type { Asked } from './request.ts';
import type { Past, PastMessage } from './sources.ts';

/** One message to the reader. */
export type Piece = { readonly kind: 'events'; readonly events: readonly CloudEvent[] } | { readonly kind: 'gap'; readonly gap: string } | { readonly kind: 'synced' };

/** A mission that there is now: what others of the same name did before is not its history. */
export interface Present {
  readonly uid: string;
  readonly created: Instant;
}

export interface Question {
  readonly asked: Asked;
  /** Absent: there is no such mission now, and all that had its name are meant. */
  readonly present: Present | undefined;
}

type StreamName = keyof typeof streams;

// The log has packs of one family each: after it was away, a pack may hold minutes, and what happened between its events comes behind it.
const window = { spanMs: 600_000, most: 10_000 } as const;
const idsRemembered = 50_000;
// Clocks of different machines.
const slackMs = 60_000;

/** Reads the past, marks its end, and goes on with what comes when that was asked for. */
export async function* tell(reader: Past, question: Question, signal: AbortSignal): AsyncGenerator<Piece> {
  const history = new History(reader, question, signal);
  yield* history.past();
  yield { kind: 'synced' };
  if (question.asked.follow) yield* history.future();
}

class History {
  readonly #reader: Past;
  readonly #question: Question;
  readonly #signal: AbortSignal;
  readonly #sieve = createSieve(idsRemembered);
  readonly #passes: (event: CloudEvent) => boolean;
  readonly #window = createWindow(window);
  /** Where the future of each stream begins. */
  readonly #next = new Map<StreamName, Start>();

  constructor(reader: Past, question: Question, signal: AbortSignal) {
    this.#reader = reader;
    this.#question = question;
    this.#signal = signal;
    this.#passes = createFilter(question.asked.wanted);
  }

  async *past(): AsyncGenerator<Piece> {
    // People decide rarely: what they said is read first, and put between the rest where it belongs.
    let decided: readonly Dated[] = [];
    for await (const message of this.#read('audit')) {
      yield* gapsOf(message);
      decided = [...decided, ...inOrder(this.#sifted(message))];
    }
    for await (const message of this.#read('events')) {
      const gaps = gapsOf(message);
      if (gaps.length > 0) yield* this.#pieces(this.#window.flush());
      yield* gaps;
      const events = this.#sifted(message);
      const newest = inOrder(events).at(-1)?.at ?? Number.NEGATIVE_INFINITY;
      const before = decided.filter(({ at }) => at <= newest);
      decided = decided.slice(before.length);
      yield* this.#pieces(this.#window.push([...before.map(({ event }) => event), ...events]));
    }
    yield* this.#pieces([...this.#window.push(decided.map(({ event }) => event)), ...this.#window.flush()]);
  }

  async *future(): AsyncGenerator<Piece> {
    const over = new AbortController();
    const signal = AbortSignal.any([this.#signal, over.signal]);
    const sources = this.#streams().map((stream) => this.#reader.follow({ ...this.#options(stream), start: this.#next.get(stream) ?? this.#start() }, signal));
    try {
      for await (const message of merged(sources)) {
        yield* gapsOf(message);
        yield* this.#pieces(inOrder(this.#sifted(message)).map(({ event }) => event));
      }
    } finally {
      over.abort();
    }
  }

  async *#read(stream: StreamName): AsyncGenerator<PastMessage> {
    if (!this.#streams().includes(stream)) return;
    const { asked: { name, wanted: { until } } } = this.#question;
    const options = { ...this.#options(stream), start: this.#start(), mission: name, ...(until === undefined ? {} : { until }) };
    for await (const message of this.#reader.upToNow(options, this.#signal)) {
      if (message.isArchived !== true) this.#next.set(stream, { kind: 'sequence', sequence: message.sequence + 1, ...(message.log === undefined ? {} : { log: message.log }) });
      yield message;
    }
  }

  #streams(): readonly StreamName[] {
    return (['events', 'audit'] as const).filter((stream) => this.#familiesIn(stream).length > 0);
  }

  #familiesIn(stream: StreamName): readonly Family[] {
    const kept: readonly Family[] = streams[stream].families;
    return this.#question.asked.families.filter((family) => kept.includes(family));
  }

  #options(stream: StreamName): Omit<ReadOptions, 'start'> {
    return { stream, tenant: this.#question.asked.namespace, families: this.#familiesIn(stream) };
  }

  /** Nothing of a mission can be in the log before the mission was. A task is named by its first event, which may be older than the time asked for. */
  #start(): Start {
    const { asked: { wanted }, present } = this.#question;
    const asked = wanted.task === undefined ? (wanted.from ?? Number.NEGATIVE_INFINITY) : Number.NEGATIVE_INFINITY;
    const time = Math.max(asked, present?.created ?? Number.NEGATIVE_INFINITY) - slackMs;
    return time === Number.NEGATIVE_INFINITY ? { kind: 'beginning' } : { kind: 'time', time };
  }

  /** New events of this mission. A message of another tenant is none of ours, whoever put it there. */
  #sifted({ tenant, events }: Received): CloudEvent[] {
    const { asked: { namespace, name }, present } = this.#question;
    if (tenant !== namespace) return [];
    return events.filter((event) => event.tenant === namespace && event.mission === name && (present === undefined || event.missionuid === present.uid) && this.#sieve.isNew(event));
  }

  *#pieces(events: readonly CloudEvent[]): Generator<Piece> {
    const wanted = events.filter((event) => this.#passes(event));
    if (wanted.length > 0) yield { kind: 'events', events: wanted };
  }
}

function gapsOf({ gap, fault }: Received): Piece[] {
  return [gap, fault].flatMap((text): Piece[] => (text === undefined ? [] : [{ kind: 'gap', gap: text }]));
}
