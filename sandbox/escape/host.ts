// The host that probes attack: secrets, a victim and servers, all owned by the user that the probes run as, as an agent's would be.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { basename, join } from 'node:path';
import { newUuid } from '#platform/ids.ts';

/** Text that is in every secret and in the environment of the agent; it must never come out of a run. */
export const canary = 'canary-7d1f0a';

export interface Host {
  /** Folder of the secrets. */
  readonly outside: string;
  /** Values of the words that probes name things by, longest first. */
  readonly words: ReadonlyMap<string, string>;
  readonly victim: ChildProcess;
  /** Connections and datagrams that came, by server. */
  readonly arrivals: Map<string, number>;
  close(): Promise<void>;
}

export interface HostPlaces {
  /** Empty folder for secrets. */
  readonly outside: string;
  /** Folder that holds the folders of runs. */
  readonly runs: string;
  /** Built from native/. */
  readonly probeProgram: string;
}

/** Makes the host. */
export async function createHost({ outside, runs, probeProgram }: HostPlaces): Promise<Host> {
  await plantSecrets(outside);
  const arrivals = new Map<string, number>();
  const abstractName = `coditect-${newUuid()}`;
  const servers = {
    tcp: await listen(arrivals, 'tcp', { port: 0, host: '127.0.0.1' }),
    tcp6: await listen(arrivals, 'tcp6', { port: 0, host: '::1' }).catch(() => undefined),
    path: await listen(arrivals, 'unix path', { path: join(outside, 'socket') }),
    abstract: await listen(arrivals, 'unix abstract', { path: `\0${abstractName}` }),
  };
  const udp = await bindUdp(arrivals);
  const victim = spawn(probeProgram, ['idle'], { stdio: 'ignore', env: {} });
  await once(victim, 'spawn');
  const words = wordsOf({ outside, runs, probeProgram, abstractName, victim: victim.pid ?? 0, port: portOf(servers.tcp), udp: udp.address().port, address: await ownAddress() });
  const close = async () => {
    udp.close();
    // A victim of an attempt may have ended already.
    const ended = victim.exitCode === null && victim.signalCode === null ? once(victim, 'exit') : undefined;
    victim.kill('SIGKILL');
    await ended;
    await Promise.all(Object.values(servers).map((server) => new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())))));
  };
  return { outside, words, victim, arrivals, close };
}

async function plantSecrets(outside: string): Promise<void> {
  await mkdir(outside, { recursive: true, mode: 0o700 });
  for (const name of ['secret.txt', 'key.pem', 'token']) await writeFile(join(outside, name), `${canary} ${name}\n`, { mode: 0o600 });
  await writeFile(join(outside, 'program.sh'), `#!/bin/sh\necho ${canary}\n`, { mode: 0o755 });
}

async function listen(arrivals: Map<string, number>, name: string, where: { readonly port?: number; readonly host?: string; readonly path?: string }): Promise<Server> {
  const server = createServer((socket) => {
    arrivals.set(name, (arrivals.get(name) ?? 0) + 1);
    socket.on('error', () => {}).resume().end();
  });
  server.listen(where);
  await once(server, 'listening');
  return server;
}

async function bindUdp(arrivals: Map<string, number>): Promise<Socket> {
  const socket = createSocket('udp4', () => arrivals.set('udp', (arrivals.get('udp') ?? 0) + 1));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** A mapped address of this process, hexadecimal. */
async function ownAddress(): Promise<string> {
  return /^([0-9a-f]+)-/.exec(await readFile('/proc/self/maps', 'utf8'))?.[1] ?? '0';
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function wordsOf(known: HostPlaces & { readonly abstractName: string; readonly victim: number; readonly port: number; readonly udp: number; readonly address: string }): Map<string, string> {
  const { outside } = known;
  const words = {
    SECRET: join(outside, 'secret.txt'),
    // A run's folder is two below the folder of all runs, which lies beside the secrets.
    SECRET_FROM_FOLDER: join('..', '..', '..', basename(outside), 'secret.txt'),
    KEY: join(outside, 'key.pem'),
    TOKEN: join(outside, 'token'),
    PROGRAM: join(outside, 'program.sh'),
    SOCKET: join(outside, 'socket'),
    OUTSIDE: outside,
    OUTSIDE_NAME: basename(outside),
    RUNS: known.runs,
    MARK: `coditect-escape-${process.pid}`,
    AGENT: process.pid,
    GROUP: process.pid,
    VICTIM: known.victim,
    SELF: 'probe',
    PORT: known.port,
    UDP: known.udp,
    ABSTRACT: known.abstractName,
    ADDRESS: known.address,
    MANY_MIB: 16_384,
  };
  return new Map(Object.entries(words).map(([name, value]): [string, string] => [`$${name}`, String(value)]).toSorted(([one], [other]) => other.length - one.length));
}
