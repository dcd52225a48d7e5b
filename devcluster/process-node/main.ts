// The process node of a dev cluster: registers a Node and runs its pods as local processes. Argument: its configuration file.
import { setTimeout as sleep } from 'node:timers/promises';
import { createApiClient } from '../api-client.ts';
import { readJson } from '../files.ts';
import { killLeftovers, openLedger } from '../ledger.ts';
import { watchCollection } from '../watch.ts';
import type { NodeConfig } from './config.ts';
import { publishEndpoints } from './endpoints.ts';
import { removeAllPods } from './folders.ts';
import { serveLogs } from './log-server.ts';
import { createProcessNode } from './node.ts';
import { keepAlive, registerNode } from './node-object.ts';
import type { Pod } from './pod.ts';

const stopGraceMs = 5000;
const registerRetryMs = 500;

const usage = 'usage: node devcluster/process-node/main.ts <configuration file>\nThe file is written by `node devcluster/main.ts start`.\n';
const [configFile = ''] = process.argv.slice(2);
if (configFile === '--help') {
  process.stdout.write(usage);
  process.exit(0);
}
const config = readJson<NodeConfig>(configFile);
if (config === undefined) {
  process.stderr.write(usage);
  process.exit(2);
}
await runNode(config);

async function runNode(settings: NodeConfig): Promise<void> {
  const now = () => Date.now();
  const say = (line: string) => process.stdout.write(`${new Date().toISOString()} ${line}\n`);
  // Containers of an earlier run are not taken over: their pipes and exit codes are lost.
  killLeftovers(settings.ledgerFile);
  removeAllPods(settings.podsFolder);
  const client = createApiClient(settings.api);
  const node = createProcessNode({ config: settings, client, ledger: openLedger(settings.ledgerFile), now, say, changed: () => endpoints.changed() });
  const endpoints = publishEndpoints({ client, file: settings.endpointsFile, systemNamespace: settings.systemNamespace, pods: () => node.ports() });
  const logs = await serveLogs(settings, (namespace, pod, container) => node.findLog(namespace, pod, container));
  await register(settings, () => registerNode(client, settings, now), say);
  const beat = keepAlive(client, settings, now);
  const watching = new AbortController();
  const stop = async () => {
    watching.abort();
    beat.close();
    await node.stop(stopGraceMs);
    endpoints.close();
    logs.closeAllConnections();
    logs.close();
    client.close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  await watchCollection<Pod>(client, `/api/v1/pods?fieldSelector=spec.nodeName=${settings.nodeName}`, node, watching.signal);
}

async function register({ nodeName }: NodeConfig, attempt: () => Promise<void>, say: (line: string) => void): Promise<void> {
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      say(`register node ${nodeName}: ${error instanceof Error ? error.message : String(error)}; trying again`);
      await sleep(registerRetryMs);
    }
  }
}
