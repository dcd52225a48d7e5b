import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { RedisServers } from '#devcluster/services/redis/index.ts';
import { redisIsAbsent, startTestRedis } from '#devcluster/services/redis/testing.ts';
import type { FaultKind } from './faults.ts';
import { openLossyWay, openTestRedis, testOptions, until, untilReady } from './testing.ts';
import { command, type Redis, scriptOf } from './types.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function aServer(args: readonly string[] = []): Promise<RedisServers> {
  const servers = await startTestRedis({ kind: 'single', args });
  ends.push(() => servers.stop());
  return servers;
}

async function aClient(servers: RedisServers, more: Parameters<typeof openTestRedis>[1] = {}): Promise<Redis> {
  const redis = await opened(servers, more);
  await untilReady(redis);
  return redis;
}

function opened(servers: RedisServers, more: Parameters<typeof openTestRedis>[1] = {}): Promise<Redis> {
  const redis = openTestRedis(servers, more);
  ends.push(() => redis.close());
  return Promise.resolve(redis);
}

const faultNow = (redis: Redis): FaultKind | 'ready' => {
  const state = redis.state();
  return state.kind === 'down' ? state.fault.kind : 'ready';
};
const text = (value: unknown): string => (Buffer.isBuffer(value) ? value.toString() : String(value));
const set = (value: string) => [command('set', 'k', value)];
async function faultOfSet(redis: Redis): Promise<FaultKind | 'value'> {
  const [reply] = await redis.run(set('v'));
  return reply?.kind === 'fault' ? reply.fault.kind : 'value';
}

