// Reads the archive as if it were the log: the same messages in the same order, each with the same events.
import type { Manifest } from '#api/archive.ts';
import type { Family } from '#api/events/catalogue.ts';
import { type CloudEvent, parseEvent } from '#api/events/envelope.ts';
import type { Instant } from '#api/time.ts';
import type { ReadOptions, Received } from '#platform/nats/types.ts';
import { type Choice, choose, missingBetween, type Question } from './decide/choose.ts';
import { familyIn, type KeptMessage, type KeptRow, messagesOf } from './decide/rows.ts';
import { inParallel } from './parallel.ts';
import { readPart } from './parts.ts';
import type { Place } from './ports.ts';
import type { Manifests } from './manifests.ts';

/** What somebody wants of the archive. A start by number is not for the archive: several logs may have counted. */
export interface ArchiveOptions extends Pick<ReadOptions, 'stream' | 'tenant' | 'families'> {
  readonly mission?: string;
  readonly from?: Instant;
  readonly until?: Instant;
  /** Of this log only what was before this message. */
  readonly before?: { readonly log: string; readonly sequence: number };
}

export interface ArchiveReader {
  /** Messages in their order. Rejects with the name of an object that is not what it should be. */
  messages(options: ArchiveOptions, signal: AbortSignal): AsyncIterable<Received>;
  /** The newest manifest; undefined when there is none. */
  newest(signal: AbortSignal): Promise<Manifest | undefined>;
}

const filesAtOnce = 4;

/** A reader; it holds the files of one piece of the log at a time. */
export function createArchiveReader(place: Place, manifests: Manifests): ArchiveReader {
  return {
    async *messages(options, signal) {
      const all = await manifests.all(signal);
      for (const choice of choose(all, questionOf(options))) yield* piece(place, choice, { options, signal });
      const missing = missingBetween(all, options);
      if (missing !== undefined) yield nothingBut({ gap: `messages ${missing.first} to ${missing.last} are neither in the log nor in the archive`, options, sequence: missing.last });
    },
    newest: async (signal) => (await manifests.all(signal)).toSorted((a, b) => (a.written < b.written ? -1 : 1)).at(-1),
  };
}

function questionOf({ stream, tenant, from, until, before }: ArchiveOptions): Question {
  return { stream, ...(tenant === undefined ? {} : { tenant }), ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }), ...(before === undefined ? {} : { before }) };
}

interface Asked {
  readonly options: ArchiveOptions;
  readonly signal: AbortSignal;
}

async function* piece(place: Place, { manifest, parts, hole }: Choice, asked: Asked): AsyncGenerator<Received> {
  if (hole !== undefined) yield nothingBut({ gap: `messages ${hole.first} to ${hole.last} are not in the archive: their manifest is gone`, options: asked.options, sequence: hole.last });
  const told = gapsOf(manifest);
  const faults = new Map(manifest.unreadable.map(({ sequence, fault }) => [sequence, fault]));
  for (const { texts, ...message } of await messagesIn(place, { manifest, parts }, asked)) {
    const { events, fault = faults.get(message.sequence) } = eventsIn(texts);
    const gap = told(message.sequence);
    yield { ...message, events, pending: 0, ...(fault === undefined ? {} : { fault }), ...(gap === undefined ? {} : { gap }) };
  }
  const gap = told(Number.POSITIVE_INFINITY);
  if (gap !== undefined) yield nothingBut({ gap, options: asked.options, sequence: manifest.last });
}

/** Messages of all files of a piece, and those of which nothing could be read. What is not asked for is left out before anybody reads its text. */
async function messagesIn(place: Place, { manifest, parts }: Choice, { options, signal }: Asked): Promise<KeptMessage[]> {
  const { tenant, families, mission } = options;
  const isFamily = (family: Family) => families?.includes(family) ?? true;
  const groups = await inParallel(parts, filesAtOnce, async (part) => {
    const rows: KeptRow[] = [];
    for await (const group of readPart(place, part, signal)) for (const row of group) if (row.mission === (mission ?? row.mission) && isFamily(familyIn(row.type))) rows.push(row);
    return rows;
  });
  const messages = messagesOf(groups.flat());
  const known = new Set(messages.map(({ sequence }) => sequence));
  const lost = manifest.unreadable.filter((one) => one.tenant === (tenant ?? one.tenant) && isFamily(one.family) && !known.has(one.sequence));
  return [...messages, ...lost.map(({ fault: _fault, ...message }): KeptMessage => ({ ...message, texts: [] }))].toSorted((a, b) => a.sequence - b.sequence);
}

/** Says what is missing before a message, once. */
function gapsOf({ gaps, expiredBefore }: Manifest): (sequence: number) => string | undefined {
  let waiting = gaps.map(({ first, last }) => ({ last, text: `messages ${first} to ${last} were lost before they were archived` }));
  if (expiredBefore !== undefined) waiting = [{ last: 0, text: `events of days before ${expiredBefore} are no longer in the archive` }, ...waiting];
  return (sequence) => {
    const due = waiting.filter(({ last }) => last < sequence);
    waiting = waiting.filter(({ last }) => last >= sequence);
    return due.length === 0 ? undefined : due.map(({ text }) => text).join('; ');
  };
}

function eventsIn(texts: readonly string[]): { readonly events: readonly CloudEvent[]; readonly fault?: string } {
  const events: CloudEvent[] = [];
  let fault: string | undefined;
  for (const text of texts) {
    const parsed = parseEvent(JSON.parse(text));
    if (parsed.kind === 'event') events.push(parsed.event);
    else fault ??= parsed.kind === 'unknown' ? `an event of type ${parsed.type} is left out: it is not known here` : `an event is left out: ${parsed.fault}`;
  }
  return { events, ...(fault === undefined ? {} : { fault }) };
}

function nothingBut({ gap, options, sequence }: { readonly gap: string; readonly options: ArchiveOptions; readonly sequence: number }): Received {
  return { sequence, tenant: options.tenant ?? '', family: options.families?.[0] ?? 'task', events: [], pending: 0, gap };
}
