// Every store is killed, frozen, emptied and cut off under load, in an order from a seed: afterwards nothing is lost, nothing is there twice, and every store holds what is true.
import { afterEach, describe, expect, test } from 'vitest';
import type { RunningService } from '#devcluster/services/index.ts';
import { allProviders } from '#testing/providers/index.ts';
import { seeded } from '#testing/seeded.ts';
import { FakeLoad } from './fake-load.ts';
import { askRedis, type Rig, rest, startRig, untilSo } from './testing.ts';
import { clickHouseOf, logAgrees, memoriesAgree, rowsAgree, worldsAgree } from './witness/testing.ts';

const isFull = process.env['FULL'] === '1';
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const busyMs = isFull ? 240_000 : 20_000;
/** Longest time that a store is away. */
const awayMs = isFull ? 20_000 : 1000;

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.end();
  rig = undefined;
});

type Harm = (service: RunningService, rig: Rig, ms: number) => Promise<unknown>;

const kill: Harm = async (service, _, ms) => {
  await service.kill(0);
  await rest(ms);
  await service.start(0);
};
const freeze: Harm = async (service, _, ms) => {
  await service.pause(0);
  await rest(ms);
  await service.resume(0);
};
const asAdmin = (...command: readonly string[]): Harm => (_, current) => askRedis(current, ...command);
const forget: Harm = async (_, { config }) => {
  const client = clickHouseOf({ config });
  try {
    await client.command(`DROP DATABASE IF EXISTS ${config.clickhouseDatabase} SYNC`);
  } finally {
    await client.close();
  }
};

/** The log itself is never emptied: it is what the others are made from. */
const harms: readonly { readonly name: string; readonly kind: RunningService['kind']; readonly harm: Harm }[] = [
  { name: 'the log killed', kind: 'nats', harm: kill },
  { name: 'the log frozen', kind: 'nats', harm: freeze },
  { name: 'Redis killed', kind: 'redis', harm: kill },
  { name: 'Redis frozen', kind: 'redis', harm: freeze },
  { name: 'Redis emptied', kind: 'redis', harm: asAdmin('FLUSHALL') },
  { name: 'Redis without scripts', kind: 'redis', harm: asAdmin('SCRIPT', 'FLUSH') },
  { name: 'Redis cut off', kind: 'redis', harm: asAdmin('CLIENT', 'KILL', 'TYPE', 'normal') },
  { name: 'ClickHouse killed', kind: 'clickhouse', harm: kill },
  { name: 'ClickHouse frozen', kind: 'clickhouse', harm: freeze },
  { name: 'ClickHouse emptied', kind: 'clickhouse', harm: forget },
  { name: 'Chroma killed', kind: 'chroma', harm: kill },
  { name: 'Chroma frozen', kind: 'chroma', harm: freeze },
  { name: 'Chroma emptied', kind: 'chroma', harm: (service) => service.empty?.() ?? Promise.resolve() },
];

describe.each(await allProviders())('stores that are hurt, as $name', ({ provider }) => {
  test(`lose nothing and double nothing (seed ${seed}; SEED repeats it, FULL=1 goes on for minutes)`, { timeout: busyMs + 240_000 }, async ({ skip }) => {
    rig = await startRig({ provider, kinds: ['nats', 'redis', 'clickhouse', 'chroma'] });
    for (const reason of rig.absent) process.stderr.write(`left out of the test of stores that are hurt: ${reason}\n`);
    if (!rig.services.has('nats')) return skip('there is no event log here');
    const random = seeded(seed);
    const load = new FakeLoad(rig.cluster, rig.tell, random);
    const until = performance.now() + busyMs;
    const counts = await Promise.all([hurt(rig, seeded(seed + 1), until), work(load, until)]).then(([counted]) => counted);
    const events = await logAgrees(rig, load.told);
    const rows = rig.services.has('clickhouse') ? await rowsAgree(rig, events) : 0;
    const worlds = rig.services.has('redis') ? await worldsAgree(rig, load.told) : 0;
    const episodes = rig.services.has('chroma') ? await memoriesAgree(rig) : 0;
    process.stderr.write(`seed ${seed}, ${provider.name}: ${[...counts].map(([name, count]) => `${count} x ${name}`).join(', ')}; ${load.ended} missions ended; ${events.length} events, ${rows} rows, ${worlds} worlds, ${episodes} episodes: none lost, none doubled\n`);
    expect(load.ended).toBeGreaterThan(10);
    const { parts } = rig;
    const down = () => parts.filter((part) => part.state().kind === 'down').map(({ name }) => name);
    await untilSo(() => `all parts are well: ${down().join(', ')} are down`, 30, () => down().length === 0);
  });
});

/** Harm after harm; gives how often each was done. */
async function hurt(current: Rig, random: () => number, until: number): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const possible = harms.filter(({ kind }) => current.services.has(kind));
  while (performance.now() < until) {
    const chosen = possible[Math.floor(random() * possible.length)];
    const service = chosen === undefined ? undefined : current.services.get(chosen.kind);
    if (chosen === undefined || service === undefined) break;
    await chosen.harm(service, current, 100 + random() * awayMs);
    counts.set(chosen.name, (counts.get(chosen.name) ?? 0) + 1);
    await rest(random() * 300);
  }
  return counts;
}

async function work(load: FakeLoad, until: number): Promise<void> {
  while (performance.now() < until) {
    await load.step();
    await rest(5);
  }
}
