// Process of the mirror. Only here adapters are made and the environment is read.
import manifest from '#package.json' with { type: 'json' };
import { MirrorConfig } from '#api/config/mirror.ts';
import { names } from '#api/labels.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { createAccessReviews } from '#platform/kube/access-review.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { loadClusterConfig } from '#platform/kube/config.ts';
import { publishedCa } from '#platform/kube/published-ca.ts';
import type { KubeClient } from '#platform/kube/types.ts';
import { startProcess } from '#platform/process.ts';
import { operatorsInDns, operatorsInFile, readEndpoints } from '#platform/rpc/addresses.ts';
import { rememberReviews } from '#platform/rpc/auth.ts';
import { type Enrolment, startEnrolment } from '#platform/rpc/enrolment-client.ts';
import { createHealthServer } from '#platform/telemetry/health.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { createMetrics } from '#platform/telemetry/metrics.ts';
import { type Mirror, startMirror } from './service.ts';
import { openLog, startParts } from './wiring.ts';

const environment = { clock: systemClock, random: systemRandom };

await startProcess({ name: names.mirror, settings: MirrorConfig, argv: process.argv.slice(2), env: process.env, run });

async function run(config: MirrorConfig, log: Log): Promise<void> {
  const client = createKubeClient(await loadClusterConfig({ env: process.env }), { userAgent: `${names.mirror}/${manifest.version}`, sockets: 4 });
  const enrolment = enrol(config, client, log);
  const metrics = createMetrics('mirror', manifest.version);
  const running: { mirror?: Mirror } = {};
  const health = await createHealthServer({ port: config.healthPort, bindAddress: config.bindAddress, notReady: () => running.mirror?.notReady() ?? ['not started yet'], metrics, log });
  const started = openLog({ ...environment, config, log }).then((publisher) => startMirror({ ...environment, config, client, enrolment, publisher, authenticator: rememberReviews(createAccessReviews(client), systemClock), startParts, metrics, log }));
  const stop = async (): Promise<void> => {
    log.info('stopping');
    enrolment.close();
    await started.then((mirror) => mirror.close()).catch(() => {});
    await Promise.all([health.close(), client.close()]);
    process.exit();
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void stop());
  running.mirror = await started;
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
