// One node of NATS or three as processes of this machine: started, paused, killed and started again one by one. They end with whoever started them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority } from '../../pki.ts';
import { freePorts } from '../../ports.ts';
import { isAlive, launch, type ProcessIdentity, signalProcess, terminate } from '../../processes.ts';
import { natsConfig, type NatsAccount, type NodeConfig, type NodePorts } from './config.ts';
import { guardOf } from './guard.ts';

export type { NatsAccount, NatsUser } from './config.ts';

export interface NatsOptions {
  /** The program, as ensureNats found it. */
  readonly file: string;
  /** For configuration, streams, certificates and logs; it is made. */
  readonly folder: string;
  readonly nodes?: 1 | 3;
  /** With TLS nobody gets in without it. `client`: nor without a certificate of the CA. */
  readonly tls?: 'server' | 'client';
  /** Empty: anybody may do anything. */
  readonly accounts?: readonly NatsAccount[];
  /** Most bytes of all streams of a node; default 4 GiB, which nobody has to have. */
  readonly maxFileBytes?: number;
  /** Messages are on the disk before they are acknowledged. */
  readonly syncAlways?: boolean;
}

export interface NatsServers {
  /** `127.0.0.1:<port>` of each node. */
  readonly servers: readonly string[];
  /** Where each node tells about itself over HTTP. */
  readonly monitors: readonly string[];
  /** Files for clients; absent without TLS. */
  readonly tls?: { readonly caFile: string; readonly certificateFile: string; readonly keyFile: string };
  /** Starts a node that is not running, and waits until all that run are ready. */
  start(node: number): Promise<void>;
  /** SIGKILL, and waits for the end. */
  kill(node: number): Promise<void>;
  pause(node: number): void;
  resume(node: number): void;
  stop(): Promise<void>;
}

interface Node {
  readonly config: NodeConfig;
  process: ProcessIdentity;
  guard: { release(): void };
}

interface Certificates {
  readonly files: NonNullable<NodeConfig['tls']>;
  readonly client: NonNullable<NatsServers['tls']>;
}

const readyWithinMs = 20_000;
const hosts = ['127.0.0.1', 'localhost'];

/** Starts the nodes and waits until they are ready. */
export async function startNats(options: NatsOptions): Promise<NatsServers> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const certificates = options.tls === undefined ? undefined : certify(options.folder, options.tls === 'client');
  const nodes = (await configsOf(options, certificates)).map((config) => startNode(options, config));
  const stop = async (): Promise<void> => {
    for (const { guard } of nodes) guard.release();
    await Promise.all(nodes.map((node) => terminate(node.process, 3000)));
  };
  try {
    await ready(nodes, options.folder);
  } catch (error) {
    await stop();
    throw error;
  }
  const at = (index: number): Node => {
    const node = nodes[index];
    if (node === undefined) throw new Error(`there is no node ${index}: there are ${nodes.length}`);
    return node;
  };
  return {
    servers: nodes.map(({ config }) => `127.0.0.1:${config.ports.client}`),
    monitors: nodes.map(({ config }) => monitorOf(config)),
    ...(certificates === undefined ? {} : { tls: certificates.client }),
    start: (index) => restart(options, nodes, at(index)),
    kill: (index) => kill(at(index)),
    pause: (index) => void signalProcess(at(index).process, 'SIGSTOP'),
    resume: (index) => void signalProcess(at(index).process, 'SIGCONT'),
    stop,
  };
}

/** What each node is told, with ports that are free now. */
export async function configsOf({ folder, nodes: many = 1, accounts = [], maxFileBytes = 4_294_967_296, syncAlways = false }: Omit<NatsOptions, 'file'>, certificates: Certificates | undefined): Promise<readonly NodeConfig[]> {
  const ports = await freePorts(3 * many);
  const portsOf = (index: number): NodePorts => ({ client: ports[3 * index] ?? 0, monitor: ports[3 * index + 1] ?? 0, cluster: ports[3 * index + 2] ?? 0 });
  const all = Array.from({ length: many }, (_, index) => portsOf(index));
  const routes = all.map(({ cluster }) => cluster);
  return all.map((own, index) => ({
    name: `n${index}`,
    ports: own,
    routes,
    storeFolder: join(folder, `n${index}`),
    maxFileBytes,
    syncAlways,
    accounts,
    ...(certificates === undefined ? {} : { tls: certificates.files }),
  }));
}

/** Certificates of nodes and clients, written into a folder. */
export function certify(folder: string, requiresClientCertificate: boolean): Certificates {
  const authority = createAuthority('nats test CA');
  const server = authority.issue({ commonName: 'nats', usages: ['server', 'client'], hosts });
  const client = authority.issue({ commonName: 'client', usages: ['client'] });
  const contents = { 'ca.crt': authority.certificate, 'server.crt': server.certificate, 'server.key': server.key, 'client.crt': client.certificate, 'client.key': client.key };
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(folder, name), content, { mode: 0o600 });
  return {
    files: { ca: join(folder, 'ca.crt'), certificate: join(folder, 'server.crt'), key: join(folder, 'server.key'), requiresClientCertificate },
    client: { caFile: join(folder, 'ca.crt'), certificateFile: join(folder, 'client.crt'), keyFile: join(folder, 'client.key') },
  };
}

function startNode({ file, folder }: NatsOptions, config: NodeConfig): Node {
  writeFileSync(join(folder, `${config.name}.conf`), natsConfig(config), { mode: 0o600 });
  return { config, ...run({ file, folder }, config.name) };
}

function run({ file, folder }: Pick<NatsOptions, 'file' | 'folder'>, name: string): Pick<Node, 'process' | 'guard'> {
  const process = launch({ file, args: ['-c', join(folder, `${name}.conf`)], folder, env: { HOME: folder }, log: join(folder, `${name}.log`) });
  return { process, guard: guardOf(process) };
}

async function restart(options: NatsOptions, nodes: readonly Node[], node: Node): Promise<void> {
  if (!isAlive(node.process)) Object.assign(node, run(options, node.config.name));
  await ready(nodes, options.folder);
}

async function kill(node: Node): Promise<void> {
  node.guard.release();
  signalProcess(node.process, 'SIGKILL');
  while (isAlive(node.process)) await sleep(5);
}

const monitorOf = ({ ports }: NodeConfig): string => `http://127.0.0.1:${ports.monitor}`;

async function ready(nodes: readonly Node[], folder: string): Promise<void> {
  const running = nodes.filter(({ process }) => isAlive(process));
  const deadline = performance.now() + readyWithinMs;
  while (!(await areReady(running))) {
    const ended = running.find(({ process }) => !isAlive(process));
    if (ended !== undefined || performance.now() > deadline) throw new Error(`start NATS: ${ended === undefined ? `it is not ready after ${readyWithinMs} ms` : `node ${ended.config.name} has ended`}; look at its log in ${folder}`);
    await sleep(20);
  }
}

/** Healthy, and in a cluster with a leader that hands streams out. */
export async function areReady(nodes: readonly Pick<Node, 'config'>[]): Promise<boolean> {
  const answers = await Promise.all(
    nodes.map(async ({ config }) => {
      const monitor = monitorOf(config);
      const health = await fetch(`${monitor}/healthz`, { signal: AbortSignal.timeout(2000) });
      const jetstream = (await (await fetch(`${monitor}/jsz`, { signal: AbortSignal.timeout(2000) })).json()) as { readonly meta_cluster?: { readonly leader?: string } };
      return health.ok && (config.routes.length === 1 || (jetstream.meta_cluster?.leader ?? '') !== '');
    }),
  ).catch(() => [false]);
  return answers.every(Boolean);
}
