// Histories against a naive model: whatever was told twice, late or not at all, the picture is that of the API server or says that it is not.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEvent, type CloudEvent } from '#api/events/envelope.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { patched } from './merge-patch.ts';
import { createWindow, inOrder } from './order.ts';
import { missionNamed } from './picture.ts';
import { createRecent } from './recent.ts';
import { createSieve } from './sieve.ts';
import { agentActed, changedTask, deletedTask, patchBetween, t0, wholeMission, wholeTask, type Version } from './testing.ts';
import { Timeline } from './timeline.ts';

const ids = (events: readonly CloudEvent[]) => events.map(({ id }) => id);
const statusOf = (timeline: Timeline, task: string) => timeline.picture().tasks.get(`u-${task}`)?.status;

/** A status as the API server may hold it: no null, any keys. */
const anyStatus = (): fc.Arbitrary<JsonObject> => {
  const leaf = fc.oneof(fc.boolean(), fc.integer(), fc.string(), fc.array(fc.integer(), { maxLength: 2 }));
  const key = fc.constantFrom('a', 'b', 'c', 'conditions', '__proto__', 'constructor');
  // Objects made from entries have every key as a field of their own.
  const objectOf = (values: fc.Arbitrary<unknown>) => fc.array(fc.tuple(key, values), { maxLength: 4 }).map((entries) => Object.fromEntries(entries) as JsonObject);
  return objectOf(fc.oneof(leaf, objectOf(fc.oneof(leaf, objectOf(leaf)))));
};

/** How a version is told: not at all, as a change, or whole because the mirror was restarted. */
const anyHistory = (name: string) =>
  fc.array(fc.record({ status: anyStatus(), how: fc.constantFrom('skipped', 'changed', 'changed', 'whole'), ms: fc.integer({ min: -2000, max: 9000 }) }), { minLength: 1, maxLength: 12 }).map((items) => {
    const events: CloudEvent[] = [];
    const told: Version[] = [];
    items.forEach(({ status, how, ms }, index) => {
      // 7, 107, 207, ...: versions of different lengths.
      const now: Version = { version: 7 + index * 100, at: t0 + index * 1000 + ms, status };
      const before = told.at(-1);
      if (how === 'skipped' && index > 0) return;
      events.push(before === undefined || how === 'whole' ? wholeTask({ name }, now) : changedTask({ name }, before, now));
      told.push(now);
    });
    return { name, events, told };
  });

describe('merge patches', () => {
  test('the patch between two objects makes one of the other', () => {
    fc.assert(fc.property(anyStatus(), anyStatus(), (before, now) => {
      expect(patched(before, patchBetween(before, now))).toEqual(now);
    }));
  });

  const cases: Record<string, { target: JsonObject | undefined; patch: JsonObject; want: JsonObject }> = {
    'null takes a field away': { target: { a: 1, b: 2 }, patch: { a: null }, want: { b: 2 } },
    'lists are replaced': { target: { a: [1, 2] }, patch: { a: [3] }, want: { a: [3] } },
    'objects are merged': { target: { a: { b: 1, c: 2 } }, patch: { a: { c: null, d: 3 } }, want: { a: { b: 1, d: 3 } } },
    'an object takes the place of what is none': { target: { a: 1 }, patch: { a: { b: null, c: 2 } }, want: { a: { c: 2 } } },
    'nothing becomes an object': { target: undefined, patch: { a: { b: 1 } }, want: { a: { b: 1 } } },
  };
  test.each(Object.entries(cases))('%s', (_, { target, patch, want }) => expect(patched(target, patch)).toEqual(want));

  test('neither the target nor any prototype is changed', () => {
    const target = { a: { b: 1 } };
    patched(target, JSON.parse('{"a":{"b":2},"__proto__":{"evil":true}}') as JsonObject);
    expect(target).toEqual({ a: { b: 1 } });
    expect('evil' in {}).toBe(false);
  });
});

