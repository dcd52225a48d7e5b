// Process of the mirror. Only here adapters are made and the environment is read.
import manifest from '#package.json' with { type: 'json' };
import { MirrorConfig } from '#api/config/mirror.ts';
import { names } from '#api/labels.ts';
import { systemClock } from '#platform/clock.ts';
import { newUuid, systemRandom } from '#platform/ids.ts';
import { createAccessReviews } from '#platform/kube/access-review.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { loadClusterConfig } from '#platform/kube/config.ts';
import { electorProfiles } from '#platform/kube/lease.ts';
import { publishedCa } from '#platform/kube/published-ca.ts';
import type { KubeClient } from '#platform/kube/types.ts';
import { startProcess } from '#platform/process.ts';
import { operatorsInDns, operatorsInFile, readEndpoints } from '#platform/rpc/addresses.ts';
import { rememberReviews } from '#platform/rpc/auth.ts';
import { type Enrolment, startEnrolment } from '#platform/rpc/enrolment-client.ts';
import { createHealthServer } from '#platform/telemetry/health.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { createMetrics } from '#platform/telemetry/metrics.ts';
import { holdLease } from './lease/wiring.ts';
import { showLease } from './metrics.ts';
import { type Mirror, startMirror } from './service.ts';
import { openLog, startParts } from './wiring.ts';

const environment = { clock: systemClock, random: systemRandom };

await startProcess({ name: names.mirror, settings: MirrorConfig, argv: process.argv.slice(2), env: process.env, run });

async function run(config: MirrorConfig, log: Log): Promise<void> {
  const userAgent = `${names.mirror}/${manifest.version}`;
  const cluster = await loadClusterConfig({ env: process.env });
  const client = createKubeClient(cluster, { userAgent, sockets: 4 });
  const profile = electorProfiles[config.leaderElection];
  const leaseClient = createKubeClient(cluster, { userAgent: `${userAgent} lease`, sockets: 1, deadlineMs: profile.renewDeadlineMs / 2 });
  const metrics = createMetrics('mirror', manifest.version);
  const running: { mirror?: Mirror } = {};
  const lease = holdLease({ ...environment, client: leaseClient, namespace: config.namespace, identity: `${config.podName}_${newUuid()}`, profile, parts: () => running.mirror?.parts(), log, onLost: () => process.exit(1) });
  showLease(metrics, () => lease.isHeld());
  const enrolment = enrol(config, client, log);
  const health = await createHealthServer({ port: config.healthPort, bindAddress: config.bindAddress, notReady: () => running.mirror?.notReady() ?? [lease.waiting() ?? 'not started yet'], metrics, log });
  // Nothing is opened before: not the folder, not the log, not a database.
  const started = lease.held.then(async (isHeld) => {
    if (!isHeld) return undefined;
    const publisher = await openLog({ ...environment, config, log });
    return startMirror({ ...environment, config, client, enrolment, publisher, authenticator: rememberReviews(createAccessReviews(client), systemClock), startParts, metrics, log });
  });
  const stop = async (): Promise<void> => {
    log.info('stopping');
    enrolment.close();
    // The lease is given back last: the next mirror must find this one done.
    if (!lease.isHeld()) await lease.stop();
    await started.then((mirror) => mirror?.close()).catch(() => {});
    await lease.stop();
    await Promise.all([health.close(), client.close(), leaseClient.close()]);
    process.exit();
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void stop());
  const mirror = await started.catch(async (error: unknown) => {
    // The next process need not wait for the lease of one that could not begin.
    await lease.stop();
    throw error;
  });
  if (mirror !== undefined) running.mirror = mirror;
}

function enrol({ namespace, tokenFile, endpointsFile }: MirrorConfig, client: KubeClient, log: Log): Enrolment {
  return startEnrolment({
    ...environment,
    log,
    operatorNamespace: namespace,
    tokenFile,
    addresses: endpointsFile === undefined ? operatorsInDns({ namespace }) : operatorsInFile(endpointsFile),
    trust: async () => (endpointsFile === undefined ? undefined : (await readEndpoints(endpointsFile)).ca) ?? publishedCa(client, namespace),
  });
}
