import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packHeaders, packTypes, streams } from '#api/events/streams.ts';
import type { NatsLink } from './connect.ts';
import { anEvent, Bench, idsFrom, idsOf, isMissing, readAll, someEvents, why } from './testing.ts';
import type { Received } from './types.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.end());

const within = (ms: number) => AbortSignal.timeout(ms);
const start = { kind: 'beginning' } as const;

/** A message of somebody who does not keep to the rules. */
const post = async (link: NatsLink, body: string, contentType: string) => {
  const connection = await link.ready(within(5000));
  const heading = headers();
  heading.set(packHeaders.contentType, contentType);
  if (connection !== undefined) await jetstream(connection).publish('coditect.events.team-a.task', body, { headers: heading });
};

describe.skipIf(isMissing)(`the reader and a real server${why}`, { timeout: 60_000 }, () => {
  test('whoever follows gets what is there and what comes, over a restart of the server, once and in order', async () => {
    const servers = await bench.nats();
    const link = bench.link(servers.servers);
    const publisher = await bench.publisher(link);
    await publisher.publish(someEvents(0, 100));
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const { events } of bench.reader(link).follow({ stream: 'events', start }, stop.signal)) seen.push(...events.map(({ id }) => id));
    })();
    await expect.poll(() => seen.length, { timeout: 5000 }).toBe(100);
    await servers.kill(0);
    await publisher.publish(someEvents(100, 200));
    await servers.start(0);
    await expect.poll(() => seen.length, { timeout: 15_000 }).toBe(200);
    await publisher.publish(someEvents(200, 210));
    await expect.poll(() => seen.length, { timeout: 5000 }).toBe(210);
    stop.abort();
    await following;
    expect(seen).toEqual(idsFrom(0, 210));
  });

  test('a filter gives one tenant and some families, and its jumps are no gaps', async () => {
    const link = bench.link((await bench.nats()).servers);
    const publisher = await bench.publisher(link);
    for (let at = 0; at < 5; at += 1) await publisher.publish([...someEvents(at, at + 1), ...someEvents(at, at + 1, { tenant: 'team-b' }), ...someEvents(at, at + 1, { name: 'pool.deleted' })]);
    await publisher.drained(within(5000));
    const messages = await readAll(bench.reader(link), { tenant: 'team-a', families: ['task'] });
    expect(idsOf(messages)).toEqual(idsFrom(0, 5));
    expect(messages.map(({ gap }) => gap)).toEqual(messages.map(() => undefined));
    expect(messages.map(({ pending }) => pending)).toEqual([4, 3, 2, 1, 0]);
  });

  test('reading begins at a sequence, at a time, or at what is new', async () => {
    const link = bench.link((await bench.nats()).servers);
    const publisher = await bench.publisher(link);
    const put = async (from: number, to: number) => {
      await publisher.publish(someEvents(from, to));
      await publisher.drained(within(5000));
    };
    await put(0, 5);
    await put(5, 10);
    const time = Date.now();
    await put(10, 15);
    expect(idsOf(await readAll(bench.reader(link), { start: { kind: 'sequence', sequence: 2 } }))).toEqual(idsFrom(5, 15));
    expect(idsOf(await readAll(bench.reader(link), { start: { kind: 'time', time } }))).toEqual(idsFrom(10, 15));
    expect(await readAll(bench.reader(link), { start: { kind: 'new' } })).toEqual([]);
  });

  test('messages that retention took are said as a gap, with a filter and without', async () => {
    const link = bench.link((await bench.nats()).servers);
    const publisher = await bench.publisher(link);
    await publisher.publish(someEvents(0, 5));
    expect(await publisher.drained(within(10_000))).toBe(true);
    const connection = await link.ready(within(5000));
    if (connection === undefined) throw new Error('there is no connection');
    // As retention does, but when it is time to.
    await (await jetstreamManager(connection)).streams.purge(streams.events.name);
    expect(await readAll(bench.reader(link))).toEqual([]);
    await publisher.publish(someEvents(5, 6));
    await publisher.drained(within(5000));
    const gaps = async (options: object) => (await readAll(bench.reader(link), options)).map(({ gap, events }) => [gap, events[0]?.id]);
    const expected = [['messages 1 to 1 are no longer in the log', 'team-a.5']];
    expect(await gaps({})).toEqual(expected);
    expect(await gaps({ tenant: 'team-a' })).toEqual(expected);
    expect(await gaps({ start: { kind: 'sequence', sequence: 2 } })).toEqual([[undefined, 'team-a.5']]);
  });

  const garbage: Record<string, { body: string; contentType: string; fault: string; events?: number }> = {
    'no JSON': { body: '[{"specversion', contentType: packTypes.json, fault: 'cannot be read' },
    'no list': { body: '{}', contentType: packTypes.json, fault: 'not a list' },
    'records that are none': { body: '\u0001\u0002\u0003', contentType: packTypes.records, fault: 'cannot be read' },
    'a foreign form': { body: '<events/>', contentType: 'text/xml', fault: 'content type "text/xml" is not known' },
    'an event without its data': { body: JSON.stringify([{ ...someEvents(0, 1)[0], data: undefined }]), contentType: packTypes.json, fault: 'event 0 of 1: data' },
    'a good event among bad ones': { body: JSON.stringify([{}, someEvents(7, 8)[0], 3]), contentType: packTypes.json, fault: 'event 0 of 3', events: 1 },
  };
  test('what cannot be read is said and left out, and the rest is read', async () => {
    const link = bench.link((await bench.nats()).servers);
    const publisher = await bench.publisher(link);
    await publisher.publish(someEvents(0, 1));
    await publisher.drained(within(5000));
    for (const { body, contentType } of Object.values(garbage)) await post(link, body, contentType);
    await publisher.publish(someEvents(1, 2));
    await publisher.drained(within(5000));
    const [first, ...others] = await readAll(bench.reader(link));
    const last = others.pop();
    expect([first, last].map((message) => [message?.fault, message?.events[0]?.id])).toEqual([[undefined, 'team-a.0'], [undefined, 'team-a.1']]);
    expect(others.map(({ events, fault }) => ({ events: events.length, fault }))).toEqual(Object.values(garbage).map(({ fault, events = 0 }) => ({ events, fault: expect.stringContaining(fault) })));
  });

  test('a durable reader goes on where it was, in order, and what was not handled comes again', async () => {
    const link = bench.link((await bench.nats()).servers);
    const publisher = await bench.publisher(link);
    for (let at = 0; at < 40; at += 1) await publisher.publish(someEvents(at, at + 1));
    await publisher.drained(within(10_000));
    const sum: string[] = [];
    const reader = bench.reader(link);
    const run = async (until: number, handle: (messages: readonly Received[]) => Promise<void> = async () => {}) => {
      const stop = new AbortController();
      await reader.consume('counter', { stream: 'events', start }, async (messages) => {
        await handle(messages);
        sum.push(...idsOf(messages));
        if (sum.length >= until) stop.abort();
      }, AbortSignal.any([stop.signal, within(20_000)]));
    };
    await run(40);
    expect(sum).toEqual(idsFrom(0, 40));
    await publisher.publish(someEvents(40, 50));
    let failures = 2;
    const fail = new AbortController();
    await reader.consume('counter', { stream: 'events', start }, async () => {
      failures -= 1;
      if (failures === 0) fail.abort();
      throw new Error('the store is away');
    }, fail.signal);
    expect(sum).toHaveLength(40);
    await publisher.publish(someEvents(50, 60));
    await publisher.drained(within(5000));
    let isFirst = true;
    await run(60, async () => {
      const wasFirst = isFirst;
      isFirst = false;
      if (wasFirst) throw new Error('the store is away');
    });
    expect(sum).toEqual(idsFrom(0, 60));
  });

  test('a durable reader gets everything once and in order while the server is killed again and again', async () => {
    const servers = await bench.nats({ syncAlways: true });
    const link = bench.link(servers.servers);
    const publisher = await bench.publisher(link);
    const seen: string[] = [];
    const stop = new AbortController();
    const consuming = bench.reader(link).consume('counter', { stream: 'events', start }, async (messages) => void seen.push(...idsOf(messages)), stop.signal);
    for (let round = 0; round < 3; round += 1) {
      for (let at = round * 50; at < round * 50 + 50; at += 5) await publisher.publish(someEvents(at, at + 5));
      await servers.kill(0);
      await servers.start(0);
    }
    await expect.poll(() => new Set(seen).size, { timeout: 20_000 }).toBe(150);
    // A batch whose acknowledgement was lost comes again: readers drop ids that they have seen.
    expect([...new Set(seen)]).toEqual(idsFrom(0, 150));
    stop.abort();
    await consuming;
  });

  test('a log that was made anew is said, and read from its beginning', async () => {
    const servers = await bench.nats();
    const link = bench.link(servers.servers);
    const publisher = await bench.publisher(link);
    for (let at = 0; at < 4; at += 1) await publisher.publish(someEvents(at, at + 1));
    await publisher.drained(within(5000));
    const seen: Received[] = [];
    const stop = new AbortController();
    const following = (async () => {
      for await (const received of bench.reader(link).follow({ stream: 'events', start }, stop.signal)) seen.push(received);
    })();
    await expect.poll(() => seen.length, { timeout: 5000 }).toBe(4);
    await (await link.ready(within(1000)))?.request('$JS.API.STREAM.DELETE.CODITECT_EVENTS');
    await (await bench.publisher(bench.link(servers.servers), { folder: `${bench.folder}/other` })).publish(someEvents(4, 5));
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(5);
    expect(seen.at(-1)).toMatchObject({ sequence: 1, gap: expect.stringMatching(/^the log was made anew on 20\S+Z, after 20\S+Z: what was not read before is lost$/) });
    expect(new Set(seen.map(({ log }) => log)).size).toBe(2);
    stop.abort();
    await following;
  });

  /** Removes the stream and fills another one of its name with more than there was. */
  const remade = async (link: NatsLink, server: readonly string[], count: number): Promise<void> => {
    await (await link.ready(within(1000)))?.request('$JS.API.STREAM.DELETE.CODITECT_EVENTS');
    const publisher = await bench.publisher(bench.link(server), { folder: `${bench.folder}/other` });
    for (let at = 0; at < count; at += 1) await publisher.publish(someEvents(100 + at, 101 + at));
    expect(await publisher.drained(within(10_000))).toBe(true);
  };

  test('a log that was made anew and is longer than the old one is noticed: by who follows, by who comes with a number of the old one, and by who is remembered', async () => {
    const { servers } = await bench.nats();
    const link = bench.link(servers);
    const publisher = await bench.publisher(link);
    for (let at = 0; at < 3; at += 1) await publisher.publish(someEvents(at, at + 1));
    await publisher.drained(within(5000));
    const [reader, stop] = [bench.reader(link), new AbortController()];
    const [followed, consumed]: [Received[], Received[]] = [[], []];
    const running = Promise.all([
      (async () => {
        for await (const received of reader.follow({ stream: 'events', start }, stop.signal)) followed.push(received);
      })(),
      reader.consume('sink', { stream: 'events', start }, async (messages) => void consumed.push(...messages), stop.signal),
    ]);
    await expect.poll(() => [followed.length, consumed.length], { timeout: 5000 }).toEqual([3, 3]);
    const old = followed[0]?.log ?? '';
    await publisher.close();
    await remade(link, servers, 5);
    for (const seen of [followed, consumed]) {
      await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(8);
      expect(idsOf(seen.slice(3))).toEqual(idsFrom(100, 105));
      expect(seen.map(({ gap }) => gap?.slice(0, 22))).toEqual([undefined, undefined, undefined, 'the log was made anew ', undefined, undefined, undefined, undefined]);
    }
    stop.abort();
    await running;
    const resumed = await readAll(reader, { start: { kind: 'sequence', sequence: 4, log: old } });
    expect([idsOf(resumed), resumed[0]?.gap]).toEqual([idsFrom(100, 105), expect.stringContaining('the log was made anew')]);
    const current = await readAll(reader, { start: { kind: 'sequence', sequence: 4, log: resumed[0]?.log ?? '' } });
    expect([idsOf(current), current[0]?.gap]).toEqual([idsFrom(103, 105), undefined]);
  });

  test('an event of another tenant than its subject says is left out, and that is said', async () => {
    const link = bench.link((await bench.nats()).servers);
    await (await bench.publisher(link)).drained(within(5000));
    await expect.poll(() => post(link, JSON.stringify([anEvent(1), anEvent(2, { tenant: 'team-b' })]), packTypes.json).then(() => true, () => false), { timeout: 5000 }).toBe(true);
    expect((await readAll(bench.reader(link))).map((message) => [idsOf([message]), message.fault])).toEqual([[['team-a.1'], '1 events on the subject of team-a are of others']]);
  });
});
