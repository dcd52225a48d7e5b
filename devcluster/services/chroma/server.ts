// A Chroma of a test: started on loopback with data of its own, killed, paused, emptied, started again and removed. It ends with its starter.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority } from '../../pki.ts';
import { freePorts } from '../../ports.ts';
import { isAlive, launch, type ProcessIdentity, signalProcess, terminate } from '../../processes.ts';
import { guardOf } from '../nats/guard.ts';
import { type Front, startFront } from './front.ts';

export interface ChromaSetup {
  /** The program, as `findChroma` says. */
  readonly file: string;
  /** Made and removed with the server. */
  readonly folder: string;
  /** `mutual`: clients must show a certificate. Default: plaintext. Chroma has no TLS of its own: a front in this process has it. */
  readonly tls?: 'server' | 'mutual';
}

export interface ChromaServer {
  readonly url: string;
  /** Port without TLS. */
  readonly port: number;
  /** PEM files for clients; absent without TLS. */
  readonly files?: { readonly ca: string; readonly certificate: string; readonly key: string };
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  pause(): void;
  resume(): void;
  /** Starts it again, if it has ended, on the same port and data, and waits until it is ready. */
  start(): Promise<void>;
  /** Ends it, removes its data and starts it again. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

const readyWithinMs = 60_000;

/** Starts a server and waits until it answers. */
export async function startChroma({ file, folder, tls }: ChromaSetup): Promise<ChromaServer> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const [port = 0, frontPort = 0] = await freePorts(2);
  const program = new Program(file, folder, port);
  await program.start();
  const secured = tls === undefined ? undefined : await secure({ folder, port: frontPort, target: port, isMutual: tls === 'mutual' });
  return {
    url: secured === undefined ? `http://127.0.0.1:${port}` : `https://127.0.0.1:${frontPort}`,
    port,
    ...(secured === undefined ? {} : { files: secured.files }),
    kill: () => program.kill(),
    pause: () => program.signal('SIGSTOP'),
    resume: () => program.signal('SIGCONT'),
    start: () => program.start(),
    async flush() {
      await program.kill();
      rmSync(join(folder, 'data'), { recursive: true, force: true, maxRetries: 3 });
      await program.start();
    },
    async stop() {
      await secured?.front.close();
      await program.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

class Program {
  readonly #file: string;
  readonly #folder: string;
  readonly #port: number;
  #process: ProcessIdentity | undefined;
  #guard: { release(): void } | undefined;

  constructor(file: string, folder: string, port: number) {
    this.#file = file;
    this.#folder = folder;
    this.#port = port;
  }

  async start(): Promise<void> {
    const deadline = performance.now() + readyWithinMs;
    for (this.#ensure(); !(await this.#isReady()); this.#ensure()) {
      if (performance.now() > deadline) throw new Error(`start chroma: port ${this.#port} was not ready within ${readyWithinMs / 1000} s; read ${join(this.#folder, 'chroma.log')}`);
      await sleep(50);
    }
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#process !== undefined) signalProcess(this.#process, signal);
  }

  async kill(): Promise<void> {
    this.#guard?.release();
    this.signal('SIGKILL');
    if (this.#process !== undefined) await terminate(this.#process, 5000);
  }

  async stop(): Promise<void> {
    this.#guard?.release();
    if (this.#process !== undefined) await terminate(this.#process, 3000);
  }

  /** More than once if need be: somebody who looks for a free port may hold this one for a moment. */
  #ensure(): void {
    if (this.#process !== undefined && isAlive(this.#process)) return;
    const data = join(this.#folder, 'data');
    mkdirSync(data, { recursive: true, mode: 0o700 });
    this.#guard?.release();
    const args = ['run', '--path', data, '--host', '127.0.0.1', '--port', String(this.#port)];
    this.#process = launch({ file: this.#file, args, folder: this.#folder, env: { PATH: '/usr/bin:/bin', HOME: this.#folder, ANONYMIZED_TELEMETRY: 'False' }, log: join(this.#folder, 'chroma.log') });
    this.#guard = guardOf(this.#process);
  }

  async #isReady(): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/api/v2/heartbeat`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.ok === true;
  }
}

async function secure({ folder, port, target, isMutual }: { readonly folder: string; readonly port: number; readonly target: number; readonly isMutual: boolean }): Promise<{ readonly front: Front; readonly files: NonNullable<ChromaServer['files']> }> {
  const authority = createAuthority('coditect test chroma');
  const server = authority.issue({ commonName: 'chroma', usages: ['server'], hosts: ['127.0.0.1', 'localhost'] });
  const client = authority.issue({ commonName: 'mirror', usages: ['client'] });
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const files = { ca: write('ca.crt', authority.certificate), certificate: write('client.crt', client.certificate), key: write('client.key', client.key) };
  const front = await startFront({ port, target, cert: server.certificate, key: server.key, ...(isMutual ? { clientCa: authority.certificate } : {}) });
  return { front, files };
}
