// What Redis is to the rest of the house: commands in, values or faults out.
import { createHash } from 'node:crypto';
import type { RedisFault } from './faults.ts';

export type Word = string | number | Buffer;

/** A Lua script, sent once to each server and then named by its hash. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

/** One thing to do: a command, or a script. All its keys are in one slot. */
export type Order =
  | { readonly kind: 'command'; readonly name: string; readonly key: string; readonly args: readonly Word[] }
  | { readonly kind: 'script'; readonly script: Script; readonly keys: readonly [string, ...string[]]; readonly args: readonly Word[] };

/** Bulk strings are text; what is not UTF-8 does not survive. A hash that is read whole is an object. */
export type Reply = { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'fault'; readonly fault: RedisFault };

export type RedisState = { readonly kind: 'ready' } | { readonly kind: 'down'; readonly sinceMs: number; readonly fault: RedisFault };

export interface Redis {
  /** Carries out orders in pipelines, those of one slot in their order. Never rejects. After a fault of the connection it is unknown whether an order was carried out; nothing is sent twice. */
  run(orders: readonly Order[]): Promise<readonly Reply[]>;
  /** All keys that match a pattern, of all masters, in batches; may name a key twice. Throws when a server cannot be asked. */
  keys(pattern: string): AsyncIterable<readonly string[]>;
  state(): RedisState;
  /** Called whenever a connection has become usable, also one of several. */
  onReady(listener: () => void): void;
  close(): Promise<void>;
}

/** A script with its hash. */
export function scriptOf(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

/** A command with one key. */
export function command(name: string, key: string, ...args: readonly Word[]): Order {
  return { kind: 'command', name, key, args };
}
