// How entities could be written: as mirror/world/codec.ts does it (JSON behind order and version), JSON alone, MessagePack, and MessagePack with shared records.
import { Packr } from 'msgpackr';
import { decodeEntity, encodeEntity } from '#mirror/world/codec.ts';
import type { Entity } from '#mirror/world/decide/settle.ts';
import type { BenchRow } from '../row.ts';

interface Codec {
  readonly name: string;
  readonly write: (entity: Entity) => string | Buffer;
  readonly read: (text: string | Buffer) => unknown;
}

function codecs(): readonly Codec[] {
  const plain = new Packr({ useRecords: false });
  const records = new Packr({ structures: [], maxSharedStructures: 128 });
  return [
    { name: 'chosen', write: encodeEntity, read: (text) => decodeEntity('t:x', String(text)) },
    { name: 'json', write: (entity) => JSON.stringify(entity), read: (text) => JSON.parse(String(text)) as unknown },
    { name: 'msgpack', write: (entity) => plain.pack(entity), read: (text) => plain.unpack(text as Buffer) },
    { name: 'records', write: (entity) => records.pack(entity), read: (text) => records.unpack(text as Buffer) },
  ];
}

const rounds = 30;

/** Microseconds and bytes of one entity; the floor is what MessagePack takes. */
export function benchCodecs(entities: readonly Entity[]): BenchRow[] {
  const measured = new Map(codecs().map((codec) => [codec.name, measure(codec, entities)]));
  const floor = measured.get('msgpack') ?? { write: 0, read: 0, bytes: 0 };
  return [...measured].flatMap(([name, figures]) =>
    (['write', 'read', 'bytes'] as const).map((what): BenchRow => ({ id: `world_${name}_${what}`, value: figures[what], unit: what === 'bytes' ? 'B' : 'us', floor: floor[what], ratio: figures[what] / floor[what], command: 'node bench/world/main.ts' })),
  );
}

function measure({ write, read }: Codec, entities: readonly Entity[]) {
  const written = entities.map(write);
  const time = (once: () => void): number => {
    for (let round = 0; round < 5; round += 1) once();
    const startedAt = performance.now();
    for (let round = 0; round < rounds; round += 1) once();
    return ((performance.now() - startedAt) * 1000) / (rounds * entities.length);
  };
  const bytes = written.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / entities.length;
  return { write: time(() => void entities.map(write)), read: time(() => void written.map(read)), bytes };
}
