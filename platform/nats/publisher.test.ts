import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anEvent, Bench, idsFrom, idsOf, isMissing, readAll, someEvents, why } from './testing.ts';
import type { EventPublisher } from './types.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.end());

const within = (ms: number) => AbortSignal.timeout(ms);
/** Publishes in small calls while something else goes on. */
const publishSlowly = async (publisher: EventPublisher, from: number, to: number) => {
  for (let at = from; at < to; at += 20) await publisher.publish(someEvents(at, Math.min(at + 20, to)));
};

describe.skipIf(isMissing)(`the publisher and a real server${why}`, { timeout: 60_000 }, () => {
  test('events arrive whole, in order, in packs of one subject', async () => {
    const link = bench.link((await bench.nats()).servers);
    const publisher = await bench.publisher(link);
    const other = someEvents(0, 30, { tenant: 'team-b' });
    expect(await publisher.publish([...someEvents(0, 1200), ...other, anEvent(0, { name: 'approval.given' })])).toEqual({ kept: 1231, dropped: 0 });
    expect(await publisher.drained(within(10_000))).toBe(true);
    const messages = await readAll(bench.reader(link));
    const [ours, theirs] = [messages.filter(({ tenant }) => tenant === 'team-a'), messages.filter(({ tenant }) => tenant === 'team-b')];
    expect(idsOf(ours)).toEqual(idsFrom(0, 1200));
    expect(ours[0]?.events[0]).toEqual(anEvent(0));
    expect(theirs.flatMap(({ events }) => events)).toEqual(other);
    expect(ours.length).toBeLessThan(6);
    expect(idsOf(await readAll(bench.reader(link), { stream: 'audit' }))).toEqual(['team-a.0']);
    expect(publisher.state()).toEqual({ isConnected: true, pendingEvents: 0, pendingBytes: 0, oldestMs: 0, dropped: 0 });
  });

  test('nothing is lost or doubled when the server is absent at first, then killed and started again', async () => {
    const servers = await bench.nats();
    await servers.kill(0);
    const link = bench.link(servers.servers);
    const publisher = await bench.publisher(link);
    await publishSlowly(publisher, 0, 300);
    await expect.poll(() => publisher.state().fault, { timeout: 5000 }).toContain('connection refused');
    expect(publisher.state()).toMatchObject({ isConnected: false, pendingEvents: 300 });
    for (let round = 1; round <= 3; round += 1) {
      await servers.start(0);
      await publishSlowly(publisher, round * 300, round * 300 + 150);
      const rest = publishSlowly(publisher, round * 300 + 150, round * 300 + 300);
      await servers.kill(0);
      await rest;
    }
    await servers.start(0);
    expect(await publisher.drained(within(30_000))).toBe(true);
    expect(idsOf(await readAll(bench.reader(link)))).toEqual(idsFrom(0, 1200));
  });

  test('a server that stands still holds nothing up but its own events', async () => {
    const servers = await bench.nats();
    const link = bench.link(servers.servers);
    const publisher = await bench.publisher(link);
    await publishSlowly(publisher, 0, 100);
    await publisher.drained(within(5000));
    servers.pause(0);
    expect(await publisher.publish(someEvents(100, 400))).toEqual({ kept: 300, dropped: 0 });
    await expect.poll(() => publisher.state().fault, { timeout: 10_000 }).toContain('does not take coditect.events.team-a.task');
    servers.resume(0);
    expect(await publisher.drained(within(30_000))).toBe(true);
    expect(idsOf(await readAll(bench.reader(link)))).toEqual(idsFrom(0, 400));
  });

  test('acknowledgements that are lost with their connection double nothing and change no order', async () => {
    const servers = await bench.nats();
    const proxy = await bench.proxy(servers.servers[0] ?? '');
    const publisher = await bench.publisher(bench.link([proxy.address]));
    await publishSlowly(publisher, 0, 100);
    await publisher.drained(within(5000));
    const direct = bench.reader(bench.link(servers.servers));
    for (let round = 0; round < 3; round += 1) {
      proxy.mute();
      await publisher.publish(someEvents(100 + round * 50, 150 + round * 50));
      // The server has it, and the publisher does not know.
      await expect.poll(async () => idsOf(await readAll(direct)).length, { timeout: 5000 }).toBe(150 + round * 50);
      expect(publisher.state().pendingEvents).toBe(50);
      proxy.cut();
      await expect.poll(() => publisher.state().pendingEvents, { timeout: 10_000 }).toBe(0);
    }
    expect(idsOf(await readAll(direct))).toEqual(idsFrom(0, 250));
  });

  test('a full stream makes events wait on disk, and they go on in order when it has room again', async () => {
    const servers = await bench.nats();
    const link = bench.link(servers.servers);
    const small = await bench.publisher(link, { streams: { replicas: 1, bounds: { events: { maxBytes: 200_000 } } } });
    for (let at = 0; at < 600; at += 50) {
      await small.publish(someEvents(at, at + 50));
      // One letter each: a full stream shrinks no letter that is on its way.
      await small.drained(within(200));
    }
    await expect.poll(() => small.state().fault, { timeout: 5000 }).toContain('maximum bytes exceeded');
    const { pendingEvents } = small.state();
    expect(pendingEvents).toBeGreaterThan(0);
    const [audited] = [await small.publish([anEvent(0, { name: 'approval.given' })])];
    expect(audited).toEqual({ kept: 1, dropped: 0 });
    await expect.poll(async () => (await readAll(bench.reader(link), { stream: 'audit' })).length, { timeout: 5000 }).toBe(1);
    await small.close();
    const roomy = await bench.publisher(link);
    expect(await roomy.drained(within(30_000))).toBe(true);
    expect(idsOf(await readAll(bench.reader(link)))).toEqual(idsFrom(0, 600));
  });

  test('when the disk has no room the newest are dropped and counted', async () => {
    const publisher = await bench.publisher(bench.link(['127.0.0.1:1']), { maxBytes: 24 * 1024 });
    const taken = [await publisher.publish(someEvents(0, 20)), await publisher.publish(someEvents(20, 60)), await publisher.publish(someEvents(60, 90))];
    expect(taken[0]).toEqual({ kept: 20, dropped: 0 });
    expect(taken[2]).toEqual({ kept: 0, dropped: 30 });
    expect(publisher.state()).toMatchObject({ dropped: taken.reduce((sum, { dropped }) => sum + dropped, 0), fault: expect.stringContaining('refuses the newest') });
  });

  test('an event that no message can carry is dropped, the others arrive', async () => {
    const link = bench.link((await bench.nats()).servers);
    const publisher = await bench.publisher(link);
    const huge = anEvent(1, { pad: 'x'.repeat(1_000_000) });
    expect(await publisher.publish([anEvent(0), huge, anEvent(2)])).toEqual({ kept: 2, dropped: 1 });
    await publisher.drained(within(5000));
    expect(idsOf(await readAll(bench.reader(link)))).toEqual(['team-a.0', 'team-a.2']);
    expect(publisher.state().dropped).toBe(1);
  });

  test('a call with an event that has no place is refused, and no other call with it', async () => {
    const publisher = await bench.publisher(bench.link(['127.0.0.1:1']));
    const bad = [{ ...anEvent(1), type: 'ai.coditect.task.danced.v1' }, { ...anEvent(2), tenant: 'Team A.>' }];
    const answers = await Promise.allSettled([publisher.publish([anEvent(0)]), ...bad.map((event) => publisher.publish([event])), publisher.publish([anEvent(3)])]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(publisher.state().pendingEvents).toBe(2);
  });

  test('the form of JSON is read like that of records', async () => {
    const link = bench.link((await bench.nats()).servers);
    const publisher = await bench.publisher(link, { format: 'json' });
    await publisher.publish(someEvents(0, 700));
    await publisher.drained(within(5000));
    expect((await readAll(bench.reader(link))).flatMap(({ events }) => events)).toEqual(someEvents(0, 700));
  });
});
