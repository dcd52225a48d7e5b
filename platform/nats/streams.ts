// The streams of the event log as they shall be: made when they are missing, changed when they differ.
import { DiscardPolicy, type JetStreamManager, jetstreamManager, RetentionPolicy, StorageType, StoreCompression, type StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { duplicateSeconds, familySubject, type StreamRow, streams } from '#api/events/streams.ts';
import { messageOf } from '../errors.ts';

export type StreamName = keyof typeof streams;

export interface StreamOptions {
  readonly replicas: number;
  /** Other bounds than those of the table. */
  readonly bounds?: Partial<Record<StreamName, Partial<Pick<StreamRow, 'maxAgeSeconds' | 'maxBytes'>>>>;
}

export type Declared = { readonly kind: 'asDeclared' } | { readonly kind: 'refused'; readonly fault: string };

const nanoseconds = 1e9;
const askMs = 5000;

/** Makes or changes both streams. A refusal is an answer: the user may have no right to, and the streams may be there all the same. */
export async function declareStreams(connection: NatsConnection, options: StreamOptions): Promise<Declared> {
  const faults: string[] = [];
  try {
    const manager = await jetstreamManager(connection, { timeout: askMs, checkAPI: false });
    for (const name of Object.keys(streams) as StreamName[]) {
      const fault = await declare(manager, configOf(name, options));
      if (fault !== undefined) faults.push(`stream ${streams[name].name}: ${fault}`);
    }
  } catch (error) {
    faults.push(messageOf(error));
  }
  return faults.length === 0 ? { kind: 'asDeclared' } : { kind: 'refused', fault: `the event log is not as declared: ${faults.join('; ')}` };
}

type Wanted = Pick<StreamConfig, 'name' | 'subjects' | 'retention' | 'storage' | 'discard' | 'max_age' | 'max_bytes' | 'num_replicas' | 'duplicate_window' | 'compression' | 'deny_delete' | 'description'>;

function configOf(name: StreamName, { replicas, bounds }: StreamOptions): Wanted {
  const { name: stream, families, maxAgeSeconds, maxBytes } = { ...streams[name], ...bounds?.[name] };
  return {
    name: stream,
    description: name === 'audit' ? 'What people decided.' : 'What missions, tasks, pools and agents did.',
    subjects: families.map((family) => familySubject(family)),
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    max_age: maxAgeSeconds * nanoseconds,
    max_bytes: maxBytes,
    num_replicas: replicas,
    duplicate_window: Math.min(duplicateSeconds, maxAgeSeconds) * nanoseconds,
    // Packs of like events shrink a lot, and readers do not notice.
    compression: StoreCompression.S2,
    deny_delete: name === 'audit',
  };
}

async function declare(manager: JetStreamManager, wanted: Wanted): Promise<string | undefined> {
  try {
    const found = await find(manager, wanted.name);
    if (found === undefined) await manager.streams.add(wanted);
    else if (!isAsWanted(found, wanted)) await manager.streams.update(wanted.name, { ...found, ...wanted, metadata: {} });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

const notFound = 10_059;

async function find(manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === notFound) return undefined;
    throw error;
  }
}

function isAsWanted(found: StreamConfig, wanted: Wanted): boolean {
  return (Object.keys(wanted) as (keyof Wanted)[]).every((key) => JSON.stringify(found[key] ?? false) === JSON.stringify(wanted[key]));
}
