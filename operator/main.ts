// Process of the operator: configuration, adapters, wiring, run, drain. Only here adapters are made and the environment is read.
import manifest from '#package.json' with { type: 'json' };
import { InstallCheckConfig } from '#api/config/install-check.ts';
import { OperatorConfig } from '#api/config/operator.ts';
import { names } from '#api/labels.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { createAccessReviews } from '#platform/kube/access-review.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { loadClusterConfig } from '#platform/kube/config.ts';
import { electorProfiles } from '#platform/kube/lease.ts';
import { createEventRecorder } from '#platform/kube/recorder.ts';
import { startProcess } from '#platform/process.ts';
import { createHealthServer } from '#platform/telemetry/health.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { createMetrics } from '#platform/telemetry/metrics.ts';
import { checkInstallation } from './install-check/check.ts';
import { startListeners } from './listeners.ts';
import { createOperatorMetrics } from './metrics.ts';
import { createReplica } from './replica.ts';

const [duty, ...rest] = process.argv.slice(2);
// `helm test` starts the same image with this word: an installation needs no further one to prove itself.
if (duty === 'install-check') await startProcess({ name: names.installCheck, settings: InstallCheckConfig, argv: rest, env: process.env, run: runCheck });
else await startProcess({ name: names.operator, settings: OperatorConfig, argv: process.argv.slice(2), env: process.env, run });

async function run(config: OperatorConfig, log: Log): Promise<void> {
  const environment = { clock: systemClock, random: systemRandom, log };
  const cluster = await loadClusterConfig({ env: process.env });
  const metrics = createMetrics('operator', manifest.version);
  const own = createOperatorMetrics(metrics);
  const userAgent = `${names.operator}/${manifest.version}`;
  const unguarded = createKubeClient(cluster, { userAgent, sockets: 8, onRequest: (record) => own.request(record) });
  // A renewal that hangs must leave time for another before the deadline.
  const leaseClient = createKubeClient(cluster, { userAgent: `${userAgent} lease`, sockets: 1, deadlineMs: electorProfiles[config.leaderElection].renewDeadlineMs / 2 });
  const recorder = createEventRecorder({ client: unguarded, controller: 'coditect.ai/operator', instance: config.podName, ...environment });
  const exit = (reason: string): void => {
    log.error('the process ends', { reason });
    process.exit(1);
  };

  const servers = startListeners({
    config,
    client: unguarded,
    reviews: createAccessReviews(unguarded),
    replica: (parts) =>
      createReplica({ config, client: (guard) => createKubeClient(cluster, { userAgent, guard, onRequest: (record) => own.request(record) }), leaseClient, recorder, metrics: own, exit, ...environment, ...parts }),
    ...environment,
  });
  const health = await createHealthServer({ port: config.healthPort, bindAddress: config.bindAddress, notReady: () => servers.notReady(), metrics, log });

  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    log.info('stopping');
    void Promise.allSettled([servers.stop(), recorder.stop()])
      .then(() => Promise.allSettled([health.close(), unguarded.close(), leaseClient.close()]))
      .then(() => process.exit(0));
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  await servers.started;
}

async function runCheck({ namespace, agentImage, pullSecrets, timeoutSeconds }: InstallCheckConfig, log: Log): Promise<void> {
  const client = createKubeClient(await loadClusterConfig({ env: process.env }), { userAgent: `${names.installCheck}/${manifest.version}`, fieldManager: names.installCheck });
  // The clock keeps no process alive, and an idle connection does not either.
  const alive = setInterval(() => {}, 60_000);
  const { kind, message } = await checkInstallation({ client, clock: systemClock, namespace, agentImage, pullSecrets, timeoutSeconds, say: (line) => log.info(line) });
  clearInterval(alive);
  await client.close();
  if (kind === 'failed') throw new Error(message);
  log.info(message);
}
