// How long a ready task waits until an agent says that it has started, with slots free: from the operator's own histogram.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from '#testing/seeded.ts';
import { systemNamespace, type World } from '#testing/world.ts';
import { agentsReady, create, ended, shortTasks } from './mission.ts';
import type { BenchRow } from './row.ts';

const agents = 20;
const metric = 'coditect_ready_to_executing_seconds';

const starts = 200;
const perSecond = 4;

/** 99th percentile over 200 tasks on 20 agents of one slot each; they arrive one by one at seeded random times, whatever the system does meanwhile. */
export async function benchDispatch(world: World): Promise<BenchRow[]> {
  const namespace = await world.namespace('bench-dispatch', { slotsPerAgent: 1, scaling: { minReplicas: agents, maxReplicas: agents } });
  await agentsReady(world, namespace, agents);
  // Code that runs for the first time is slow; each agent has had a few tasks before it counts.
  await create(world, shortTasks(namespace, 'warm-up', 100));
  await ended(world, namespace, 'warm-up', 60);
  const before = await buckets(world);
  const random = seeded(24);
  const arrivals: Promise<void>[] = [];
  for (let index = 0; index < starts; index += 1) {
    await sleep((-Math.log(1 - random()) * 1000) / perSecond);
    arrivals.push(create(world, shortTasks(namespace, `arrival-${index}`, 1)));
  }
  await Promise.all(arrivals);
  await ended(world, namespace, `arrival-${starts - 1}`, 60);
  const after = await buckets(world);
  const counts = after.map(({ le, count }, index) => ({ le, count: count - (before[index]?.count ?? 0) }));
  const p50 = percentile(counts, 0.5) * 1000;
  const p99 = percentile(counts, 0.99) * 1000;
  process.stderr.write(`  ${counts.at(-1)?.count ?? 0} starts, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms\n`);
  return [{ id: 'ready_to_executing_p99_ms_20_agents', value: p99, unit: 'ms', floor: p50, ratio: p99 / p50, command: 'make bench' }];
}

interface Bucket {
  /** Upper bound, seconds. */
  readonly le: number;
  /** Observations at or below it. */
  readonly count: number;
}

async function buckets(world: World): Promise<readonly Bucket[]> {
  const text = await metricsOf(world);
  return [...text.matchAll(new RegExp(`^${metric}_bucket\\{le="([^"]+)"[^}]*\\} (\\d+)$`, 'gm'))].map(([, le = '', count = '0']) => ({ le: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), count: Number(count) }));
}

/** The operator's metrics: its health port is found by the pod's container status on the process node. */
async function metricsOf(world: World): Promise<string> {
  const { operators } = JSON.parse(await readFile(world.cluster.endpointsFile, 'utf8')) as { operators: readonly { pod: string }[] };
  const pod = operators[0]?.pod ?? '';
  const id = await world.kubectl('get', `pod/${pod}`, '-n', systemNamespace, '-o', 'jsonpath={.status.containerStatuses[0].containerID}');
  const pid = /^process:\/\/(\d+)-/.exec(id.trim())?.[1] ?? '';
  const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
  const port = environment.find((line) => line.startsWith('CODITECT_PORT_HEALTH='))?.split('=')[1];
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  return answer.text();
}

/** Interpolated as Prometheus does. */
function percentile(counts: readonly Bucket[], share: number): number {
  const total = counts.at(-1)?.count ?? 0;
  const rank = total * share;
  let below: Bucket = { le: 0, count: 0 };
  for (const bucket of counts) {
    if (bucket.count >= rank) return bucket.le === Number.POSITIVE_INFINITY ? below.le : below.le + ((bucket.le - below.le) * (rank - below.count)) / Math.max(1, bucket.count - below.count);
    below = bucket;
  }
  return Number.NaN;
}
