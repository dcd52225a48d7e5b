// One S3 server as a process of this machine: started, paused, killed and started again. It ends with whoever started it. Buckets are folders, objects are files.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority } from '../../pki.ts';
import { freePorts } from '../../ports.ts';
import { isAlive, launch, type ProcessIdentity, signalProcess, terminate } from '../../processes.ts';
import { guardOf } from '../nats/guard.ts';

export interface S3Options {
  /** The program, as ensureS3 found it. */
  readonly file: string;
  /** For objects, certificates and the log; it is made. */
  readonly folder: string;
  /** Buckets that are there from the beginning; at least three characters each. */
  readonly buckets?: readonly string[];
}

export interface S3Server {
  /** `https://127.0.0.1:<port>`. */
  readonly endpoint: string;
  readonly port: number;
  /** Folder with a folder for each bucket. */
  readonly objects: string;
  /** Files for clients. */
  readonly access: { readonly caFile: string; readonly accessKeyFile: string; readonly secretKeyFile: string };
  /** Starts it again, and waits until it is ready. */
  start(): Promise<void>;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

const readyWithinMs = 20_000;

/** Starts the server and waits until it is ready. */
export async function startS3(options: S3Options): Promise<S3Server> {
  const { folder, buckets = [] } = options;
  const objects = join(folder, 'objects');
  for (const bucket of ['', ...buckets]) mkdirSync(join(objects, bucket), { recursive: true, mode: 0o700 });
  mkdirSync(join(folder, 'users'), { recursive: true, mode: 0o700 });
  const [port = 0] = await freePorts(1);
  const keys = { access: `key-${randomBytes(4).toString('hex')}`, secret: randomBytes(24).toString('hex') };
  const { access, ca } = writeAccess(folder, keys);
  const run = () => started(options, { port, objects, keys });
  let server = run();
  const stop = async (): Promise<void> => {
    server.guard.release();
    await terminate(server.process, 3000);
  };
  const isReady = () => ready({ port, ca, folder, process: server.process });
  await isReady().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    endpoint: `https://127.0.0.1:${port}`,
    port,
    objects,
    access,
    start: async () => {
      if (!isAlive(server.process)) server = run();
      await isReady();
    },
    kill: async () => {
      server.guard.release();
      signalProcess(server.process, 'SIGKILL');
      while (isAlive(server.process)) await sleep(5);
    },
    pause: () => void signalProcess(server.process, 'SIGSTOP'),
    resume: () => void signalProcess(server.process, 'SIGCONT'),
    stop,
  };
}

interface Keys {
  readonly access: string;
  readonly secret: string;
}

function writeAccess(folder: string, { access, secret }: Keys): { readonly access: S3Server['access']; readonly ca: string } {
  const authority = createAuthority('s3 test CA');
  const server = authority.issue({ commonName: 's3', usages: ['server'], hosts: ['127.0.0.1', 'localhost'] });
  const contents = { 'ca.crt': authority.certificate, 'server.crt': server.certificate, 'server.key': server.key, 'access-key': access, 'secret-key': secret };
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(folder, name), content, { mode: 0o600 });
  return { access: { caFile: join(folder, 'ca.crt'), accessKeyFile: join(folder, 'access-key'), secretKeyFile: join(folder, 'secret-key') }, ca: authority.certificate };
}

function started({ file, folder }: S3Options, { port, objects, keys }: { readonly port: number; readonly objects: string; readonly keys: Keys }) {
  const certificate = ['--cert', join(folder, 'server.crt'), '--key', join(folder, 'server.key')];
  const args = ['--port', `127.0.0.1:${port}`, ...certificate, '--iam-dir', join(folder, 'users'), '--health', '/healthz', '--keep-alive', '--quiet', 'posix', objects];
  const process = launch({ file, args, folder, env: { HOME: folder, ROOT_ACCESS_KEY: keys.access, ROOT_SECRET_KEY: keys.secret }, log: join(folder, 's3.log') });
  return { process, guard: guardOf(process) };
}

async function ready({ port, ca, folder, process }: { readonly port: number; readonly ca: string; readonly folder: string; readonly process: ProcessIdentity }): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  while ((await healthOf(port, ca)) !== 200) {
    const hasEnded = !isAlive(process);
    if (hasEnded || performance.now() > deadline) throw new Error(`start S3: ${hasEnded ? 'it has ended' : `it is not ready after ${readyWithinMs} ms`}; look at s3.log in ${folder}`);
    await sleep(20);
  }
}

/** Status of its health; 0 while it does not answer. */
function healthOf(port: number, ca: string): Promise<number> {
  return new Promise((resolve) => {
    const asked = get({ host: '127.0.0.1', port, path: '/healthz', ca, timeout: 2000, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on('timeout', () => asked.destroy()).on('error', () => resolve(0));
  });
}