describe('a history', () => {
  test('gives the status of each version, in whatever order and how often it was told', () => {
    fc.assert(fc.property(anyHistory('a'), anyHistory('b'), fc.infiniteStream(fc.nat()), (a, b, random) => {
      const all = [...a.events, ...b.events];
      const shuffled = [...all, ...all.filter((_, index) => index % 3 === 0)].map((event) => ({ event, key: random.next().value })).toSorted((x, y) => x.key - y.key).map(({ event }) => event);
      const timeline = new Timeline(shuffled);
      expect(timeline.length).toBe(all.length);
      for (let count = 0; count <= timeline.length; count++) {
        expect(timeline.goTo(count)).toEqual([]);
        const seen = new Set(Array.from({ length: count }, (_, index) => timeline.event(index)?.event.id));
        // The naive model: of the versions told so far, the newest.
        for (const { name, told } of [a, b]) expect(statusOf(timeline, name)).toEqual(told.filter(({ version }) => seen.has(`u-${name}.${version}`)).at(-1)?.status);
      }
    }));
  });

  test('is in the order of versions for each object, and of time across them', () => {
    fc.assert(fc.property(anyHistory('a'), anyHistory('b'), (a, b) => {
      const dated = inOrder([...b.events, ...a.events]);
      for (const { events } of [a, b]) expect(ids(dated.map(({ event }) => event)).filter((id) => ids(events).includes(id))).toEqual(ids(events));
      expect(dated.map(({ at }) => at)).toEqual(dated.map(({ at }) => at).toSorted((x, y) => x - y));
      expect(inOrder([...a.events, ...b.events])).toEqual(dated);
    }));
  });

  test('says what is missing, and goes on when it is told whole', () => {
    fc.assert(fc.property(anyHistory('a'), fc.nat(), (a, at) => {
      const lost = at % a.events.length;
      const timeline = new Timeline(a.events.toSpliced(lost, 1));
      const gaps = timeline.goTo(timeline.length);
      const next = a.events[lost + 1];
      const isBroken = next !== undefined && 'base' in next.data;
      expect(gaps).toHaveLength(isBroken ? 1 : 0);
      const wholeLater = a.events.slice(lost + 1).some(({ data }) => !('base' in data));
      const known = timeline.picture().tasks.get('u-a');
      expect(known === undefined || known.isKnown).toBe(!isBroken || wholeLater);
      // What is known is right.
      if (known?.isKnown === true) expect(known.status).toEqual(a.told.find(({ version }) => String(version) === known.resourceVersion)?.status);
    }));
  });
});

describe('going to a place in a history', () => {
  const long = Array.from({ length: 5000 }, (_, index): Version => ({ version: index + 1, at: t0 + index * 1000, status: { n: index } }));
  const events = long.map((version, index) => (index === 0 ? wholeTask({ name: 'a' }, version) : changedTask({ name: 'a' }, long[index - 1] ?? version, version)));
  const timeline = new Timeline(events);

  test.each([[1, 0], [5000, 4999], [2048, 2047], [2049, 2048], [4096, 4095], [17, 16], [4999, 4998], [1, 0]])('after %i events the picture is that of event %i', (count, n) => {
    timeline.goTo(count);
    expect([timeline.at, statusOf(timeline, 'a'), timeline.last()?.at]).toEqual([count, { n }, t0 + n * 1000]);
  });

  test('before the first there is nothing, and beyond the last is the last', () => {
    timeline.goTo(-3);
    expect([timeline.at, timeline.picture().tasks.size, timeline.last()]).toEqual([0, 0, undefined]);
    timeline.goTo(9999);
    expect(timeline.at).toBe(5000);
  });

  test.each([[t0 - 1, 0], [t0, 1], [t0 + 1500, 2], [t0 + 5_000_000, 5000]])('at %i there were %i events', (at, count) => expect(timeline.countAt(at)).toBe(count));

  test('events that come later are folded behind the others', () => {
    const growing = new Timeline(events.slice(0, 2));
    growing.goTo(2);
    growing.append(events.slice(2, 4));
    growing.goTo(growing.length);
    expect(statusOf(growing, 'a')).toEqual({ n: 3 });
  });
});

