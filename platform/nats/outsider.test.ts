import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseEvent } from '#api/events/envelope.ts';
import { Bench, idsFrom, isMissing, someEvents, why } from './testing.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.end());

const program = fileURLToPath(new URL('../../config/samples/consumer/consumer.js', import.meta.url));
const own = ['$JS.API.CONSUMER.CREATE.CODITECT_EVENTS.*.coditect.events.team-a.>', '$JS.API.CONSUMER.INFO.CODITECT_EVENTS.*', '$JS.API.CONSUMER.MSG.NEXT.CODITECT_EVENTS.*'];
const users = [
  { user: 'mirror', password: 'right' },
  { user: 'team-a', password: 'apw', publish: own, subscribe: ['_INBOX.>'] },
];

describe.skipIf(isMissing)(`a program that is not ours${why}`, { timeout: 60_000 }, () => {
  const begin = async (format: 'json' | 'records') => {
    const servers = await bench.nats({ tls: 'server', accounts: [{ name: 'events', users }] });
    const caFile = servers.tls?.caFile ?? '';
    const link = bench.link(servers.servers, { caFile, userFile: bench.file('user', 'mirror'), passwordFile: bench.file('password', 'right') });
    const publisher = await bench.publisher(link, { format });
    await publisher.publish([...someEvents(0, 40), ...someEvents(0, 40, { tenant: 'team-b' })]);
    await publisher.drained(AbortSignal.timeout(10_000));
    const env = { PATH: process.env['PATH'], NATS_SERVER: servers.servers[0], NATS_CA_FILE: caFile, NATS_USER: 'team-a', NATS_PASSWORD: 'apw' };
    return { publisher, env };
  };

  test.each(['json', 'records'] as const)('reads the events of its tenant that lie as %s, those that there are and those that come', async (format) => {
    const { publisher, env } = await begin(format);
    const child = spawn(process.execPath, [program], { env: { ...env, TENANT: 'team-a' }, stdio: ['ignore', 'pipe', 'inherit'] });
    const ids: string[] = [];
    const late = setTimeout(() => child.kill(), 20_000);
    for await (const line of createInterface({ input: child.stdout })) {
      const parsed = parseEvent(JSON.parse(line));
      ids.push(parsed.kind === 'event' ? parsed.event.id : line);
      if (ids.length === 40) await publisher.publish(someEvents(40, 45));
      if (ids.length === 45) child.kill();
    }
    clearTimeout(late);
    expect(ids).toEqual(idsFrom(0, 45));
  });

  test('cannot read those of another tenant when the server allows it one', async () => {
    const { env } = await begin('json');
    const child = spawn(process.execPath, [program], { env: { ...env, TENANT: 'team-b' }, stdio: ['ignore', 'pipe', 'pipe'] });
    let [told, complaint] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => void (told += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => void (complaint += chunk.toString()));
    const late = setTimeout(() => child.kill(), 20_000);
    await once(child, 'close');
    clearTimeout(late);
    expect(told).toBe('');
    expect(complaint).toMatch(/Permissions Violation for Publish to "\$JS\.API\.CONSUMER\.CREATE\.CODITECT_EVENTS\.\S+\.coditect\.events\.team-b\.>"/);
  });
});
