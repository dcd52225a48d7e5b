// Kill whatever can be killed while a mission runs: it ends right, and the audit log shows that no outcome was written twice.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApiServer, stopApiServer } from '#devcluster/index.ts';
import { diamond, diamondSucceeds } from '../diamond.ts';
import type { Story } from '../story.ts';
import { seeded } from '#testing/seeded.ts';
import { systemNamespace, type World } from '#testing/world.ts';

export const killsStory: Story = {
  name: 'kill -9 of operator or agent at 12 seeded moments: every mission ends right, no outcome is doubled',
  limitSeconds: 600,
  async run(world) {
    const first = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
    const namespace = await world.namespace('kills');
    const lines: string[] = [];
    for (let round = 0; round < 12; round += 1) lines.push(await killOnce(world, namespace, first + round, round));
    return lines.join('\n');
  },
};

async function killOnce(world: World, namespace: string, seed: number, round: number): Promise<string> {
  const random = seeded(seed);
  const victim = random() < 0.5 ? 'operator' : 'agent';
  const afterMs = Math.floor(random() * 3000);
  const name = `kill-${round}`;
  await world.apply(diamond(namespace, name));
  await sleep(afterMs);
  const pid = await pidOf(world, victim, namespace, random);
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
  const began = performance.now();
  await diamondSucceeds(world, { namespace, name, what: `seed ${seed} (${victim} killed after ${afterMs} ms)` });
  if (victim === 'operator') await freshOperator(world);
  return `seed ${seed}: ${victim} killed ${afterMs} ms after apply${pid === undefined ? ' (none was there yet)' : ''}, mission Succeeded ${((performance.now() - began) / 1000).toFixed(1)} s later`;
}

/** A node starts a container that ends again and again ever later, which is not what is examined here: a new pod begins anew. */
async function freshOperator(world: World): Promise<void> {
  await world.kubectl('delete', 'pods', '-n', systemNamespace, '-l', 'app.kubernetes.io/component=operator', '--wait=true');
  await world.kubectl('rollout', 'status', '-n', systemNamespace, 'deployments', '-l', 'app.kubernetes.io/component=operator', '--timeout=60s');
}

export const apiServerStory: Story = {
  name: 'the API server stopped for 20 s in mid-mission: the mission ends right, no outcome is doubled',
  limitSeconds: 180,
  async run(world) {
    const namespace = await world.namespace('no-api');
    await world.apply(diamond(namespace, 'cut-off'));
    await sleep(1500);
    await stopApiServer(world.cluster);
    await sleep(20_000);
    await startApiServer(world.cluster);
    await diamondSucceeds(world, { namespace, name: 'cut-off', what: 'API server stopped for 20 s' });
    return undefined;
  },
};

interface Pod {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly containerStatuses?: readonly { readonly containerID?: string; readonly state?: { readonly running?: object } }[] };
}

/** Pid of a running pod's process: the process node's container ids are `process://<pid>-<start>`. */
async function pidOf(world: World, victim: 'operator' | 'agent', namespace: string, random: () => number): Promise<number | undefined> {
  const selector = victim === 'operator' ? ['-n', systemNamespace, '-l', 'app.kubernetes.io/component=operator'] : ['-n', namespace, '-l', 'coditect.ai/pool=crew'];
  const { items } = JSON.parse(await world.kubectl('get', 'pods', ...selector, '-o', 'json')) as { items: Pod[] };
  const pids = items.flatMap(({ status }) => status?.containerStatuses ?? []).filter(({ state }) => state?.running !== undefined).map(({ containerID = '' }) => Number(/^process:\/\/(\d+)-/.exec(containerID)?.[1]));
  const pid = pids[Math.floor(random() * pids.length)];
  if (pid === undefined || Number.isNaN(pid)) return undefined;
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) === '' ? undefined : pid;
}
