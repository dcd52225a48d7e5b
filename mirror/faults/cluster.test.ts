// Three nodes of the log and three masters of Redis, with TLS, client certificates and users who may only do what the mirror needs: each node is killed in mid-run.
import { afterEach, describe, expect, test } from 'vitest';
import { allProviders } from '#testing/providers/index.ts';
import { seeded } from '#testing/seeded.ts';
import type { RunningService } from '#devcluster/services/index.ts';
import { FakeLoad } from './fake-load.ts';
import { type Rig, rest, startRig, untilSo } from './testing.ts';
import { logAgrees, worldsAgree } from './witness/testing.ts';

const downMs = 1500;

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.end();
  rig = undefined;
});

/** Longest times that something stood still, seen by looking often. */
class Gaps {
  /** Age that an event on disk had reached before the log took it. */
  logMs = 0;
  /** How long the world part was not well. */
  worldMs = 0;
  #wellAt = performance.now();

  look({ publisher, parts }: Rig): void {
    this.logMs = Math.max(this.logMs, publisher.state().oldestMs);
    if (worldOf(parts)?.kind !== 'down') this.#wellAt = performance.now();
    this.worldMs = Math.max(this.worldMs, performance.now() - this.#wellAt);
  }
}

const worldOf = (parts: Rig['parts']) => parts.find(({ name }) => name === 'world')?.state();

/** One node after the other, each when the loss of the one before is got over. */
async function killEach(service: RunningService | undefined, isWell: () => boolean): Promise<void> {
  for (let node = 0; service !== undefined && node < service.servers.length; node += 1) {
    await service.kill(node);
    await rest(downMs);
    await service.start(node);
    await untilSo(`${service.kind} is well again`, 60, isWell);
  }
}

describe.each(await allProviders())('clusters of three, as $name', ({ provider }) => {
  test('lose and double nothing when each of their nodes is killed once in mid-run', { timeout: 180_000 }, async ({ skip }) => {
    rig = await startRig({ provider, kinds: ['nats', 'redis'], nodes: 3 });
    for (const reason of rig.absent) process.stderr.write(`left out of the test of clusters: ${reason}\n`);
    if (!rig.services.has('nats')) return skip('there is no event log here');
    expect([rig.config.natsReplicas, rig.config.redisCluster || !rig.services.has('redis')]).toEqual([3, true]);
    const [load, gaps, running] = [new FakeLoad(rig.cluster, rig.tell, seeded(1)), new Gaps(), { isOver: false }];
    const working = work(rig, load, { gaps, running });
    await rest(1000);
    const { publisher, parts, services } = rig;
    const kills = [killEach(services.get('nats'), () => publisher.state().oldestMs < 1000), killEach(services.get('redis'), () => worldOf(parts)?.kind === 'well')];
    await Promise.all(kills).finally(() => (running.isOver = true));
    await working;
    const events = await logAgrees(rig, load.told);
    const worlds = rig.services.has('redis') ? await worldsAgree(rig, load.told) : 0;
    process.stderr.write(`each of three nodes killed, ${downMs} ms down: ${events.length} events and ${worlds} worlds, none lost, none doubled; an event waited for the log for at most ${Math.round(gaps.logMs)} ms, Redis was away for at most ${Math.round(gaps.worldMs)} ms (${provider.name})\n`);
    expect(load.ended).toBeGreaterThan(10);
  });
});

async function work(current: Rig, load: FakeLoad, { gaps, running }: { readonly gaps: Gaps; readonly running: { readonly isOver: boolean } }): Promise<void> {
  while (!running.isOver) {
    await load.step();
    gaps.look(current);
    await rest(5);
  }
}
