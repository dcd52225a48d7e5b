// Redis servers of a test: one, or a cluster of three masters, on loopback with TLS and ACLs, each in a folder of its own. They end with their starter.
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureFolder, readJson, writeJson } from '../../files.ts';
import { createAuthority } from '../../pki.ts';
import { freePorts } from '../../ports.ts';
import { isAlive, type Launch, launch, signalProcess, terminate } from '../../processes.ts';
import { hireGuard } from '../guard.ts';
import type { RedisProgram } from './find.ts';
import { nodeRecords, type NodeRecord } from './records.ts';
import { ask, type Peer } from './talk.ts';

export interface RedisSetup {
  readonly program: RedisProgram;
  /** Made and removed with the servers. */
  readonly folder: string;
  readonly kind: 'single' | 'cluster';
  /** Without it the servers speak plaintext. Default true. */
  readonly tls?: boolean;
  /** Lines of the ACL file, besides that of the user `admin`, who may do everything. */
  readonly users?: readonly string[];
  /** Further arguments of the servers. */
  readonly args?: readonly string[];
}

export interface RedisServers {
  /** `127.0.0.1:<port>` of each server. */
  readonly addresses: readonly string[];
  readonly admin: { readonly user: string; readonly password: string };
  /** PEM files that clients want. */
  readonly files: { readonly ca: string; readonly certificate: string; readonly key: string };
  /** SIGKILL, and waits until it is gone. */
  kill(node: number): Promise<void>;
  pause(node: number): void;
  resume(node: number): void;
  /** Starts a server that has ended, with the same arguments and data, and waits until all are ready. */
  restart(node: number): Promise<void>;
  /** Asks one server as admin: the first line of its answer. */
  ask(node: number, ...command: readonly string[]): Promise<string>;
  /** The same as another user. */
  askAs(who: { readonly user: string; readonly password: string }, node: number, ...command: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

const readyWithinMs = 20_000;

/** Line of the ACL file. Nobody may be this user, but it keeps its rights: Redis 7.0 reads its own append-only file as this user, and drops what scripts had written when it may not. */
export const nobody = 'user default off resetpass ~* &* +@all';

/** Starts servers and waits until they answer, and until the cluster agrees that it is one. */
export async function startRedis(setup: RedisSetup): Promise<RedisServers> {
  const { folder, kind, tls = true } = setup;
  ensureFolder(folder);
  const count = kind === 'single' ? 1 : 3;
  const ports = await freePorts(count * 2);
  const admin = { user: 'admin', password: randomBytes(16).toString('hex') };
  const { files, ca } = writeCertificates(folder);
  const peers = Array.from({ length: count }, (_, node): Peer => ({ port: ports[node] ?? 0, ...admin, ...(tls ? { ca } : {}) }));
  const guard = hireGuard(join(import.meta.dirname, 'guard', 'main.ts'), folder);
  peers.forEach((peer, node) => {
    const home = ensureFolder(join(folder, `node-${node}`));
    writeFileSync(join(home, 'users.acl'), [nobody, `user admin on >${admin.password} ~* &* +@all`, ...(setup.users ?? []), ''].join('\n'), { mode: 0o600 });
    start(recordOf(folder, node), { ...launchOf(setup, home), args: [...argsOf({ setup, home, peer, files, busPort: ports[count + node] ?? 0, password: admin.password }), ...(setup.args ?? [])] });
  });
  const servers = controls({ folder, peers, admin, files, guard });
  try {
    await untilReady(peers, 'single');
    if (kind === 'cluster') await joinThree(peers, ports.slice(count));
    return servers;
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

const recordOf = (folder: string, node: number) => join(folder, `node-${node}.json`);

function start(file: string, how: Launch): void {
  writeJson(file, { launch: how, process: launch(how) } satisfies NodeRecord);
}

function launchOf({ program }: RedisSetup, home: string): Omit<Launch, 'args'> {
  return { file: program.file, folder: home, log: join(home, 'redis.log'), env: { PATH: '/usr/bin:/bin', HOME: home, ...program.env } };
}

/** What the arguments of one server are made from. */
export interface Arguments {
  readonly setup: Pick<RedisSetup, 'kind' | 'tls'>;
  readonly home: string;
  readonly peer: Peer;
  readonly files: RedisServers['files'] & { readonly serverCertificate: string; readonly serverKey: string };
  readonly busPort: number;
  readonly password: string;
}

/** Arguments of one server. */
export function argsOf({ setup: { kind, tls = true }, home, peer, files, busPort, password }: Arguments): readonly string[] {
  const port = String(peer.port);
  const ports = tls ? ['--port', '0', '--tls-port', port, '--tls-cert-file', files.serverCertificate, '--tls-key-file', files.serverKey, '--tls-ca-cert-file', files.ca, '--tls-auth-clients', 'optional'] : ['--port', port];
  const secure = tls ? ['--tls-cluster', 'yes', '--tls-replication', 'yes'] : [];
  const cluster = kind === 'single' ? [] : ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-node-timeout', '2000', '--cluster-port', String(busPort), '--cluster-announce-ip', '127.0.0.1', ...secure];
  return [...ports, '--bind', '127.0.0.1', '--dir', home, '--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--aclfile', join(home, 'users.acl'), '--masteruser', 'admin', '--masterauth', password, ...cluster];
}

/** Certificates of servers and clients, written into a folder. */
export function writeCertificates(folder: string) {
  const authority = createAuthority('coditect test redis');
  const server = authority.issue({ commonName: 'redis', usages: ['server', 'client'], hosts: ['127.0.0.1', 'localhost'] });
  const client = authority.issue({ commonName: 'mirror', usages: ['client'] });
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const files = { ca: write('ca.crt', authority.certificate), certificate: write('client.crt', client.certificate), key: write('client.key', client.key), serverCertificate: write('server.crt', server.certificate), serverKey: write('server.key', server.key) };
  return { files, ca: authority.certificate };
}

/** Gives each server its third of the slots and lets them meet. */
export async function joinThree(peers: readonly Peer[], busPorts: readonly number[]): Promise<void> {
  const bounds = [0, 5461, 10_923, 16_384];
  for (const [node, peer] of peers.entries()) {
    await ask(peer, 'CLUSTER', 'SET-CONFIG-EPOCH', String(node + 1));
    await ask(peer, 'CLUSTER', 'ADDSLOTSRANGE', String(bounds[node]), String((bounds[node + 1] ?? 0) - 1));
    if (peers[0] !== undefined && node > 0) await ask(peer, 'CLUSTER', 'MEET', '127.0.0.1', String(peers[0].port), String(busPorts[0]));
  }
  await untilReady(peers, 'cluster');
}

/** Waits until all answer, and agree that they are a cluster. */
export async function untilReady(peers: readonly Peer[], kind: RedisSetup['kind'], meanwhile: () => void = () => {}): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  for (const peer of peers) {
    while (!(await isReady(peer, kind, peers.length))) {
      if (performance.now() > deadline) throw new Error(`start redis: port ${peer.port} was not ready within ${readyWithinMs / 1000} s, so nothing was started; read redis.log in its folder`);
      await sleep(30);
      meanwhile();
    }
  }
}

async function isReady(peer: Peer, kind: RedisSetup['kind'], count: number): Promise<boolean> {
  const answer = await (kind === 'single' ? ask(peer, 'PING') : ask(peer, 'CLUSTER', 'INFO')).catch(() => '');
  return kind === 'single' ? answer === '+PONG' : answer.includes('cluster_state:ok') && answer.includes(`cluster_known_nodes:${count}`);
}

interface Running extends Pick<RedisServers, 'admin' | 'files'> {
  readonly folder: string;
  readonly peers: readonly Peer[];
  readonly guard: ReturnType<typeof hireGuard>;
}

function controls({ folder, peers, admin, files, guard }: Running): RedisServers {
  const read = (node: number): NodeRecord => {
    const record = readJson<NodeRecord>(recordOf(folder, node));
    if (record === undefined) throw new Error(`find redis server ${node}: it was never started`);
    return record;
  };
  return {
    addresses: peers.map(({ port }) => `127.0.0.1:${port}`),
    admin,
    files,
    kill: (node) => {
      signalProcess(read(node).process, 'SIGKILL');
      return terminate(read(node).process, 5000);
    },
    pause: (node) => void signalProcess(read(node).process, 'SIGSTOP'),
    resume: (node) => void signalProcess(read(node).process, 'SIGCONT'),
    restart: async (node) => {
      // More than once if need be: somebody who looks for a free port may hold this one for a moment.
      const again = (): void => {
        const { launch: how, process: before } = read(node);
        if (!isAlive(before)) start(recordOf(folder, node), how);
      };
      again();
      await untilReady(peers, peers.length === 1 ? 'single' : 'cluster', again);
    },
    ask: (node, ...command) => askNode(peers[node], command),
    askAs: ({ user, password }, node, ...command) => askNode(peers[node], command, { user, password }),
    stop: async () => {
      await Promise.all(nodeRecords(folder).map(({ process }) => terminate(process, 2000)));
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
      guard.dismiss();
    },
  };
}

function askNode(peer: Peer | undefined, command: readonly string[], who: Partial<Pick<Peer, 'user' | 'password'>> = {}): Promise<string> {
  return peer === undefined ? Promise.reject(new Error('there is no redis server of that number')) : ask({ ...peer, ...who }, ...command);
}
