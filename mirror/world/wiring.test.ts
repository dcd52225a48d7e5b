import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { MirrorConfig } from '#api/config/mirror.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import type { RedisServers } from '#devcluster/services/redis/index.ts';
import { redisIsAbsent, startTestRedis } from '#devcluster/services/redis/testing.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { testOptions, until } from '#platform/redis/testing.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { createMetrics } from '#platform/telemetry/metrics.ts';
import { agentTold, running, TestTruth } from './testing.ts';
import { aclLine, mirrorRules } from './acl.ts';
import { addressOf, type RunningWorld, startWorld } from './wiring.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function started(truth: TestTruth, settings: Partial<MirrorConfig>, past: readonly CloudEvent[] = []): RunningWorld & { readonly text: () => Promise<string> } {
  const config = MirrorConfig.parse({ folder: 'f', tokenFile: 't', worldCheckSeconds: 5, ...settings });
  const metrics = createMetrics('mirror', '0');
  const reader = {
    async *upToNow() {
      yield await Promise.resolve({ sequence: 1, tenant: 'team-a', family: 'agent' as const, events: past, pending: 0 });
    },
  };
  const world = startWorld({ config, truth, metrics, clock: systemClock, random: systemRandom, log: silentLog }, reader);
  ends.push(() => world.part.close());
  return { ...world, text: () => metrics.text() };
}

function settingsOf(servers: RedisServers): Partial<MirrorConfig> {
  const { files } = testOptions(servers);
  return { redisServers: [...servers.addresses], redisCaFile: files.caFile, redisCertificateFile: files.certificateFile, redisKeyFile: files.keyFile, redisUserFile: files.userFile, redisPasswordFile: files.passwordFile };
}

const addresses: Record<string, { host: string; port: number }> = {
  'redis:7000': { host: 'redis', port: 7000 },
  'redis.team-a.svc': { host: 'redis.team-a.svc', port: 6379 },
  '[::1]:7000': { host: '::1', port: 7000 },
  '[::1]': { host: '::1', port: 6379 },
};
test.each(Object.entries(addresses))('address %s', (text, want) => expect(addressOf(text)).toEqual(want));

test('without servers it is off, and the world is in memory', async () => {
  const truth = new TestTruth();
  const { part, listener, world } = started(truth, {});
  listener.tell([...truth.mission('m'), ...truth.task('m', 'a', running())]);
  expect(part.state()).toEqual({ kind: 'off' });
  expect((await world.snapshot({ tenant: 'team-a', uid: 'uid-m' }))?.value.agents).toHaveLength(1);
});

describe.skipIf(redisIsAbsent !== undefined)('on a real server', () => {
  test('an empty Redis is filled by itself, with the files that the log remembers, and metrics say so', async () => {
    const servers = await startTestRedis({ kind: 'single' });
    ends.push(() => servers.stop());
    const truth = new TestTruth();
    truth.mission('m');
    truth.task('m', 'a', running());
    const { part, world, text } = started(truth, settingsOf(servers), [agentTold({ mission: 'm', task: 'a', seq: 1, files: { 'a.ts': 'h' } })]);
    expect(part.state().kind).toBe('down');
    const filled = () => until(async () => (await servers.ask(0, 'HEXISTS', 'coditect:{team-a/uid-m}:world', 'f:uid-m-a')) === ':1');
    await filled();
    expect((await world.snapshot({ tenant: 'team-a', uid: 'uid-m' }))?.value.files).toEqual([{ path: 'a.ts', hash: 'h', task: 'uid-m-a', attempt: 1 }]);
    await until(() => part.state().kind === 'well');
    expect(await text()).toMatch(/^coditect_world_repairs_total\{reason="rebuild"\} 1$/m);
    expect(await text()).toMatch(/^coditect_world_staleness_seconds 0$/m);
  });

  test('a cluster is spoken to as the settings say, with the rules that the mirror is given', async () => {
    const servers = await startTestRedis({ kind: 'cluster', users: [aclLine('mirror', mirrorRules('secret'))] });
    ends.push(() => servers.stop());
    const truth = new TestTruth();
    const [redisUserFile, redisPasswordFile] = [`${servers.files.ca}.mirror`, `${servers.files.ca}.secret`];
    writeFileSync(redisUserFile, 'mirror');
    writeFileSync(redisPasswordFile, 'secret');
    const { part, listener, world } = started(truth, { ...settingsOf(servers), redisUserFile, redisPasswordFile, redisCluster: true });
    for (const name of ['m', 'n', 'o', 'p']) listener.tell([...truth.mission(name), ...truth.task(name, 'a', running())]);
    await until(async () => (await world.flush(), part.state().kind === 'well'), () => JSON.stringify(part.state()));
    expect(await world.check()).toEqual({ missions: 4, repaired: 0, removed: 0 });
  });
});