describe('the picture', () => {
  const whole = (version: number, status: JsonObject) => wholeTask({ name: 'a' }, { version, at: t0 + version, status });

  test('forgets what is deleted', () => {
    const timeline = new Timeline([whole(1, {}), agentActed('a', 1, t0 + 1), deletedTask('a', 2, t0 + 2)]);
    timeline.goTo(2);
    expect([timeline.picture().tasks.size, timeline.picture().thoughts.size]).toEqual([1, 1]);
    timeline.goTo(3);
    expect([timeline.picture().tasks.size, timeline.picture().thoughts.size]).toEqual([0, 0]);
  });

  test('forgets it also when who saw it go had not seen the last of it', () => {
    const timeline = new Timeline([whole(1, {}), deletedTask('a', 1, t0 + 2), whole(2, {})]);
    timeline.goTo(3);
    expect(timeline.picture().tasks.size).toBe(0);
  });

  test('is that of the newest era, when the API server went back to a backup', () => {
    const back = { ...whole(3, { era: 2 }), id: 'u-a.3.r70' };
    const timeline = new Timeline([back, whole(60, { era: 1 }), { ...whole(4, { n: 4 }), id: 'u-a.4.r70' }]);
    const seen = [1, 2, 3].map((count) => (timeline.goTo(count), statusOf(timeline, 'a')));
    expect(seen).toEqual([{ era: 1 }, { era: 2 }, { n: 4 }]);
  });

  test('holds the last that an agent told', () => {
    const timeline = new Timeline([agentActed('a', 2, t0), agentActed('a', 1, t0 + 5), agentActed('a', 3, t0 + 1, { counter: 2 })]);
    timeline.goTo(3);
    expect(timeline.picture().thoughts.get('u-a')?.seq).toBe(3);
  });

  test('of two missions of a name it is the later one', () => {
    const again = { ...wholeMission({ version: 9, at: t0 + 9, status: { n: 2 } }), id: 'u-again.9' };
    const timeline = new Timeline([wholeMission({ version: 1, at: t0, status: { n: 1 } }), { ...again, data: { ...again.data, uid: 'u-again' } } as CloudEvent]);
    timeline.goTo(1);
    expect(missionNamed(timeline.picture(), 'examine')?.status).toEqual({ n: 1 });
    timeline.goTo(2);
    expect(missionNamed(timeline.picture(), 'examine')?.status).toEqual({ n: 2 });
    expect(missionNamed(timeline.picture(), 'other')).toBeUndefined();
  });
});

describe('the sieve', () => {
  const versions = [1, 2, 3].map((version): Version => ({ version, at: t0 + version, status: { version } }));
  const [first, second, third] = versions as [Version, Version, Version];
  const whole = (version: Version) => wholeTask({ name: 'a' }, version);
  const changed = (before: Version, now: Version) => changedTask({ name: 'a' }, before, now);

  const cases: Record<string, { events: CloudEvent[]; want: boolean[] }> = {
    'passes an id once': { events: [whole(first), whole(first), agentActed('a', 1, t0), agentActed('a', 1, t0)], want: [true, false, true, false] },
    'drops what a restarted mirror tells whole, when it was told before': { events: [whole(first), changed(first, second), whole(second)], want: [true, true, false] },
    'passes it when changes before it are missing, once': { events: [whole(first), changed(second, third), whole(third), whole(third)], want: [true, true, true, false] },
  };
  test.each(Object.entries(cases))('%s', (_, { events, want }) => {
    const sieve = createSieve();
    expect(events.map((event) => sieve.isNew(event))).toEqual(want);
  });

  test('keeps the last ids and no more than twice as many', () => {
    const recent = createRecent<number>(10);
    for (let key = 0; key < 1000; key++) recent.set(String(key), key);
    expect(Array.from({ length: 10 }, (_, index) => recent.get(String(990 + index)))).not.toContain(undefined);
    expect([recent.get('5'), recent.size <= 20]).toEqual([undefined, true]);
  });
});

describe('the window', () => {
  test('gives every event once; what comes late by less than its span is in order', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 50_000 }), fc.integer({ min: 0, max: 999 })), { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (items, size) => {
      const events = items.map(([at], index) => agentActed(`t${index}`, 1, t0 + at));
      const late = (event: CloudEvent) => Date.parse(event.time) + (items[events.indexOf(event)]?.[1] ?? 0);
      const stream = events.toSorted((a, b) => late(a) - late(b));
      const window = createWindow({ spanMs: 1000, most: 1000 });
      const out: CloudEvent[] = [];
      for (let index = 0; index < stream.length; index += size) out.push(...window.push(stream.slice(index, index + size)));
      out.push(...window.flush());
      expect(ids(out)).toEqual(ids(inOrder(events).map(({ event }) => event)));
    }));
  });

  test('holds no more than it may', () => {
    const window = createWindow({ spanMs: 1_000_000, most: 10 });
    const out = Array.from({ length: 100 }, (_, index) => window.push([agentActed('a', index + 1, t0 + index)])).flat();
    expect(out.length).toBeGreaterThanOrEqual(80);
    expect([...ids(out), ...ids(window.flush())]).toEqual(Array.from({ length: 100 }, (_, index) => `u-a.1.1-1.${index + 1}`));
  });
});

test('the events of these tests are valid', () => {
  const version = { version: 1, at: t0, status: {} };
  for (const event of [wholeTask({ name: 'a' }, version), changedTask({ name: 'a' }, version, { ...version, version: 2 }), wholeMission(version), agentActed('a', 1, t0), deletedTask('a', 2, t0)]) expect(parseEvent(event)).toMatchObject({ kind: 'event' });
});
