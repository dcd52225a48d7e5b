// Process of an agent. Only here adapters are made and the environment is read.
import { dirname, join } from 'node:path';
import manifest from '#package.json' with { type: 'json' };
import { AgentConfig } from '#api/config/agent.ts';
import { systemClock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import { newUuid, systemRandom } from '#platform/ids.ts';
import { startProcess } from '#platform/process.ts';
import { blobsInDns, blobsInFile, operatorsInDns, operatorsInFile } from '#platform/rpc/addresses.ts';
import { createAgentChannel } from '#platform/rpc/agent-channel.ts';
import { createAgentBlobs } from '#platform/rpc/blob-client.ts';
import { createHealthServer } from '#platform/telemetry/health.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { createMetrics } from '#platform/telemetry/metrics.ts';
import { createProcessSandbox } from '#sandbox/process/index.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import { Agent } from './agent.ts';
import { createRunTask } from './execution/run-task.ts';
import { countAttempts, showSlots } from './metrics.ts';
import { builtInRoles } from './roles/registry.ts';
import { openWorkspaces } from './workspace/workspaces.ts';

const environment = { clock: systemClock, random: systemRandom };

await startProcess({ name: 'agent', settings: AgentConfig, argv: process.argv.slice(2), env: process.env, run });

async function run(config: AgentConfig, log: Log): Promise<void> {
  const { channel, blobs } = connect(config, log);
  const { workspaces, sandbox } = await openWorkFolder(config, log);
  const metrics = createMetrics('agent', manifest.version);
  const { boundary, reasons } = await sandbox.probe();
  log.info('agent starts', { pod: config.podName, pool: config.pool, slots: config.slots, roles: config.agentTypes.join(','), boundary, boundaryReasons: reasons.join('; ') });
  const runTask = createRunTask({ ...environment, roles: builtInRoles, workspaces, sandbox, blobs, log });
  const agent = new Agent({
    ...environment,
    identity: { processUuid: newUuid(), slots: config.slots, agentTypes: config.agentTypes, capabilities: config.capabilities, boundary },
    dialer: channel,
    runTask: countAttempts(runTask, metrics, systemClock),
    killProcesses: () => sandbox.shutdown(),
    log,
  });
  showSlots(metrics, config.slots, () => agent.held);
  obeySignals(agent, config, log);
  const health = await createHealthServer({ port: config.healthPort, bindAddress: config.bindAddress, notReady: () => agent.notReady(), metrics, log });
  const end = await agent.ended;
  channel.close();
  blobs.close();
  await Promise.all([health.close(), sandbox.shutdown()]);
  log.info('agent has left', { end });
  process.exit(end === 'drained' ? 0 : 1);
}

function connect({ endpointsFile, operatorNamespace: namespace, ...config }: AgentConfig, log: Log) {
  const addresses = endpointsFile === undefined ? operatorsInDns({ namespace }) : operatorsInFile(endpointsFile);
  const channel = createAgentChannel({ ...environment, config: { ...config, operatorNamespace: namespace }, addresses, log });
  const blobs = createAgentBlobs({ address: endpointsFile === undefined ? blobsInDns(namespace) : blobsInFile(endpointsFile), namespace, credential: () => channel.credential() });
  return { channel, blobs };
}

async function openWorkFolder({ workFolder, workFolderMaxMiB }: AgentConfig, log: Log) {
  // Tools that belong to this process, node among them, are found before those of the system.
  const path = [dirname(process.execPath), process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'].join(':');
  const sandboxFolder = join(workFolder, 'sandbox');
  await removeTree(sandboxFolder);
  const workspaces = await openWorkspaces({ workFolder, mirrorBytes: workFolderMaxMiB * 1024 * 1024, path, log });
  return { workspaces, sandbox: createProcessSandbox({ workFolder: sandboxFolder, clock: systemClock, log, path }) };
}

function obeySignals(agent: Agent, { drainSeconds }: AgentConfig, log: Log): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => agent.leave(signal, drainSeconds * 1000));
  process.once('SIGUSR2', () => agent.emergencyStop('SIGUSR2'));
  process.once('uncaughtException', (error) => {
    log.error('an error that nobody expected', { error: messageOf(error) });
    agent.emergencyStop('an error that nobody expected');
  });
}
