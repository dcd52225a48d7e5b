// Process of the console. Only here adapters are made and the environment is read.
import { join } from 'node:path';
import manifest from '#package.json' with { type: 'json' };
import { ConsoleConfig } from '#api/config/console.ts';
import { names } from '#api/labels.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { createAccessReviews } from '#platform/kube/access-review.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { loadClusterConfig } from '#platform/kube/config.ts';
import { startProcess } from '#platform/process.ts';
import { rememberReviews } from '#platform/rpc/auth.ts';
import { startEnrolment } from '#platform/rpc/enrolment-client.ts';
import { createHealthServer } from '#platform/telemetry/health.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { createMetrics } from '#platform/telemetry/metrics.ts';
import { createOthers } from './ask/others.ts';
import { readAssets } from './assets.ts';
import { startConsole } from './service.ts';
import { openLines, operatorsOf, startWatch, trustIn } from './wiring.ts';

const environment = { clock: systemClock, random: systemRandom };

await startProcess({ name: names.console, settings: ConsoleConfig, argv: process.argv.slice(2), env: process.env, run });

async function run(config: ConsoleConfig, log: Log): Promise<void> {
  const assets = await readAssets(config.pageFolder ?? join(import.meta.dirname, 'console-page'));
  const client = createKubeClient(await loadClusterConfig({ env: process.env }), { userAgent: `${names.console}/${manifest.version}`, sockets: 4 });
  const enrolment = startEnrolment({ ...environment, log, operatorNamespace: config.namespace, tokenFile: config.tokenFile, addresses: operatorsOf(config), trust: trustIn(config, client) });
  const watch = startWatch({ ...environment, client, namespace: config.watchNamespace, log });
  const lines = openLines(config, () => enrolment.current()?.caBundle);
  const metrics = createMetrics('console', manifest.version);
  const known = { isListening: false };
  const notReady = () => [...(watch.world.isKnown() ? [] : ['not all kinds are known yet']), ...(known.isListening ? [] : ['no certificate yet: the operator has not answered'])];
  const health = await createHealthServer({ port: config.healthPort, bindAddress: config.bindAddress, notReady, metrics, log });
  const authenticator = rememberReviews(createAccessReviews(client), systemClock);
  const started = startConsole({ config, watch, others: createOthers(lines), assets, enrolment, authenticator, metrics, clock: systemClock, log });
  const stop = async (): Promise<void> => {
    log.info('stopping');
    enrolment.close();
    await started.then((server) => server.close()).catch(() => {});
    lines.close();
    await watch.stop();
    await Promise.all([health.close(), client.close()]);
    process.exit();
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void stop());
  await started;
  known.isListening = true;
}
