import { jetstreamManager } from '@nats-io/jetstream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { streams } from '#api/events/streams.ts';
import { declareStreams } from './streams.ts';
import { Bench, isMissing, why } from './testing.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.end());

const connect = async (options: Parameters<Bench['nats']>[0] = {}) => {
  const connection = await bench.link((await bench.nats(options)).servers).ready(AbortSignal.timeout(5000));
  if (connection === undefined) throw new Error('there is no connection');
  return connection;
};

describe.skipIf(isMissing)(`the streams on a real server${why}`, () => {
  test('are made, stay as they are, and change when the table does', async () => {
    const connection = await connect();
    const manager = await jetstreamManager(connection);
    expect(await declareStreams(connection, { replicas: 1 })).toEqual({ kind: 'asDeclared' });
    expect(await declareStreams(connection, { replicas: 1 })).toEqual({ kind: 'asDeclared' });
    const { config } = await manager.streams.info(streams.audit.name);
    expect(config).toMatchObject({ discard: 'new', subjects: ['coditect.events.*.approval'], max_age: streams.audit.maxAgeSeconds * 1e9, deny_delete: true });
    await declareStreams(connection, { replicas: 1, bounds: { events: { maxAgeSeconds: 3600 } } });
    expect((await manager.streams.info(streams.events.name)).config.max_age).toBe(3600 * 1e9);
  });

  test('that the server has no room or no nodes for are said by name, and the other one is made', async () => {
    const connection = await connect({ maxFileBytes: 1_073_741_824 });
    expect(await declareStreams(connection, { replicas: 1 })).toEqual({ kind: 'refused', fault: 'the event log is not as declared: stream CODITECT_EVENTS: insufficient storage resources available' });
    expect((await (await jetstreamManager(connection)).streams.info(streams.audit.name)).config.name).toBe(streams.audit.name);
    expect(await declareStreams(connection, { replicas: 3 })).toMatchObject({ kind: 'refused', fault: expect.stringMatching(/replicas > 1 not supported/) });
  });
});
