import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, expect, test } from 'vitest';
import { streamState } from './state.ts';
import { declareStreams } from './streams.ts';
import { Bench, isMissing, readAll, someEvents, why } from './testing.ts';

const bench = new Bench();
afterAll(() => bench.end());

test.skipIf(isMissing)(`a stream is the same one when it is emptied, and another one when it is made anew${why}`, async () => {
  const { servers } = await bench.nats();
  const link = bench.link(servers);
  const publisher = await bench.publisher(link);
  const signal = AbortSignal.timeout(20_000);
  const now = () => streamState(link, 'events', signal);
  await publisher.publish(someEvents(0, 1200));
  await publisher.drained(signal);
  const full = await now();
  const messages = await readAll(bench.reader(link));
  expect(full).toEqual({ created: expect.any(String), first: 1, last: messages.length, firstTime: expect.any(Number) });
  const connection = await link.ready(signal);
  if (connection === undefined) throw new Error('there is no connection');
  const manager = await jetstreamManager(connection);
  await manager.streams.purge('CODITECT_EVENTS');
  expect(await now()).toEqual({ created: full.created, first: full.last + 1, last: full.last });
  await manager.streams.delete('CODITECT_EVENTS');
  await expect(now()).rejects.toThrow('stream not found');
  await declareStreams(connection, { replicas: 1 });
  const again = await now();
  expect(again).toEqual({ created: expect.any(String), first: 1, last: 0 });
  expect(again.created).not.toBe(full.created);
}, 60_000);

test('without a connection the reason is told', async () => {
  const link = bench.link(['127.0.0.1:9']);
  await expect.poll(() => link.fault()).toContain('127.0.0.1:9');
  await expect(streamState(link, 'audit', AbortSignal.abort())).rejects.toThrow(/^ask the event log for the stream CODITECT_AUDIT: no connection to the event log at 127\.0\.0\.1:9: .*; look at its servers$/);
});
