// Takes letters from a spool to the event log, in the order of each subject: the next one of a subject leaves when the one before is acknowledged.
// That costs nothing where it counts, as a letter carries hundreds of events, and it is why an acknowledgement that is lost can only repeat a letter, never overtake one.
import type { NatsConnection } from '@nats-io/transport-node';
import { type Clock, delay } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { jittered, type Random } from '../ids.ts';
import type { Spool, StoredRecord } from '../spool/spool.ts';
import type { NatsLink } from './connect.ts';
import { type Letter, openLetter } from './letter.ts';

/** Hands one letter in; rejects when it is not acknowledged. */
export type Post = (connection: NatsConnection, letter: Letter) => Promise<void>;

export interface SenderOptions {
  readonly spool: Spool;
  readonly link: NatsLink;
  readonly post: Post;
  readonly clock: Clock;
  readonly random: Random;
}

/** Letters that are in memory at once. */
const window = { letters: 256, bytes: 32 * 1_048_576, read: { records: 64, bytes: 4 * 1_048_576 } } as const;
const retry = { firstMs: 50, longestMs: 5000 } as const;

export class Sender {
  readonly #options: SenderOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #pumps = new Set<Promise<void>>();
  readonly #queues = new Map<string, StoredRecord[]>();
  /** Positions in memory that are not acknowledged, in their order. */
  #open: number[] = [];
  readonly #done = new Set<number>();
  #bytes = 0;
  #fault: string | undefined;
  #unreadable = 0;
  #room: (() => void) | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#running = this.#load();
  }

  /** Why letters are refused; absent when the last one was taken. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Records of the spool that were no letters; they are left out. */
  get unreadable(): number {
    return this.#unreadable;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#room?.();
    await this.#running;
    await Promise.all(this.#pumps);
  }

  async #load(): Promise<void> {
    const { spool } = this.#options;
    const { signal } = this.#stop;
    let position = spool.cursor;
    while (!signal.aborted) {
      await spool.more(position, signal);
      await this.#waitForRoom();
      if (signal.aborted) return;
      const records = await this.#read(position);
      for (const record of records) this.#take(record);
      position = records.at(-1)?.position ?? position;
    }
  }

  async #read(after: number): Promise<readonly StoredRecord[]> {
    const { spool, clock, random } = this.#options;
    try {
      return await spool.read(after, window.read);
    } catch (error) {
      this.#fault = `the events on disk cannot be read: ${messageOf(error)}`;
      await delay(clock, jittered(retry.longestMs, random), this.#stop.signal);
      return [];
    }
  }

  #take(record: StoredRecord): void {
    const letter = openLetter(record.body);
    this.#open.push(record.position);
    this.#bytes += record.body.length;
    if (letter === undefined) {
      this.#unreadable += 1;
      this.#finish(record);
      return;
    }
    const queue = this.#queues.get(letter.subject);
    if (queue !== undefined) {
      queue.push(record);
      return;
    }
    this.#queues.set(letter.subject, [record]);
    const pump: Promise<void> = this.#pump(letter.subject).finally(() => this.#pumps.delete(pump));
    this.#pumps.add(pump);
  }

  async #pump(subject: string): Promise<void> {
    const queue = this.#queues.get(subject) ?? [];
    for (let [record] = queue; record !== undefined; [record] = queue) {
      const letter = openLetter(record.body);
      if (letter !== undefined && !(await this.#deliver(letter))) return;
      queue.shift();
      this.#finish(record);
    }
    this.#queues.delete(subject);
  }

  /** Tries until the letter is acknowledged; false when the sender was closed first. */
  async #deliver(letter: Letter): Promise<boolean> {
    const { link, post, clock, random } = this.#options;
    const { signal } = this.#stop;
    let refused: NatsConnection | undefined;
    for (let waitMs: number = retry.firstMs; ; waitMs = Math.min(waitMs * 2, retry.longestMs)) {
      const connection = await link.ready(signal);
      if (connection === undefined) return false;
      if (connection !== refused) waitMs = retry.firstMs;
      refused = connection;
      try {
        await post(connection, letter);
        this.#fault = undefined;
        return true;
      } catch (error) {
        if (link.now() === connection) this.#fault = `the event log does not take ${letter.subject}: ${messageOf(error)}`;
      }
      await delay(clock, jittered(waitMs, random), signal);
    }
  }

  #finish({ position, body }: StoredRecord): void {
    this.#bytes -= body.length;
    this.#done.add(position);
    let upTo: number | undefined;
    let many = 0;
    for (const open of this.#open) {
      if (!this.#done.delete(open)) break;
      upTo = open;
      many += 1;
    }
    if (upTo !== undefined) {
      this.#open = this.#open.slice(many);
      this.#options.spool.acknowledge(upTo);
    }
    this.#room?.();
  }

  async #waitForRoom(): Promise<void> {
    while (!this.#stop.signal.aborted && (this.#open.length >= window.letters || this.#bytes >= window.bytes)) {
      await new Promise<void>((resolve) => {
        this.#room = resolve;
      });
    }
    this.#room = undefined;
  }
}
