import { describe, expect, test } from 'vitest';
import { packLimits, packTypes } from '#api/events/streams.ts';
import { openLetter, sealLetter } from './letter.ts';
import { packEvents, type PackFormat, unpackEvents } from './pack.ts';
import { anEvent, someEvents } from './testing.ts';

describe.each(Object.keys(packTypes) as PackFormat[])('events as %s', (format) => {
  const roundTrip = (events: Parameters<typeof packEvents>[0]) => {
    const { packs, tooLarge } = packEvents(events, format);
    return { packs, tooLarge, read: packs.map(({ body }) => unpackEvents(body, packTypes[format])) };
  };

  test('are read back as they were, in their order, also with words of other scripts', () => {
    const events = [...someEvents(0, 3), anEvent(3, { pad: 'Überprüfung 検証 🧪' }), anEvent(4, { name: 'approval.given' })];
    expect(roundTrip(events).read).toEqual([{ events }]);
  });

  test('are split where a message would have too many or too many bytes', () => {
    const many = roundTrip(someEvents(0, 2 * packLimits.events + 1));
    expect(many.packs.map(({ events }) => events.length)).toEqual([packLimits.events, packLimits.events, 1]);
    const large = Array.from({ length: 9 }, (_, number) => anEvent(number, { pad: '検'.repeat(50_000) }));
    const { packs, read } = roundTrip(large);
    expect(packs.every(({ body }) => body.length <= packLimits.bytes)).toBe(true);
    expect(packs.length).toBeGreaterThan(2);
    expect(read.flatMap(({ events }) => events)).toEqual(large);
    expect(packs.flatMap(({ events }) => events)).toEqual(large);
  });

  test('travel alone when they are larger than a pack, and not at all when they are larger than a message', () => {
    const [alone, never] = [anEvent(1, { pad: 'x'.repeat(packLimits.bytes) }), anEvent(2, { pad: 'x'.repeat(packLimits.eventBytes) })];
    const { packs, tooLarge } = roundTrip([anEvent(0), alone, never, anEvent(3)]);
    expect(tooLarge).toEqual([never]);
    expect(packs.map(({ events }) => events.map(({ id }) => id))).toEqual([['team-a.0'], ['team-a.1'], ['team-a.3']]);
    expect(packs.every(({ body }) => body.length <= packLimits.eventBytes)).toBe(true);
  });

  test('that are cut off anywhere are a fault and nothing worse', () => {
    const [body = Buffer.alloc(0)] = packEvents(someEvents(0, 2), format).packs.map((pack) => pack.body);
    for (let length = 0; length < body.length; length += 7) {
      const { events, fault } = unpackEvents(body.subarray(0, length), packTypes[format]);
      expect({ events, hasFault: fault !== undefined }).toEqual({ events: [], hasFault: true });
    }
  });
});

test('a body does not change how the next one is read', () => {
  const [first, second] = [packEvents(someEvents(0, 3), 'records'), packEvents([anEvent(0, { name: 'pool.deleted' })], 'records')].map(({ packs }) => packs[0]?.body ?? Buffer.alloc(0));
  unpackEvents(first ?? Buffer.alloc(0), packTypes.records);
  expect(unpackEvents(second ?? Buffer.alloc(0), packTypes.records)).toEqual({ events: [anEvent(0, { name: 'pool.deleted' })] });
});

test('an event of a type that is not known is left out without a word', () => {
  const body = Buffer.from(JSON.stringify([{ ...anEvent(0), type: 'ai.coditect.task.danced.v9' }, anEvent(1)]));
  expect(unpackEvents(body, packTypes.json)).toEqual({ events: [anEvent(1)] });
});

test('a letter is opened as it was sealed, and bytes that are none are no letter', () => {
  const letter = { subject: 'coditect.events.team-a.task', id: 'a.1', contentType: packTypes.json, count: 2, body: Buffer.from('[1,2]') };
  const sealed = sealLetter(letter);
  expect(openLetter(sealed)).toEqual(letter);
  for (const bytes of [Buffer.alloc(0), Buffer.from([0, 9, 1]), sealed.subarray(0, 12), Buffer.from('\u0000\u0002{}')]) expect(openLetter(bytes)).toBeUndefined();
});
