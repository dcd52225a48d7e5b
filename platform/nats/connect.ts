// One connection to the event log, kept up for ever: one server after the other, with the files of credentials read anew each time, so that a mended file is enough.
// The client's own reconnecting is off: it tries in silence and does not say why it fails.
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type Clock, delay } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { jittered, type Random } from '../ids.ts';
import type { Log } from '../telemetry/log.ts';
import { type Access, accessOf, type NatsSettings, readAccess } from './settings.ts';

/** A connection that is there, or comes back. */
export interface NatsLink {
  /** The connection of now; undefined while there is none. */
  now(): NatsConnection | undefined;
  /** Waits for a connection; undefined when the signal fired first. */
  ready(signal: AbortSignal): Promise<NatsConnection | undefined>;
  /** Why there is no connection, or what the server refused on it last. */
  fault(): string | undefined;
  /** The server has done what it was asked: an earlier refusal is over. */
  answered(): void;
  close(): Promise<void>;
}

export interface LinkPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const timing = { dialMs: 5000, pingMs: 5000, pingsOut: 2, firstWaitMs: 100, longestWaitMs: 3000, reloadMs: 10_000 } as const;

/** Begins to connect; returns at once. */
export function linkNats(settings: NatsSettings, ports: LinkPorts): NatsLink {
  return new SupervisedLink(settings, ports);
}

class SupervisedLink implements NatsLink {
  readonly #settings: NatsSettings;
  readonly #ports: LinkPorts;
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  readonly #running: Promise<void>;
  #connection: NatsConnection | undefined;
  #fault: string | undefined = 'not connected yet';
  #next: number;

  constructor(settings: NatsSettings, ports: LinkPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#next = Math.floor(ports.random.next() * settings.servers.length);
    this.#running = this.#run();
  }

  now(): NatsConnection | undefined {
    return this.#connection;
  }

  async ready(signal: AbortSignal): Promise<NatsConnection | undefined> {
    while (!signal.aborted && !this.#stop.signal.aborted && this.#connection === undefined) await this.#change(signal);
    return signal.aborted ? undefined : this.#connection;
  }

  fault(): string | undefined {
    return this.#fault;
  }

  answered(): void {
    if (this.#connection !== undefined) this.#fault = undefined;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#connection?.close();
    await this.#running;
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }

  #tell(): void {
    for (const done of this.#waiting) done();
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#ports;
    for (let waitMs: number = timing.firstWaitMs; !this.#stop.signal.aborted; waitMs = Math.min(waitMs * 2, timing.longestWaitMs)) {
      if (await this.#serve()) waitMs = timing.firstWaitMs;
      await delay(clock, jittered(waitMs, random), this.#stop.signal);
    }
    this.#tell();
  }

  /** One connection from its beginning to its end; false when there was none. */
  async #serve(): Promise<boolean> {
    const { servers } = this.#settings;
    const server = servers[this.#next++ % servers.length] ?? '';
    try {
      const files = readAccess(this.#settings);
      const connection = await this.#dial(server, accessOf(files, this.#settings.insecure === true));
      this.#connection = connection;
      this.#fault = undefined;
      this.#tell();
      const [, , error] = await Promise.all([this.#listen(connection), this.#watchFiles(connection, JSON.stringify(files)), connection.closed()]);
      this.#lose(server, error ?? 'it was closed');
      return true;
    } catch (error) {
      this.#lose(server, error);
      return false;
    }
  }

  async #dial(server: string, access: Access): Promise<NatsConnection> {
    const connection = await connect({
      ...access,
      servers: [server],
      name: this.#settings.name,
      reconnect: false,
      timeout: timing.dialMs,
      pingInterval: timing.pingMs,
      maxPingOut: timing.pingsOut,
      ignoreClusterUpdates: true,
    });
    if (this.#stop.signal.aborted) await connection.close();
    return connection;
  }

  /** Ends the connection when the files have changed: the next one is made with what is in them now. One that cannot be read changes nothing. */
  async #watchFiles(connection: NatsConnection, before: string): Promise<void> {
    const { reloadMs = timing.reloadMs } = this.#settings;
    const ended = new AbortController();
    void connection.closed().then(() => ended.abort());
    while (!connection.isClosed()) {
      await delay(this.#ports.clock, reloadMs, ended.signal);
      const now = this.#filesNow() ?? before;
      if (now !== before) await connection.close();
    }
  }

  #filesNow(): string | undefined {
    try {
      return JSON.stringify(readAccess(this.#settings));
    } catch {
      return undefined;
    }
  }

  #lose(server: string, error: unknown): void {
    this.#connection = undefined;
    if (this.#stop.signal.aborted) return;
    const fault = `no connection to the event log at ${server}: ${messageOf(error)}`;
    if (fault !== this.#fault) this.#ports.log.warn(fault);
    this.#fault = fault;
  }

  /** What the server refuses does not come as an answer to whoever asked, but here. */
  async #listen(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type !== 'error') continue;
      this.#fault = `the event log refuses: ${messageOf(status.error)}`;
      this.#ports.log.warn(this.#fault);
    }
  }
}
