import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RedisServers } from '#devcluster/services/redis/index.ts';
import { redisIsAbsent, startTestRedis } from '#devcluster/services/redis/testing.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '#platform/clock.ts';
import { openTestRedis, testOptions, untilReady } from '#platform/redis/testing.ts';
import { command, type Redis } from '#platform/redis/types.ts';
import { silentLog, wrap } from '#platform/telemetry/log.ts';
import { aclLine, defaultRules, mirrorRules, tenantRules } from './acl.ts';
import { noWorldMetrics } from './metrics.ts';
import { auditTo, createReads, type ReadRecord } from './reads.ts';
import { running, TestTruth } from './testing.ts';
import { openWorld, type WorldModel } from './world.ts';

const [own, foreign] = ['coditect:{team-a/uid-m}:world', 'coditect:{team-b/uid-x}:world'];

/** Each of these must be refused to the user of team-a; `#` stands for a key of team-b. */
const probes: readonly string[] = [
  // Keys of others, by every command that reads
  'hgetall #', 'hget # m', 'hmget # m', 'hlen #', 'hexists # m', 'hstrlen # m', 'get #', 'exists #', 'ttl #', 'pttl #', 'type #', 'hgetall coditect:{team-a-b/uid-x}:world', 'hgetall coditect:{team-/uid-x}:world',
  'hgetall coditect:{team-b/uid-x}:live', 'get coditect:{team-b/uid-x}:lock:main', 'get coditect:{team-b/uid-x}:fence:main', 'hgetall other', 'hgetall coditect:x', 'hkeys #', 'hvals #', 'hscan # 0', 'hrandfield #', 'strlen #', 'getrange # 0 -1', 'dump #', 'object|encoding #',
  // Writing, also to its own
  `hset ${own} m x`, `hdel ${own} m`, `del ${own}`, `unlink ${own}`, `expire ${own} 1`, `pexpire ${own} 1`, `persist ${own}`, `rename ${own} y`, `set ${own} x`, `append ${own} x`, `getdel ${own}`, `getset ${own} x`, `setex ${own} 9 x`, `hincrby ${own} m 1`, `copy ${own} #`, `move ${own} 1`, `restore ${own} 0 x`, 'hset # m x', 'del #', 'set # x',
  // The whole server
  'flushall', 'flushdb', 'keys *', 'scan 0', 'randomkey', 'dbsize', 'swapdb 0 1', 'config|get *', 'config|set maxmemory 1', 'acl|list', 'acl|setuser x', 'acl|getuser default', 'acl|whoami', 'client|list', 'client|kill id 1', 'client|pause 1', 'info', 'monitor', 'save', 'bgsave', 'bgrewriteaof', 'shutdown', 'replicaof no one', 'slowlog|get', 'memory|usage #', 'latency|latest', 'lastsave', 'module|list', 'failover', 'sync', 'cluster|nodes', 'cluster|reset', 'cluster|getkeysinslot 0 10', 'select 1',
  // Scripts and functions
  "eval return(1) 0", 'evalsha x 0', 'eval_ro return(1) 0', 'script|load return(1)', 'script|flush', 'script|kill', 'function|list', 'function|flush', 'fcall f 0',
  // Channels, and ways around a key
  'publish team-b:x y', 'subscribe x', 'psubscribe *', 'pubsub|channels', 'sort #', 'sort_ro #', 'migrate h 1 # 0 1', 'object|freq #', 'wait 0 1', 'multi', 'watch #', 'touch #', 'xread streams # 0', 'xadd # * a b', 'lpush # x', 'blpop # 1', 'geosearch # frommember a bybox 1 1 m', 'pfcount #', 'bitcount #', 'lcs # #', 'zrangestore # # 0 1', 'sunionstore # #',
];

const wordsOf = (probe: string): readonly string[] => probe.replaceAll('#', foreign).split(' ').flatMap((word, index) => (index === 0 ? word.split('|') : [word]));

