// How one record lies in a file: a header of 32 bytes, then the body. The checksum covers all of it but the magic number and itself.
import { crc32 } from 'node:zlib';

export const headerBytes = 32;
/** Begins each record; after a damaged one the next is looked for by it. */
const magic = 0x5b_e7_1d_c3;
const mark = Buffer.from('5be71dc3', 'hex');
const at = { magic: 0, checksum: 4, length: 8, count: 12, position: 16, time: 24 } as const;

export interface Header {
  readonly position: number;
  readonly time: number;
  readonly count: number;
  /** Bytes of the body. */
  readonly length: number;
}

/** Writes a record into `target`; returns where the next one begins. */
export function writeRecord(target: Buffer, offset: number, { position, time, count }: Omit<Header, 'length'>, body: Uint8Array): number {
  const end = offset + headerBytes + body.length;
  target.writeUInt32BE(magic, offset);
  target.writeUInt32BE(body.length, offset + at.length);
  target.writeUInt32BE(count, offset + at.count);
  target.writeDoubleBE(position, offset + at.position);
  target.writeDoubleBE(time, offset + at.time);
  target.set(body, offset + headerBytes);
  target.writeUInt32BE(crc32(target.subarray(offset + at.length, end)), offset + at.checksum);
  return end;
}

/** The header of the record at `offset`, if a whole and undamaged one is there. */
export function readRecord(source: Buffer, offset: number): Header | undefined {
  if (offset + headerBytes > source.length || source.readUInt32BE(offset) !== magic) return undefined;
  const length = source.readUInt32BE(offset + at.length);
  const end = offset + headerBytes + length;
  if (end > source.length || crc32(source.subarray(offset + at.length, end)) !== source.readUInt32BE(offset + at.checksum)) return undefined;
  return { position: source.readDoubleBE(offset + at.position), time: source.readDoubleBE(offset + at.time), count: source.readUInt32BE(offset + at.count), length };
}

/** The next undamaged record from `offset` on, and where it begins. */
export function nextRecord(source: Buffer, offset: number): { readonly start: number; readonly header: Header } | undefined {
  for (let start = source.indexOf(mark, offset); start !== -1; start = source.indexOf(mark, start + 1)) {
    const header = readRecord(source, start);
    if (header !== undefined) return { start, header };
  }
  return undefined;
}
