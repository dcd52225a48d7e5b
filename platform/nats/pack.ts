// Events as the body of a message, and back.
import { Packr, Unpackr } from 'msgpackr';
import { type CloudEvent, parseEvent } from '#api/events/envelope.ts';
import { packLimits, packTypes } from '#api/events/streams.ts';
import { messageOf } from '../errors.ts';

export type PackFormat = keyof typeof packTypes;

/**
 * Measured with changes of tasks of 1,020 bytes as JSON: records take 510 bytes an event, on the wire and on disk, also where the server compresses (125 against 224),
 * and 1.2 to 1.4 times as many reach the log in a second. JSON is for readers without msgpackr.
 */
export const defaultFormat: PackFormat = 'records';

/** A body with some of the events that were given. */
export interface Pack {
  readonly body: Uint8Array;
  readonly events: readonly CloudEvent[];
}

export interface Packed {
  readonly packs: readonly Pack[];
  /** Events that no message can carry. */
  readonly tooLarge: readonly CloudEvent[];
}

/** Packs events in their order. */
export function packEvents(events: readonly CloudEvent[], format: PackFormat): Packed {
  return format === 'json' ? packJson(events) : packRecords(events);
}

const brackets = 2;
const mostBytesOfACharacter = 3;
/** Where bodies are written before their length is known. */
const scratch = Buffer.allocUnsafe(packLimits.bytes + packLimits.eventBytes);

function packJson(events: readonly CloudEvent[]): Packed {
  const packs: Pack[] = [];
  const tooLarge: CloudEvent[] = [];
  let [own, used]: [CloudEvent[], number] = [[], 1];
  const close = () => {
    if (own.length > 0) packs.push({ body: closedBody(used), events: own });
    [own, used] = [[], 1];
  };
  for (const event of events) {
    const text = JSON.stringify(event);
    if (isTooLarge(text)) {
      tooLarge.push(event);
      continue;
    }
    let size = scratch.write(text, used) + 1;
    if (own.length === packLimits.events || (own.length > 0 && used + size > packLimits.bytes)) {
      close();
      size = scratch.write(text, used) + 1;
    }
    scratch[used + size - 1] = comma;
    own.push(event);
    used += size;
  }
  close();
  return { packs, tooLarge };
}

const [opening, comma, closing] = [0x5b, 0x2c, 0x5d] as const;

/** A copy of what was written, the last comma made the end of the list. */
function closedBody(used: number): Buffer {
  scratch[0] = opening;
  scratch[used - 1] = closing;
  return Buffer.from(scratch.subarray(0, used));
}

function isTooLarge(text: string): boolean {
  const limit = packLimits.eventBytes - brackets;
  return text.length * mostBytesOfACharacter > limit && Buffer.byteLength(text) > limit;
}

/** Each body says the shapes of its records itself, so it can be read alone. */
const packr = new Packr({ useRecords: true, maxSharedStructures: 0 });

function packRecords(events: readonly CloudEvent[]): Packed {
  const packed: Packed[] = [];
  for (let from = 0; from < events.length; from += packLimits.events) packed.push(packHalves(events.slice(from, from + packLimits.events)));
  return joined(packed);
}

function packHalves(events: readonly CloudEvent[]): Packed {
  const body = packr.pack(events);
  const limit = events.length === 1 ? packLimits.eventBytes : packLimits.bytes;
  if (body.length <= limit) return { packs: [{ body, events }], tooLarge: [] };
  if (events.length === 1) return { packs: [], tooLarge: events };
  const middle = events.length >>> 1;
  return joined([packHalves(events.slice(0, middle)), packHalves(events.slice(middle))]);
}

const joined = (parts: readonly Packed[]): Packed => ({ packs: parts.flatMap(({ packs }) => packs), tooLarge: parts.flatMap(({ tooLarge }) => tooLarge) });

export interface Unpacked {
  readonly events: readonly CloudEvent[];
  /** What is wrong with the body, or with the first of its events that is left out. */
  readonly fault?: string;
}

/** Reads a body; never throws. Events of types that are not known are left out without a word: a newer mirror may tell them. */
export function unpackEvents(body: Uint8Array, contentType: string): Unpacked {
  const listed = listIn(body, contentType);
  if ('fault' in listed) return { events: [], fault: listed.fault };
  const events: CloudEvent[] = [];
  let fault: string | undefined;
  for (const [index, value] of listed.values.entries()) {
    const parsed = parseEvent(value);
    if (parsed.kind === 'event') events.push(parsed.event);
    if (parsed.kind === 'fault') fault ??= `event ${index} of ${listed.values.length}: ${parsed.fault}`;
  }
  return { events, ...(fault === undefined ? {} : { fault }) };
}

function listIn(body: Uint8Array, contentType: string): { readonly values: readonly unknown[] } | { readonly fault: string } {
  try {
    const values: unknown = decode(body, contentType);
    return Array.isArray(values) ? { values } : { fault: 'the body is not a list of events' };
  } catch (error) {
    return { fault: `the body cannot be read: ${messageOf(error).slice(0, 200)}` };
  }
}

function decode(body: Uint8Array, contentType: string): unknown {
  if (contentType === packTypes.json) return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  // A reader of its own for each body: what one says of its records must not reach the next.
  if (contentType === packTypes.records) return new Unpackr({ useRecords: true, maxSharedStructures: 0 }).unpack(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  throw new Error(`content type ${contentType === '' ? 'is missing' : `"${contentType.slice(0, 80)}" is not known`}`);
}
