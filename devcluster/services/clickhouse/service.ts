// A ClickHouse of a test: started on loopback with data of its own, killed, started again and removed. It ends with its starter.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, closeSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { writeJson } from '../../files.ts';
import { createAuthority } from '../../pki.ts';
import { freePorts } from '../../ports.ts';
import type { ServerSettings } from './server.ts';

/** What the process reads. */
export interface ServeFile extends ServerSettings {
  readonly engineFolder: string;
  readonly dataFolder: string;
  readonly port: number;
}

export interface ClickHouseSetup {
  /** Where the engine is, as `findEngine` says. */
  readonly engineFolder: string;
  /** Made and removed with the server. */
  readonly folder: string;
  /** `mutual`: clients must show a certificate. Default: plaintext. */
  readonly tls?: 'server' | 'mutual';
}

export interface ClickHouseServer {
  readonly url: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** PEM texts for clients; empty for a plaintext server. */
  readonly trust: { readonly ca: string; readonly certificate: string; readonly key: string };
  /** Process id now; undefined while it does not run. */
  pid(): number | undefined;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data, and waits until it is ready; another password from then on when one is given. */
  restart(options?: { readonly password?: string; readonly isEmpty?: boolean }): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

const readyWithinMs = 30_000;

/** Starts a server and waits until it answers. */
export async function startClickHouse({ engineFolder, folder, tls }: ClickHouseSetup): Promise<ClickHouseServer> {
  const [port = 0] = await freePorts(1);
  const { serverTls, trust } = tls === undefined ? { serverTls: undefined, trust: { ca: '', certificate: '', key: '' } } : certificates(tls);
  const dataFolder = join(folder, 'data');
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const user = 'mirror';
  let settings: ServeFile = { engineFolder, dataFolder, port, user, password: 'first', ...(serverTls === undefined ? {} : { tls: serverTls }) };
  let child = await launch(folder, settings);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    user,
    get password() {
      return settings.password;
    },
    trust,
    pid: () => (child.exitCode === null && child.signalCode === null ? child.pid : undefined),
    kill,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async restart({ password = settings.password, isEmpty = false } = {}) {
      await kill();
      settings = { ...settings, password };
      if (isEmpty) rmSync(dataFolder, { recursive: true, force: true });
      mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
      child = await launch(folder, settings);
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function launch(folder: string, settings: ServeFile): Promise<ChildProcess> {
  const file = join(folder, 'serve.json');
  writeJson(file, settings);
  const log = openSync(join(folder, 'server.log'), 'a', 0o600);
  try {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), 'serve', file], { stdio: ['pipe', 'pipe', log], cwd: folder });
    const output = child.stdout as Readable;
    const gone = once(child, 'exit').then(() => 'gone' as const);
    const late = AbortSignal.timeout(readyWithinMs);
    const ready = await Promise.race([once(output, 'data', { signal: late }).then(() => 'ready' as const), gone]);
    if (ready === 'gone') throw new Error(`start ClickHouse: it ended at once, so there is no server; read ${join(folder, 'server.log')}`);
    return child;
  } finally {
    closeSync(log);
  }
}

function certificates(kind: 'server' | 'mutual') {
  const authority = createAuthority('coditect test clickhouse');
  const server = authority.issue({ commonName: 'clickhouse', usages: ['server'], hosts: ['127.0.0.1', 'localhost'] });
  const client = authority.issue({ commonName: 'mirror', usages: ['client'] });
  return {
    serverTls: { ...server, ...(kind === 'mutual' ? { clientCa: authority.certificate } : {}) },
    trust: { ca: authority.certificate, ...client },
  };
}
