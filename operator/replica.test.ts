// Replicas over the API server double: who leads, what the others are told, and how one takes over from another.
import { afterEach, describe, expect, test } from 'vitest';
import { OperatorConfig } from '#api/config/operator.ts';
import { annotations, names } from '#api/labels.ts';
import { type PartReports, writeParts } from '#api/mirrored.ts';
import { formatTimeMs } from '#api/time.ts';
import type { AgentPoolStatus } from '#api/v1alpha1/agentpool.ts';
import { agentPools, approvals, missions, plans, tasks } from '#api/v1alpha1/kinds.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { formatMicroTime } from '#platform/kube/micro-time.ts';
import { leases, pods } from '#platform/kube/resources.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { createMetrics } from '#platform/telemetry/metrics.ts';
import { aPool } from '#testing/builders/pool.ts';
import { aTask } from '#testing/builders/task.ts';
import { startFakeApiServer, type FakeApiServer } from '#testing/fake-apiserver/server.ts';
import { createOperatorMetrics } from './metrics.ts';
import { createReplica, type Replica } from './replica.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function anApiServer(): Promise<FakeApiServer> {
  const server = await startFakeApiServer({ types: [missions, plans, approvals, tasks, agentPools, pods, leases] });
  open.push(() => server.stop());
  return server;
}

/** A replica that has started. */
function aReplica(server: FakeApiServer, podName: string) {
  const exits: string[] = [];
  const metrics = createMetrics('operator', '1.0.0');
  const nothing = () => {};
  const leaseClient = createKubeClient(server.config, { userAgent: podName, sockets: 1 });
  const replica = createReplica({
    config: OperatorConfig.parse({ podName, leaderElection: 'fast' }),
    client: (guard) => createKubeClient(server.config, { userAgent: podName, guard }),
    leaseClient,
    recorder: { record: nothing, stop: () => Promise.resolve(), dropped: 0 },
    signGrant: () => 'grant',
    copies: { keep: () => Promise.resolve('missing') },
    caBundle: () => undefined,
    broadcast: { said: nothing, progress: nothing, log: nothing, ended: nothing },
    model: undefined,
    usage: undefined,
    metrics: createOperatorMetrics(metrics),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    exit: (reason) => void exits.push(reason),
  });
  open.push(async () => {
    await replica.stop();
    await leaseClient.close();
  });
  replica.start();
  return { replica, exits, metrics };
}

async function leads(replica: Replica): Promise<void> {
  while (!replica.isLeading()) await replica.leadershipChanged();
}

const holderOf = (server: FakeApiServer) => (server.objects(leases.plural)[0] as { spec?: { holderIdentity?: string } } | undefined)?.spec?.holderIdentity ?? '';

describe('a replica', () => {
  test('is ready once its caches are filled, leads, and names itself in the lease', async () => {
    const server = await anApiServer();
    const { replica, metrics, exits } = aReplica(server, 'pod-1');
    expect(replica.notReady()).toEqual([expect.stringContaining('caches')]);
    expect([replica.leadership(), replica.explainer()]).toEqual([undefined, undefined]);
    await leads(replica);
    expect([replica.notReady(), replica.leadership()?.term, replica.knownTerm()]).toEqual([[], 1, 1]);
    expect(replica.explainer()?.explain({ namespace: 'team-a', name: 'm' })).toBeUndefined();
    expect(holderOf(server)).toMatch(/^pod-1_/);
    expect(await metrics.text()).toContain('coditect_leader_info 1');
    expect(exits).toEqual([]);
  });

  test('that stops leads no more from that moment on, gives the lease back, and the next one follows in a higher term', async () => {
    const server = await anApiServer();
    const first = aReplica(server, 'pod-1').replica;
    await leads(first);
    const second = aReplica(server, 'pod-2').replica;
    const stopping = first.stop();
    expect([first.isLeading(), first.leadership()]).toEqual([false, undefined]);
    await stopping;
    await leads(second);
    expect(second.leadership()?.term).toBe(2);
    expect(holderOf(server)).toMatch(/^pod-2_/);
  });

  test('begins above every term that a task names, even when the lease was lost', async () => {
    const server = await anApiServer();
    server.put({ ...aTask().status({ attempt: 1, attempts: [{ attempt: 1, epoch: { term: 41, counter: 2 }, reason: 'AgentLost', message: '', endTime: '2026-01-01T00:00:00Z' }] }).build() });
    const { replica } = aReplica(server, 'pod-1');
    await leads(replica);
    expect(replica.leadership()?.term).toBe(42);
  });

  test('that learns of a higher term makes sure that the next one is above it, and ends', async () => {
    const server = await anApiServer();
    const { replica, exits } = aReplica(server, 'pod-1');
    await leads(replica);
    replica.leadership()?.deposedBy(9);
    while (exits.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(exits[0]).toContain('term 9');
    expect(server.objects(leases.plural)[0]).toMatchObject({ spec: { leaseTransitions: 9 } });
  });

  test('shows on pools how the mirror is, from its Lease alone, and takes the condition back when the Lease is gone', async () => {
    const server = await anApiServer();
    const since = formatTimeMs(Date.now() - 60_000);
    const says = (parts: PartReports) => server.put({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace: 'coditect-system', name: names.mirror, annotations: { [annotations.parts]: writeParts(parts) } }, spec: { holderIdentity: 'mirror-0', renewTime: formatMicroTime(Date.now()) } });
    const mirrored = () => (server.objects('agentpools')[0] as { status?: AgentPoolStatus } | undefined)?.status?.conditions?.find(({ type }) => type === 'Mirrored')?.reason;
    server.put({ ...aPool('crew').of('Tester').build() });
    says({ log: { state: 'well', since } });
    await leads(aReplica(server, 'pod-1').replica);
    await expect.poll(mirrored, { timeout: 5000 }).toBe('Mirrored');
    says({ log: { state: 'down', since, fault: 'slow' } });
    await expect.poll(mirrored, { timeout: 5000 }).toBe('StoreDown');
    server.remove(leases.plural, { namespace: 'coditect-system', name: names.mirror });
    await expect.poll(mirrored, { timeout: 5000 }).toBeUndefined();
  });

  test('that is stopped before its caches are filled never leads', async () => {
    const server = await anApiServer();
    server.faults.delay({ verb: 'list', plural: 'missions' }, 100);
    const { replica } = aReplica(server, 'pod-1');
    await replica.stop();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([replica.isLeading(), server.objects(leases.plural)]).toEqual([false, []]);
  });
});

test('metrics count turns, requests and what happens to caches', async () => {
  const metrics = createMetrics('operator', '1.0.0');
  const own = createOperatorMetrics(metrics);
  own.reconciled('Mission', 'done', 20);
  own.reconciled('Mission', 'error', 0);
  own.request({ verb: 'patch', plural: 'tasks', status: 200, ms: 3 });
  own.reflector('tasks', { kind: 'watching' });
  const text = await metrics.text();
  for (const line of ['reconciles_total{kind="Mission",result="done"} 1', 'reconciles_total{kind="Mission",result="error"} 1', 'reconcile_seconds_count{kind="Mission"} 1', 'api_requests_total{verb="patch",plural="tasks",status="200"} 1', 'reflector_events_total{plural="tasks",event="watching"} 1', 'leader_info 0']) {
    expect(text).toContain(line);
  }
});
