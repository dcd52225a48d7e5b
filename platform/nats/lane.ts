// One stream's way to the log: events are gathered for a moment, packed by subject, put on disk, and sent from there.
import { familyOf } from '#api/events/catalogue.ts';
import { type CloudEvent, nameOf } from '#api/events/envelope.ts';
import { packLimits, packTypes, subjectOf } from '#api/events/streams.ts';
import { PlatformError } from '../errors.ts';
import { newUuid } from '../ids.ts';
import type { Spool, SpoolRecord } from '../spool/spool.ts';
import { sealLetter } from './letter.ts';
import { type PackFormat, packEvents } from './pack.ts';
import type { Taken } from './types.ts';

type BySubject = ReadonlyMap<string, readonly CloudEvent[]>;

interface Waiting {
  readonly events: readonly CloudEvent[];
  readonly bySubject: BySubject;
  readonly resolve: (taken: Taken) => void;
  readonly reject: (error: unknown) => void;
}

/** Events come one by one or in hundreds; so long they wait for others, unless a pack is full before. */
export const lingerMs = 5;

/** Puts events on disk. Whoever calls while a write is under way shares the next one. */
export class Lane {
  readonly #spool: Spool;
  readonly #format: PackFormat;
  readonly #after: (ms: number, task: () => void) => () => void;
  /** Of this process, so that its ids are of nobody else's. */
  readonly #session = newUuid();
  readonly #subjects = new Subjects();
  #letters = 0;
  #waiting: Waiting[] = [];
  #waitingEvents = 0;
  #writing: Promise<void> | undefined;
  #hurry: (() => void) | undefined;
  #tooLarge = 0;
  #lost = 0;

  constructor(spool: Spool, format: PackFormat, after: (ms: number, task: () => void) => () => void) {
    this.#spool = spool;
    this.#format = format;
    this.#after = after;
  }

  /** Events that were dropped: no room, or too large for any message. */
  get dropped(): number {
    return this.#lost + this.#tooLarge;
  }

  get tooLarge(): number {
    return this.#tooLarge;
  }

  put(events: readonly CloudEvent[]): Promise<Taken> {
    return new Promise((resolve, reject) => {
      // Throws here for an event without a subject: the call is refused, and no other one with it.
      const bySubject = grouped(events, this.#subjects);
      this.#waiting.push({ events, bySubject, resolve, reject });
      this.#waitingEvents += events.length;
      this.#writing ??= this.#write();
      if (this.#waitingEvents >= packLimits.events) this.#hurry?.();
    });
  }

  /** Waits until everything that was put is on disk. */
  async settled(): Promise<void> {
    this.#hurry?.();
    await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      if (this.#waitingEvents < packLimits.events) await this.#linger();
      const group = this.#waiting;
      this.#waiting = [];
      this.#waitingEvents = 0;
      await this.#store(group);
    }
    this.#writing = undefined;
  }

  #linger(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#after(lingerMs, resolve);
      this.#hurry = () => {
        cancel();
        this.#hurry = undefined;
        resolve();
      };
    });
  }

  async #store(group: readonly Waiting[]): Promise<void> {
    try {
      const dropped = await this.#append(merged(group));
      for (const { events, resolve } of group) {
        const own = dropped.size === 0 ? 0 : events.filter((event) => dropped.has(event)).length;
        resolve({ kept: events.length - own, dropped: own });
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  /** The events that are not on disk now. */
  async #append(bySubject: BySubject): Promise<ReadonlySet<CloudEvent>> {
    const dropped = new Set<CloudEvent>();
    const letters = [...bySubject].flatMap(([subject, own]) => this.#lettersOf(subject, own, dropped));
    const kept = await this.#spool.append(letters.map(({ record }) => record));
    for (const { events: unkept } of letters.slice(kept)) {
      for (const event of unkept) dropped.add(event);
      this.#lost += unkept.length;
    }
    return dropped;
  }

  #lettersOf(subject: string, events: readonly CloudEvent[], dropped: Set<CloudEvent>): readonly { readonly record: SpoolRecord; readonly events: readonly CloudEvent[] }[] {
    const { packs, tooLarge } = packEvents(events, this.#format);
    for (const event of tooLarge) dropped.add(event);
    this.#tooLarge += tooLarge.length;
    return packs.map(({ body, events: own }) => {
      const id = `${this.#session}.${++this.#letters}`;
      return { record: { body: sealLetter({ subject, id, contentType: packTypes[this.#format], count: own.length, body }), count: own.length }, events: own };
    });
  }
}

/** Subjects by tenant and type: few, and asked for with each event. */
class Subjects {
  readonly #known = new Map<string, string>();

  of({ tenant, type }: CloudEvent): string {
    const key = `${tenant} ${type}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = nameOf(type);
    if (name === undefined) throw new PlatformError('EventUnknown', `publish an event of type ${type}: it is not in the catalogue, so nobody could read it; add it there`);
    const subject = subjectOf(tenant, familyOf(name));
    if (this.#known.size >= mostKnown) this.#known.clear();
    this.#known.set(key, subject);
    return subject;
  }
}

const mostKnown = 10_000;

function grouped(events: readonly CloudEvent[], subjects: Subjects): BySubject {
  const groups = new Map<string, CloudEvent[]>();
  for (const event of events) add(groups, subjects.of(event), [event]);
  return groups;
}

function merged(group: readonly Waiting[]): BySubject {
  const groups = new Map<string, CloudEvent[]>();
  for (const { bySubject } of group) {
    for (const [subject, events] of bySubject) add(groups, subject, events);
  }
  return groups;
}

function add(groups: Map<string, CloudEvent[]>, subject: string, events: readonly CloudEvent[]): void {
  const known = groups.get(subject);
  if (known === undefined) groups.set(subject, [...events]);
  else known.push(...events);
}
