// The door itself: keeps one connection, makes a new one when the files change or when nobody answers, and says how it is.
import { setImmediate as breathe } from 'node:timers/promises';
import { Cluster, type Redis as Single } from 'ioredis';
import type { Clock } from '#platform/clock.ts';
import type { CredentialFiles } from '#platform/credential-files.ts';
import { PlatformError } from '#platform/errors.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { connect, type ConnectionOptions, type Vendor } from './connection.ts';
import { faultOf, isOutage, type RedisFault } from './faults.ts';
import { type ReadSecrets, watchSecrets } from './files.ts';
import { runOrders } from './pipelines.ts';
import type { Order, Redis, RedisState, Reply } from './types.ts';

export interface RedisOptions extends ConnectionOptions {
  readonly files: CredentialFiles;
  /** How often the files are looked at. */
  readonly filesEveryMs?: number;
  readonly clock: Clock;
  readonly log: Log;
}

interface Down {
  readonly sinceMs: number;
  readonly heardMs: number;
  readonly fault: RedisFault;
}

const scanBatch = 1000;

/** How long a cause is told before the mere want of a connection takes its place; it is heard again at each try. */
const causeMs = 5000;

/** Opens the door at once; the connection comes when it can, and again whenever it is lost. */
export function openRedis(options: RedisOptions): Redis {
  return new RedisDoor(options);
}

class RedisDoor implements Redis {
  readonly #options: RedisOptions;
  readonly #listeners: (() => void)[] = [];
  readonly #stopWatching: () => void;
  #vendor: Vendor | undefined;
  #next: Vendor | undefined;
  #down: Down | undefined;
  #isClosed = false;

  constructor(options: RedisOptions) {
    this.#options = options;
    this.#down = { sinceMs: options.clock.now(), heardMs: options.clock.monotonic() - causeMs, fault: { kind: 'Unreachable', message: 'Redis: there is no connection yet' } };
    this.#stopWatching = watchSecrets(options.files, { clock: options.clock, everyMs: options.filesEveryMs ?? 5000 }, (read) => this.#use(read));
  }

  async run(orders: readonly Order[]): Promise<readonly Reply[]> {
    if (orders.length === 0) return [];
    const vendor = this.#vendor;
    if (vendor === undefined) return orders.map(() => ({ kind: 'fault', fault: this.#down?.fault ?? faultOf('closed') }));
    const replies = await runOrders(vendor, orders);
    this.#judge(vendor, replies);
    return replies;
  }

  async *keys(pattern: string): AsyncGenerator<readonly string[]> {
    const vendor = this.#vendor;
    if (vendor === undefined) throw new PlatformError('RedisError', this.#down?.fault.message ?? 'Redis: it is closed');
    const masters: readonly Single[] = vendor instanceof Cluster ? vendor.nodes('master') : [vendor];
    for (const master of masters) {
      let cursor = '0';
      do {
        const [next, found] = await master.scan(cursor, 'MATCH', pattern, 'COUNT', scanBatch).catch((error: unknown) => Promise.reject(new PlatformError('RedisError', faultOf(error).message, { cause: error })));
        cursor = next;
        yield found;
        await breathe();
      } while (cursor !== '0');
    }
  }

  state(): RedisState {
    return this.#down === undefined ? { kind: 'ready' } : { kind: 'down', sinceMs: this.#down.sinceMs, fault: this.#down.fault };
  }

  onReady(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#stopWatching();
    this.#vendor?.disconnect();
    this.#next?.disconnect();
    this.#vendor = undefined;
    this.#setDown({ kind: 'Unreachable', message: 'Redis: the connection was closed by this process' });
    return Promise.resolve();
  }

  /** The old connection serves until the new one can: a password that is being changed is often valid for a while. */
  #use(read: ReadSecrets): void {
    if (read.kind === 'fault') {
      this.#options.log.warn('the files of Redis cannot be read', { error: read.fault.message });
      if (this.#vendor === undefined) this.#setDown(read.fault);
      return;
    }
    this.#next?.disconnect();
    const vendor = connect(this.#options, read.credentials, { ready: () => this.#isReady(vendor), fault: (error) => this.#isFaulty(vendor, error) });
    if (this.#vendor === undefined) this.#vendor = vendor;
    else this.#next = vendor;
  }

  #isReady(vendor: Vendor): void {
    if (this.#isClosed || (vendor !== this.#vendor && vendor !== this.#next)) return;
    if (vendor === this.#next) {
      this.#options.log.info('Redis is spoken to with other certificates or credentials');
      this.#vendor?.disconnect();
      this.#vendor = vendor;
      this.#next = undefined;
    }
    if (vendor.status !== 'ready') return;
    this.#down = undefined;
    for (const listener of this.#listeners) listener();
  }

  #isFaulty(vendor: Vendor, error: unknown): void {
    const fault = faultOf(error);
    this.#options.log.debug('a connection to Redis broke', { error: fault.message });
    if (vendor === this.#vendor && vendor.status !== 'ready') this.#setDown(fault);
    // The old connection may be long refused: what the new one hears says more.
    if (vendor === this.#next && this.#down !== undefined) this.#setDown(fault);
  }

  #judge(vendor: Vendor, replies: readonly Reply[]): void {
    if (vendor !== this.#vendor) return;
    const outages = replies.flatMap((reply) => (reply.kind === 'fault' && isOutage(reply.fault) ? [reply.fault] : []));
    const [first] = outages;
    if (first !== undefined) this.#setDown(first);
    else if (vendor.status === 'ready') this.#down = undefined;
    // A server that does not answer keeps what it was sent: a connection of its own age would carry more and more of it.
    if (outages.some(({ kind }) => kind === 'TimedOut')) for (const node of nodesOf(vendor)) if (node.status === 'ready' && node.commandQueue.length > 0) node.disconnect(true);
  }

  /** What is learned last is told, but a cause is not hidden by its consequence. */
  #setDown(fault: RedisFault): void {
    const known = this.#down;
    const heardMs = this.#options.clock.monotonic();
    if (known === undefined) this.#options.log.warn('Redis is away', { error: fault.message });
    else if (fault.kind === 'Unreachable' && known.fault.kind !== 'Unreachable' && heardMs - known.heardMs < causeMs) return;
    this.#down = { sinceMs: known?.sinceMs ?? this.#options.clock.now(), heardMs, fault };
  }
}

function nodesOf(vendor: Vendor): readonly Single[] {
  return vendor instanceof Cluster ? vendor.nodes('master') : [vendor];
}
