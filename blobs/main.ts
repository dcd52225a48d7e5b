// Process of the blob service. Only here adapters are made and the environment is read.
import manifest from '#package.json' with { type: 'json' };
import { BlobsConfig } from '#api/config/blobs.ts';
import { names } from '#api/labels.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { createAccessReviews } from '#platform/kube/access-review.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { loadClusterConfig } from '#platform/kube/config.ts';
import { publishedCa } from '#platform/kube/published-ca.ts';
import { startProcess } from '#platform/process.ts';
import { openLocalStore } from '#platform/objectstore/local.ts';
import { operatorsInDns, operatorsInFile, readEndpoints } from '#platform/rpc/addresses.ts';
import { startEnrolment } from '#platform/rpc/enrolment-client.ts';
import { createHealthServer } from '#platform/telemetry/health.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { createMetrics } from '#platform/telemetry/metrics.ts';
import { type BlobService, startBlobService } from './service.ts';

await startProcess({ name: names.blobs, settings: BlobsConfig, argv: process.argv.slice(2), env: process.env, run });

async function run(config: BlobsConfig, log: Log): Promise<void> {
  const { namespace, tokenFile, endpointsFile, bindAddress } = config;
  const environment = { clock: systemClock, log };
  const client = createKubeClient(await loadClusterConfig({ env: process.env }), { userAgent: `${names.blobs}/${manifest.version}`, sockets: 16 });
  const addresses = endpointsFile === undefined ? operatorsInDns({ namespace }) : operatorsInFile(endpointsFile);
  const enrolment = startEnrolment({ ...environment, operatorNamespace: namespace, tokenFile, addresses, random: systemRandom, trust: async () => (endpointsFile === undefined ? undefined : (await readEndpoints(endpointsFile)).ca) ?? publishedCa(client, namespace) });
  const metrics = createMetrics('blobs', manifest.version);
  let service: BlobService | undefined;
  let isStopping = false;
  const notReady = () => (service === undefined ? ['no certificate yet: the operator has not answered'] : []);
  const health = await createHealthServer({ port: config.healthPort, bindAddress, notReady, metrics, log });

  const stop = (): void => {
    log.info('stopping');
    isStopping = true;
    enrolment.close();
    void Promise.all([service?.close(), health.close(), client.close()]).then(() => process.exit());
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  const store = await openLocalStore(config.folder);
  service = await startBlobService({ ...environment, config, store, enrolment, client, authenticator: createAccessReviews(client), metrics }).catch((error: unknown) => {
    // Told to stop while it waited for its certificate: that is no failure.
    if (isStopping) return undefined;
    throw error;
  });
}