describe.skipIf(redisIsAbsent !== undefined)('on a real server', () => {
  let servers: RedisServers;
  const clients: Redis[] = [];
  const client = async (user: string, password: string): Promise<Redis> => {
    const options = testOptions(servers);
    const [userFile, passwordFile] = [`${servers.files.ca}.${user}`, `${servers.files.ca}.${user}.password`];
    writeFileSync(userFile, user);
    writeFileSync(passwordFile, password);
    const redis = openTestRedis(servers, { files: { ...options.files, userFile, passwordFile } });
    clients.push(redis);
    await untilReady(redis);
    return redis;
  };
  beforeAll(async () => {
    const users = [aclLine('team-a', tenantRules('team-a', 'secret-a')), aclLine('mirror', mirrorRules('secret-m')), aclLine('default', defaultRules)];
    servers = await startTestRedis({ kind: 'single', users: users.slice(0, 2) });
    await servers.ask(0, 'ACL', 'SETUSER', 'default', ...defaultRules.split(' '));
    await servers.ask(0, 'HSET', own, 'm', 'mine');
    await servers.ask(0, 'HSET', foreign, 'm', 'yours');
  });
  afterAll(async () => {
    for (const redis of clients) await redis.close();
    await servers.stop();
  });

  test(`the user of a tenant reads its own worlds, and each of ${probes.length} other things is refused`, async () => {
    expect(probes.length).toBeGreaterThanOrEqual(60);
    const team = { user: 'team-a', password: 'secret-a' };
    const picture = async () => Promise.all([servers.ask(0, 'DBSIZE'), servers.ask(0, 'HGET', own, 'm'), servers.ask(0, 'TTL', own), servers.ask(0, 'HGET', foreign, 'm'), servers.ask(0, 'ACL', 'USERS')]);
    const before = await picture();
    const allowed: Record<string, string> = {};
    for (const probe of probes) {
      const answer = await servers.askAs(team, 0, ...wordsOf(probe));
      if (!answer.startsWith('-NOPERM')) allowed[probe] = answer;
    }
    expect(allowed).toEqual({});
    expect(await servers.askAs(team, 0, 'HGET', own, 'm')).toBe('mine');
    expect(await servers.askAs(team, 0, 'EXISTS', own)).toBe(':1');
    expect(await servers.askAs({ ...team, password: 'secret-b' }, 0, 'HGET', own, 'm')).toMatch(/^-NOAUTH/);
    expect(await picture()).toEqual(before);
  });

  test('a tenant connects with the client of the house', async () => {
    const tenant = await client('team-a', 'secret-a');
    expect(await tenant.run([command('hget', own, 'm'), command('hget', foreign, 'm')])).toMatchObject([{ kind: 'value', value: 'mine' }, { kind: 'fault', fault: { kind: 'NotPermitted' } }]);
  });

  test('the rules of the mirror are enough for all that it does, and for nothing outside of its keys', async () => {
    const redis = await client('mirror', 'secret-m');
    const truth = new TestTruth();
    const world = openWorld({ redis, truth, metrics: noWorldMetrics, clock: systemClock, log: silentLog, limits: { checkMs: 3_600_000, flushMs: 5 } });
    world.tell([...truth.mission('m'), ...truth.task('m', 'a', running())]);
    await world.flush();
    const claim = { key: { tenant: 'team-a', uid: 'uid-m' }, name: 'main', holder: 'h', token: { term: 1, counter: 1 } };
    expect(await world.locks?.take(claim, 1000)).toEqual({ kind: 'taken' });
    expect(await world.locks?.extend(claim, 1000)).toEqual({ kind: 'kept' });
    expect(await world.locks?.release(claim)).toEqual({ kind: 'kept' });
    // What was there before knows nobody: it is removed.
    expect(await world.check()).toMatchObject({ missions: 1, removed: 1 });
    expect(await world.rebuild(new AbortController().signal)).toMatchObject({ missions: 1, entities: 2 });
    expect(world.state().kind).toBe('well');
    const refused = await Promise.all(['set other x', 'flushall', 'keys *', 'config|get *', 'acl|list', 'swapdb 0 1', 'dbsize', 'publish x y', 'script|flush', 'shutdown'].map((probe) => servers.askAs({ user: 'mirror', password: 'secret-m' }, 0, ...wordsOf(probe))));
    expect(refused.filter((answer) => !answer.startsWith('-NOPERM'))).toEqual([]);
    await world.close();
  });
});

