// One Docker engine as a process of this machine, with a socket, data and a bridge of its own. It changes no rule of the host's network, and ends with whoever started it.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureFolder } from '../../files.ts';
import { isAlive, launch, type ProcessIdentity } from '../../processes.ts';
import { hireGuard } from '../guard.ts';
import { type DockerClient, dockerClient } from './client.ts';
import type { DockerPrograms } from './find.ts';
import { findRange, makeBridge, poolOf } from './network.ts';
import { type EngineRecord, removeEngine, writeRecord } from './remains.ts';

export interface DockerOptions {
  /** As findDocker found them. */
  readonly programs: DockerPrograms;
  /** For images, containers, the socket and the log; it is made, and gone at the end. Short: the path of a socket has at most 107 characters. */
  readonly folder: string;
}

export interface DockerEngine {
  /** `unix:///...`: DOCKER_HOST for anybody who wants to use it. */
  readonly host: string;
  readonly client: DockerClient;
  /** Ends it with its containers and removes everything that it made. */
  stop(): Promise<void>;
}

const readyWithinMs = 60_000;
const longestSocket = 107;
const nameOfLog = 'dockerd.log';

/** Starts an engine and waits until it answers. Rejects when it does not, with the end of its log. */
export async function startDocker({ programs, folder: wanted }: DockerOptions): Promise<DockerEngine> {
  mkdirSync(wanted, { recursive: true });
  const folder = ensureFolder(realpathSync(wanted), 0o700);
  const host = `unix://${socketIn(folder)}`;
  const id = randomBytes(4).toString('hex');
  const record = { ip: programs.ip, range: await findRange(programs.ip), cgroup: `coditect-docker-${id}` };
  writeRecord(folder, record);
  const guard = hireGuard(join(import.meta.dirname, 'guard', 'main.ts'), folder);
  const stop = async (): Promise<void> => {
    await removeEngine(folder);
    guard.dismiss();
  };
  try {
    await makeBridge(programs.ip, `cdt-${id}`, record.range);
    const engine = launchEngine(programs, folder, { ...record, bridge: `cdt-${id}` });
    writeRecord(folder, { ...record, engine });
    await untilReady(folder, engine);
  } catch (error) {
    await stop();
    throw error;
  }
  const client = dockerClient({ file: programs.docker, env: { PATH: programs.path, HOME: folder, DOCKER_CONFIG: join(folder, 'client'), DOCKER_HOST: host } });
  return { host, client, stop };
}

function socketIn(folder: string): string {
  const socket = join(folder, 'd.sock');
  if (socket.length > longestSocket) throw new Error(`start a Docker engine in ${folder}: the path of its socket would have ${socket.length} characters, the kernel allows ${longestSocket}; choose a shorter folder`);
  return socket;
}

function launchEngine({ dockerd, path }: DockerPrograms, folder: string, { bridge, range, cgroup }: EngineRecord & { readonly bridge: string }): ProcessIdentity {
  // Settings of an engine that the host may run are not ours.
  writeFileSync(join(folder, 'daemon.json'), '{}\n');
  const places = ['--config-file', join(folder, 'daemon.json'), '--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'dockerd.pid'), '--host', `unix://${socketIn(folder)}`];
  // With its defaults it would set the policy of forwarded packets to DROP, and leave it so.
  const network = ['--bridge', bridge, '--default-address-pool', poolOf(range), '--iptables=false', '--ip6tables=false', '--ip-forward=false'];
  const processes = ['--exec-opt', 'native.cgroupdriver=cgroupfs', '--cgroup-parent', `/${cgroup}`, '--shutdown-timeout', '5'];
  const args = [...places, ...network, ...processes, '--storage-driver', 'overlay2'];
  return launch({ file: dockerd, args, folder, env: { PATH: path, HOME: folder }, log: join(folder, nameOfLog) });
}

async function untilReady(folder: string, engine: ProcessIdentity): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  while (!(await answers(socketIn(folder)))) {
    const hasEnded = !isAlive(engine);
    const log = () => readFileSync(join(folder, nameOfLog), 'utf8').trim().slice(-2000);
    if (hasEnded || performance.now() > deadline) throw new Error(`start a Docker engine: ${hasEnded ? 'it has ended' : `it does not answer after ${readyWithinMs} ms`}, so there is none; its last words: ${log()}`);
    await sleep(50);
  }
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get({ socketPath, path: '/_ping', timeout: 2000, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy()).on('error', () => resolve(false));
  });
}
