// Process of the LLM gateway. Only here adapters are made and the environment is read.
import manifest from '#package.json' with { type: 'json' };
import { LlmGatewayConfig } from '#api/config/llm-gateway.ts';
import { names } from '#api/labels.ts';
import { createUpstream } from '#platform/anthropic/upstream.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { loadClusterConfig } from '#platform/kube/config.ts';
import { publishedCa } from '#platform/kube/published-ca.ts';
import type { KubeClient } from '#platform/kube/types.ts';
import { startProcess } from '#platform/process.ts';
import { operatorsInDns, operatorsInFile, readEndpoints } from '#platform/rpc/addresses.ts';
import { type Enrolment, startEnrolment } from '#platform/rpc/enrolment-client.ts';
import { createHealthServer } from '#platform/telemetry/health.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { createMetrics } from '#platform/telemetry/metrics.ts';
import { type LlmService, startLlmService } from './service.ts';
import { watchMissions } from './wiring.ts';

/** Longest silence inside an answer, in milliseconds: the provider sends pings more often. */
const idleMs = 90_000;

await startProcess({ name: names.llmGateway, settings: LlmGatewayConfig, argv: process.argv.slice(2), env: process.env, run });

async function run(config: LlmGatewayConfig, log: Log): Promise<void> {
  const environment = { clock: systemClock, random: systemRandom, log };
  const client = createKubeClient(await loadClusterConfig({ env: process.env }), { userAgent: `${names.llmGateway}/${manifest.version}`, sockets: 4 });
  const enrolment = enrol(config, client, environment);
  const watches = watchMissions({ ...environment, client, namespace: config.watchNamespace });
  const upstream = createUpstream({ baseUrl: config.upstreamUrl, keyFile: config.keyFile, callMs: config.callSeconds * 1000, idleMs });
  const metrics = createMetrics('llm-gateway', manifest.version);
  const running: { service?: LlmService; isStopping?: true } = {};
  const health = await createHealthServer({
    port: config.healthPort,
    bindAddress: config.bindAddress,
    notReady: () => (running.service === undefined ? ['not started: there is no certificate yet, or Missions and Tasks are not known'] : []),
    notAlive: () => [running.service?.fault()].filter((fault) => fault !== undefined),
    metrics,
    log,
  });
  const stop = async (): Promise<void> => {
    log.info('stopping');
    running.isStopping = true;
    enrolment.close();
    await running.service?.close();
    await Promise.all([watches.close(), upstream.close(), health.close()]);
    await client.close();
    process.exit();
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void stop());
  try {
    running.service = await startLlmService({ ...environment, config, enrolment, watches, upstream, metrics });
  } catch (error) {
    // Told to stop while it waited for its certificate: that is no failure.
    if (running.isStopping === undefined) throw error;
  }
}

function enrol({ namespace, tokenFile, endpointsFile }: LlmGatewayConfig, client: KubeClient, environment: { readonly clock: typeof systemClock; readonly random: typeof systemRandom; readonly log: Log }): Enrolment {
  return startEnrolment({
    ...environment,
    operatorNamespace: namespace,
    tokenFile,
    addresses: endpointsFile === undefined ? operatorsInDns({ namespace }) : operatorsInFile(endpointsFile),
    trust: async () => (endpointsFile === undefined ? undefined : (await readEndpoints(endpointsFile)).ca) ?? publishedCa(client, namespace),
  });
}