describe.skipIf(redisIsAbsent !== undefined)('on a real server', () => {
  test('two thousand orders come back in their order, and one that is refused spoils no other', async () => {
    const redis = await aClient(await aServer());
    const orders = Array.from({ length: 2000 }, (_, index) => (index === 1500 ? command('hget', 'k-0', 'f') : command('set', `k-${index}`, index)));
    const replies = await redis.run(orders);
    expect(replies.filter(({ kind }) => kind === 'fault')).toHaveLength(1);
    expect(replies[1500]).toMatchObject({ kind: 'fault', fault: { kind: 'Refused' } });
    const read = await redis.run(orders.map((order) => command('get', order.kind === 'command' ? order.key : '')));
    expect(text(read[1999]?.kind === 'value' ? read[1999].value : '')).toBe('1999');
    const keys = new Set<string>();
    for await (const found of redis.keys('k-*')) for (const key of found) keys.add(key);
    expect(keys.size).toBe(1999);
    expect(redis.state()).toEqual({ kind: 'ready' });
  });

  test('a script goes whole to a server that has forgotten it', async () => {
    const servers = await aServer();
    const redis = await aClient(servers);
    const script = scriptOf("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    const call = { kind: 'script' as const, script, keys: ['n'] as const, args: [2] };
    expect(await redis.run([call, call])).toEqual([{ kind: 'value', value: 2 }, { kind: 'value', value: 4 }]);
    await servers.ask(0, 'SCRIPT', 'FLUSH');
    expect(await redis.run([call])).toEqual([{ kind: 'value', value: 6 }]);
  });

  test('a server that is killed faults at once, and is used again when it is back', async () => {
    const servers = await aServer();
    const redis = await aClient(servers);
    let readies = 0;
    redis.onReady(() => void (readies += 1));
    await servers.kill(0);
    await until(() => redis.state().kind === 'down');
    expect(await faultOfSet(redis)).toBe('Unreachable');
    await servers.restart(0);
    await untilReady(redis);
    expect(readies).toBe(1);
    expect(await faultOfSet(redis)).toBe('value');
  });

  test('a server that stands still is noticed by time, and what it was sent does not pile up', async () => {
    const servers = await aServer();
    const redis = await aClient(servers, { commandTimeoutMs: 200, connectTimeoutMs: 300 });
    servers.pause(0);
    expect(await faultOfSet(redis)).toBe('TimedOut');
    await until(async () => (await faultOfSet(redis)) !== 'TimedOut');
    expect(redis.state().kind).toBe('down');
    servers.resume(0);
    await untilReady(redis);
    expect(await faultOfSet(redis)).toBe('value');
  });

  test('a lost reply is a fault, and the command was carried out once', async () => {
    const servers = await aServer();
    const way = await openLossyWay(Number(servers.addresses[0]?.split(':')[1]));
    ends.push(() => way.close());
    const redis = await aClient(servers, { addresses: [{ host: '127.0.0.1', port: way.port }], commandTimeoutMs: 5000 });
    way.loseReplies(true);
    const pending = redis.run([command('incrby', 'n', 100)]);
    await until(async () => (await servers.ask(0, 'GET', 'n')) === '100');
    way.cut();
    way.loseReplies(false);
    expect((await pending)[0]).toMatchObject({ kind: 'fault', fault: { kind: 'Unreachable' } });
    await untilReady(redis);
    expect(await servers.ask(0, 'GET', 'n')).toBe('100');
  });

  const states: Record<string, { args?: readonly string[]; hurt: (servers: RedisServers) => Promise<unknown>; heal: (servers: RedisServers) => Promise<unknown>; want: FaultKind }> = {
    'a replica that was a master': { hurt: (servers) => servers.ask(0, 'REPLICAOF', '127.0.0.1', '1'), heal: (servers) => servers.ask(0, 'REPLICAOF', 'NO', 'ONE'), want: 'ReadOnly' },
    'a server whose memory is full': { hurt: (servers) => servers.ask(0, 'CONFIG', 'SET', 'maxmemory', '1'), heal: (servers) => servers.ask(0, 'CONFIG', 'SET', 'maxmemory', '0'), want: 'MemoryFull' },
    'a server whose disk fails': {
      hurt: async (servers) => {
        rmSync(join(dirname(servers.files.ca), 'node-0'), { recursive: true });
        await servers.ask(0, 'CONFIG', 'SET', 'appendonly', 'no');
        await servers.ask(0, 'CONFIG', 'SET', 'save', '3600 1');
        await servers.ask(0, 'BGSAVE');
        await until(async () => (await servers.ask(0, 'INFO', 'persistence')).includes('rdb_last_bgsave_status:err'));
      },
      heal: (servers) => servers.ask(0, 'CONFIG', 'SET', 'stop-writes-on-bgsave-error', 'no'),
      want: 'DiskFailed',
    },
  };
  test.each(Object.entries(states))('%s is told, and when it is mended, so is the state', async (_, { hurt, heal, want }) => {
    const servers = await aServer();
    const redis = await aClient(servers);
    await hurt(servers);
    await until(async () => (await faultOfSet(redis)) === want);
    await heal(servers);
    await until(async () => (await faultOfSet(redis)) === 'value');
    await untilReady(redis);
    expect(redis.state()).toEqual({ kind: 'ready' });
  });

  test('a wrong password is told, and a corrected file is enough', async () => {
    const servers = await aServer();
    const { files } = testOptions(servers);
    writeFileSync(files.passwordFile ?? '', 'wrong');
    const redis = await opened(servers);
    await until(() => faultNow(redis) === 'WrongPassword', () => JSON.stringify(redis.state()));
    writeFileSync(files.passwordFile ?? '', servers.admin.password);
    await untilReady(redis);
    expect(await faultOfSet(redis)).toBe('value');
  });

  test('a password that is changed under a living connection needs no restart', async () => {
    const servers = await aServer();
    const redis = await aClient(servers);
    await servers.ask(0, 'ACL', 'SETUSER', 'admin', '>second');
    writeFileSync(testOptions(servers).files.passwordFile ?? '', 'second');
    const [before] = await redis.run([command('client', 'id')]);
    await until(async () => JSON.stringify((await redis.run([command('client', 'id')]))[0]) !== JSON.stringify(before));
    expect(await faultOfSet(redis)).toBe('value');
  });

  test('a server with a certificate of somebody else is not spoken to', async () => {
    const [servers, others] = [await aServer(), await aServer()];
    const options = testOptions(servers);
    const redis = await opened(servers, { files: { ...options.files, caFile: others.files.ca } });
    await until(() => faultNow(redis) === 'Certificate', () => JSON.stringify(redis.state()));
    expect(await faultOfSet(redis)).not.toBe('value');
  });

  test('no password is sent in plaintext unless insecure is written', async () => {
    const servers = await startTestRedis({ kind: 'single', tls: false });
    ends.push(() => servers.stop());
    const redis = await opened(servers);
    await until(() => ['Certificate', 'Unreachable'].includes(faultNow(redis)));
    expect(await faultOfSet(redis)).not.toBe('value');
    expect(await servers.ask(0, 'CLIENT', 'LIST')).not.toContain('name=coditect');
    const open = await aClient(servers, { insecure: true });
    expect(await faultOfSet(open)).toBe('value');
  });

  test('files that are missing are told, and used when they come', async () => {
    const servers = await aServer();
    const options = testOptions(servers);
    const redis = await opened(servers, { files: { ...options.files, userFile: `${servers.files.ca}.later` } });
    expect(faultNow(redis)).toBe('Files');
    writeFileSync(`${servers.files.ca}.later`, 'admin');
    await untilReady(redis);
  });

  test('a cluster of three serves all slots, faults for those of a dead master only, and heals', async () => {
    const servers = await startTestRedis({ kind: 'cluster' });
    ends.push(() => servers.stop());
    const redis = await aClient(servers, { commandTimeoutMs: 1000 });
    const orders = Array.from({ length: 300 }, (_, index) => command('set', `{m-${index}}`, index));
    expect((await redis.run(orders)).filter(({ kind }) => kind === 'fault')).toEqual([]);
    await servers.kill(1);
    await until(async () => {
      const faults = (await redis.run(orders)).filter(({ kind }) => kind === 'fault').length;
      return faults > 0;
    });
    expect(redis.state().kind).toBe('down');
    await servers.restart(1);
    await until(async () => (await redis.run(orders)).every(({ kind }) => kind === 'value'), () => JSON.stringify(redis.state()));
    expect(redis.state().kind).toBe('ready');
  });
});
