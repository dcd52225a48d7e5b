// What a short task costs at the API server, counted by the API server: its audit log, by the operator's identity.
import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '#testing/world.ts';
import { agentsReady, create, ended, shortTasks } from './mission.ts';
import type { BenchRow } from './row.ts';

const tasks = 200;
const operatorUser = 'system:serviceaccount:coditect-system:coditect-operator';
const command = 'make bench';

/** Requests per task of 200 short tasks in two missions, on a warm pool of 20 slots. */
export async function benchWrites(world: World): Promise<BenchRow[]> {
  const namespace = await world.namespace('bench-writes', { slotsPerAgent: 4, scaling: { minReplicas: 5, maxReplicas: 5 } });
  await agentsReady(world, namespace, 5);
  // The pool's roll-up of its own start is not the tasks' cost.
  await sleep(6000);
  const from = Date.now();
  await Promise.all(['first', 'second'].map((name) => create(world, shortTasks(namespace, name, tasks / 2))));
  await ended(world, namespace, 'first', 180);
  await ended(world, namespace, 'second', 180);
  const until = Date.now();
  await sleep(500);
  const requests = (await world.audit()).filter(({ user, requestReceivedTimestamp, responseStatus }) => {
    const at = Date.parse(requestReceivedTimestamp);
    return user.username === operatorUser && at >= from && at <= until && (responseStatus?.code ?? 500) < 300;
  });
  const ours = requests.filter(({ objectRef }) => objectRef?.apiGroup === 'coditect.ai' || objectRef?.resource === 'events' || objectRef?.resource === 'pods');
  const writes = ours.filter(({ verb }) => ['create', 'update', 'patch', 'delete'].includes(verb)).length / tasks;
  const reads = ours.filter(({ verb }) => ['get', 'list'].includes(verb)).length / tasks;
  const leases = requests.filter(({ objectRef }) => objectRef?.resource === 'leases').length;
  process.stderr.write(`  ${requests.length} requests in ${((until - from) / 1000).toFixed(1)} s, ${leases} of them for the lease\n`);
  return [
    { id: 'writes_per_task', value: writes, unit: 'requests', floor: 2, ratio: writes / 2, command },
    { id: 'reads_per_task', value: reads, unit: 'requests', floor: 0, ratio: reads, command },
    { id: 'short_tasks_per_s', value: tasks / ((until - from) / 1000), unit: 'tasks/s', floor: 0, ratio: 0, command },
  ];
}
