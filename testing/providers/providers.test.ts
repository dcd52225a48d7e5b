// What a suite relies on, whoever runs the stores: they answer, lose nothing when a node is killed, and are gone at the end.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { RunningService, ServiceProvider, ServiceWish } from '#devcluster/services/index.ts';
import { ask } from '#devcluster/services/redis/talk.ts';
import { allProviders } from './index.ts';

let folder = '';
let running: RunningService | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function start(provider: ServiceProvider, kind: 'nats' | 'redis', nodes: NonNullable<ServiceWish['nodes']>): Promise<RunningService | undefined> {
  folder = mkdtempSync(join(tmpdir(), 'providers-'));
  const started = await provider.start(kind, { folder: join(folder, kind), nodes });
  if (started.kind === 'absent') process.stderr.write(`left out of the test of ${provider.name}: ${started.reason}\n`);
  else running = started.service;
  return running;
}

const say = ({ servers, files, admin }: RunningService, node: number, ...command: readonly string[]) => ask({ port: portOf(servers[node]), ca: readFileSync(files.ca ?? '', 'utf8'), user: admin?.user ?? '', password: admin?.password ?? '' }, ...command);
const portOf = (server = ''): number => Number(server.split(':')[1]);

/** Whether somebody listens. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true))).once('error', () => resolve(false));
  });
}

describe.each(await allProviders())('$name', ({ provider }) => {
  test('Redis keeps what it has when it is killed, stands still when it is paused, and is gone when it is stopped', { timeout: 60_000 }, async ({ skip }) => {
    const redis = await start(provider, 'redis', 1);
    if (redis === undefined) return skip('no Redis');
    expect(await say(redis, 0, 'SET', 'coditect:{x}', 'kept')).toBe('+OK');
    await redis.kill(0);
    // A process that is gone may have threads that end a moment later, and hold its sockets until then.
    await expect.poll(() => listens(portOf(redis.servers[0]))).toBe(false);
    await redis.start(0);
    expect(await say(redis, 0, 'GET', 'coditect:{x}')).toBe('kept');
    await redis.pause(0);
    await expect(say(redis, 0, 'PING')).rejects.toThrow('no answer');
    await redis.resume(0);
    expect(await say(redis, 0, 'PING')).toBe('+PONG');
    await redis.stop();
    running = undefined;
    await expect.poll(() => listens(portOf(redis.servers[0]))).toBe(false);
  });

  test('three servers of Redis are one cluster, and three of the log are too', { timeout: 90_000 }, async ({ skip }) => {
    const redis = await start(provider, 'redis', 3);
    if (redis === undefined) return skip('no Redis');
    expect(await say(redis, 1, 'CLUSTER', 'INFO')).toContain('cluster_known_nodes:3');
    await redis.stop();
    const nats = await start(provider, 'nats', 3);
    if (nats === undefined) return skip('no NATS');
    expect(new Set(nats.servers).size).toBe(3);
    await nats.kill(1);
    await expect.poll(() => Promise.all(nats.servers.map((server) => listens(portOf(server))))).toEqual([true, false, true]);
    await nats.start(1);
    expect(await listens(portOf(nats.servers[1]))).toBe(true);
  });
});