test('the rules are in the README as they are here', () => {
  const text = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  const shown = (rules: string) => rules.replace(/#[0-9a-f]{64}/, '#<sha256 of the password>');
  for (const line of [aclLine('default', defaultRules), aclLine('mirror', shown(mirrorRules('x'))), aclLine('team-a', shown(tenantRules('team-a', 'x')))]) expect(text).toContain(`\n${line}\n`);
});

describe('reading for others', () => {
  const agent = { name: 'system:serviceaccount:team-a:agent', component: 'fleet' };
  const key = { tenant: 'team-a', uid: 'uid-m' };
  function reads(permits: (tenant: string) => boolean | Promise<boolean>) {
    const truth = new TestTruth();
    const world: WorldModel = openWorld({ truth, metrics: noWorldMetrics, clock: systemClock, log: silentLog });
    world.tell([...truth.mission('m'), ...truth.task('m', 'a', running()), ...truth.mission('x', undefined, 'team-b')]);
    const records: ReadRecord[] = [];
    return { records, reads: createReads({ world, permits: async (_, { tenant }) => permits(tenant), audit: (record) => void records.push(record) }) };
  }

  test('who may sees, and it is recorded', async () => {
    const { reads: open, records } = reads((tenant) => tenant === 'team-a');
    expect(await open.snapshot(agent, key)).toMatchObject({ kind: 'read', value: { mission: { name: 'm' }, agents: [{ agent: 'crew-1' }] } });
    expect(await open.task(agent, key, 'uid-m-a')).toMatchObject({ kind: 'read', value: { name: 'm-a' } });
    expect(await open.agents(agent, 'team-a')).toMatchObject({ kind: 'read', value: [{ agent: 'crew-1' }] });
    expect(records).toEqual([
      { asker: agent, ...key, what: 'snapshot', isGranted: true },
      { asker: agent, ...key, what: 'task', isGranted: true },
      { asker: agent, tenant: 'team-a', what: 'agents', isGranted: true },
    ]);
  });

  test('who may not sees nothing, and that is recorded, too', async () => {
    const { reads: open, records } = reads((tenant) => tenant === 'team-b');
    expect(await open.snapshot(agent, key)).toEqual({ kind: 'refused' });
    expect(await open.task(agent, key, 'uid-m-a')).toEqual({ kind: 'refused' });
    expect(await open.agents(agent, 'team-a')).toEqual({ kind: 'refused' });
    expect(await open.snapshots(agent, [key, { tenant: 'team-b', uid: 'uid-x' }, { tenant: 'team-b', uid: 'uid-m' }])).toMatchObject([{ kind: 'refused' }, { kind: 'read', value: { mission: { name: 'x' } } }, { kind: 'refused' }]);
    expect(records.map(({ isGranted }) => isGranted)).toEqual([false, false, false, false, true, true]);
  });

  test('a check that fails is a no', async () => {
    const { reads: open } = reads(() => Promise.reject(new Error('the API server is away')));
    expect(await open.snapshot(agent, key)).toEqual({ kind: 'refused' });
  });

  test('the record is a line with stable keys', () => {
    const lines: unknown[] = [];
    auditTo(wrap((level, message, fields) => void lines.push({ level, message, ...fields }), {}))({ asker: agent, ...key, what: 'task', isGranted: false });
    expect(lines).toEqual([{ level: 'info', message: 'the world was read', audit: 'world.read', asker: agent.name, via: 'fleet', tenant: 'team-a', mission: 'uid-m', what: 'task', granted: false }]);
  });
});
