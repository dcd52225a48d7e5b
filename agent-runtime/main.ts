// Process of an agent. Only here adapters are made and the environment is read.
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import manifest from '#package.json' with { type: 'json' };
import { AgentConfig } from '#api/config/agent.ts';
import { createLlmConversations } from '#platform/anthropic/client.ts';
import { systemClock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import { newUuid, systemRandom } from '#platform/ids.ts';
import { startProcess } from '#platform/process.ts';
import { blobsInDns, blobsInFile, llmGatewayInDns, llmGatewayInFile, mirrorInDns, mirrorInFile, operatorsInDns, operatorsInFile } from '#platform/rpc/addresses.ts';
import { createAgentChannel } from '#platform/rpc/agent-channel.ts';
import { createAgentBlobs } from '#platform/rpc/blob-client.ts';
import { createEventsClient } from '#platform/rpc/events-client.ts';
import { createHealthServer } from '#platform/telemetry/health.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { createMetrics } from '#platform/telemetry/metrics.ts';
import { openJail } from '#sandbox/jail/open.ts';
import { createProcessSandbox } from '#sandbox/process/index.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import { createWasmSandbox } from '#sandbox/wasm/index.ts';
import { Agent } from './agent.ts';
import { gatherFacts } from './context/gather-facts.ts';
import { createRunTask } from './execution/run-task.ts';
import { createGateway } from './llm/gateway.ts';
import { createModels } from './llm/patience.ts';
import { createMcp } from './mcp/tools.ts';
import { countAttempts, showSlots } from './metrics.ts';
import { openCache } from './roles/analyzer/cache.ts';
import { builtInRoles } from './roles/registry.ts';
import { countDropped } from './telling/metrics.ts';
import { createTelling } from './telling/telling.ts';
import { thoughtsToLog } from './thinking/events.ts';
import { holdsCredentials } from './workspace/credentials.ts';
import { openWorkspaces } from './workspace/workspaces.ts';

const environment = { clock: systemClock, random: systemRandom };

/** The program of the jail lies beside the bundle, or among what was built in the checkout. */
const ownJail = import.meta.filename.endsWith('.js') ? join(import.meta.dirname, 'jail') : join(dirname(import.meta.dirname), 'dist', 'jail');

const MiB = 1024 * 1024;
const cacheMiB = 256;
const runShare = 0.8;
/** How long an agent that ends goes on telling the mirror, in milliseconds. */
const lastWordsMs = 2000;

await startProcess({ name: 'agent', settings: AgentConfig, argv: process.argv.slice(2), env: process.env, run });

async function run(config: AgentConfig, log: Log): Promise<void> {
  const { channel, blobs, gateway, mirror } = connect(config, log);
  const { workspaces, sandboxes, cache } = await openWorkFolder(config, log);
  const shutdownSandboxes = async () => void (await Promise.all([sandboxes.process.shutdown(), sandboxes.wasm.shutdown()]));
  const metrics = createMetrics('agent', manifest.version);
  const telling = createTelling({ ...environment, mirror, onDropped: countDropped(metrics), log });
  const { boundary, reasons } = await sandboxes.process.probe();
  log.info('agent starts', { pod: config.podName, pool: config.pool, slots: config.slots, roles: config.agentTypes.join(','), boundary, boundaryReasons: reasons.join('; ') });
  const llm = createModels({ ...environment, ask: gateway.ask, defaultModel: config.coderModel });
  const runTask = createRunTask({ ...environment, roles: builtInRoles, workspaces, sandboxes, gatherFacts, blobs, cache, llm, ...(await toServers(config)), publishThought: thoughtsToLog(log), tellMirror: telling.tell, mirror, log });
  const agent = new Agent({
    ...environment,
    identity: { processUuid: newUuid(), slots: config.slots, agentTypes: config.agentTypes, capabilities: config.capabilities, boundary },
    dialer: channel,
    runTask: countAttempts(runTask, metrics, systemClock),
    killProcesses: shutdownSandboxes,
    log,
  });
  showSlots(metrics, config.slots, () => agent.held);
  obeySignals(agent, config, log);
  const health = await createHealthServer({ port: config.healthPort, bindAddress: config.bindAddress, notReady: () => agent.notReady(), metrics, log });
  const end = await agent.ended;
  await telling.close(lastWordsMs);
  mirror.close();
  channel.close();
  blobs.close();
  await Promise.all([health.close(), shutdownSandboxes(), gateway.close()]);
  log.info('agent has left', { end });
  process.exit(end === 'drained' ? 0 : 1);
}

function connect({ endpointsFile, operatorNamespace: namespace, ...config }: AgentConfig, log: Log) {
  const addresses = endpointsFile === undefined ? operatorsInDns({ namespace }) : operatorsInFile(endpointsFile);
  const channel = createAgentChannel({ ...environment, config: { ...config, operatorNamespace: namespace }, addresses, log });
  const blobs = createAgentBlobs({ address: endpointsFile === undefined ? blobsInDns(namespace) : blobsInFile(endpointsFile), namespace, credential: () => channel.credential() });
  const gateway = createGateway({ address: endpointsFile === undefined ? llmGatewayInDns(namespace) : llmGatewayInFile(endpointsFile), namespace, credential: () => channel.credential(), dial: createLlmConversations });
  const mirror = createEventsClient({ address: endpointsFile === undefined ? mirrorInDns(namespace) : mirrorInFile(endpointsFile), namespace, credential: () => channel.credential() });
  return { channel, blobs, gateway, mirror };
}

/** The way to the servers that the pool lists, if it lists any. */
async function toServers({ mcpServers, mcpTokensFolder, gitSecretsFolder }: AgentConfig) {
  if (mcpServers.length === 0) return {};
  // Most pools have none, and their agents start sooner without the vendor's client.
  const { mcpConnections } = await import('./mcp/connection.ts');
  const open = mcpConnections({ tokensFolder: mcpTokensFolder, version: manifest.version });
  return { mcp: createMcp({ servers: mcpServers, open, holdsCredentials: await holdsCredentials(gitSecretsFolder) }) };
}

async function openWorkFolder({ workFolder, workFolderMaxMiB, gitSecretsFolder, agentTypes, jailPath }: AgentConfig, log: Log) {
  // Tools that belong to this process, node among them, are found before those of the system.
  const path = [dirname(process.execPath), process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'].join(':');
  const folders = { process: join(workFolder, 'sandbox', 'process'), wasm: join(workFolder, 'sandbox', 'wasm'), cache: join(workFolder, 'cache') };
  await removeTree(join(workFolder, 'sandbox'));
  const workspaces = await openWorkspaces({ workFolder, mirrorBytes: workFolderMaxMiB * MiB, path, gitSecretsFolder, log });
  const cache = await openCache({ folder: folders.cache, maxBytes: cacheMiB * MiB, clock: systemClock });
  const jail = await openJail({ program: jailPath ?? ownJail, clock: systemClock });
  const sandboxes = {
    process: createProcessSandbox({ workFolder: folders.process, jail, clock: systemClock, log, path, ...memoryOfRuns() }),
    // Only the Coder runs code: agents without it keep no child waiting.
    wasm: createWasmSandbox({ ...environment, workFolder: folders.wasm, jail, warm: agentTypes.includes('Coder') ? 1 : 0, log }),
  };
  return { workspaces, sandboxes, cache };
}

/** Most memory of one run: less than the container has, so that the run is killed and not the agent. */
function memoryOfRuns() {
  const containerBytes = process.constrainedMemory();
  return containerBytes > 0 && containerBytes < totalmem() ? { memoryBytes: Math.floor(containerBytes * runShare) } : {};
}

function obeySignals(agent: Agent, { drainSeconds }: AgentConfig, log: Log): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => agent.leave(signal, drainSeconds * 1000));
  process.once('SIGUSR2', () => agent.emergencyStop('SIGUSR2'));
  process.once('uncaughtException', (error) => {
    log.error('an error that nobody expected', { error: messageOf(error) });
    agent.emergencyStop('an error that nobody expected');
  });
}
