// How far was acknowledged, in two slots that are written in turns: a torn write leaves the other one. Never synced: an old cursor only brings back what was acknowledged.
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { openOrMake } from './files.ts';

const slotBytes = 24;
const at = { checksum: 0, turn: 8, position: 16 } as const;

export interface Cursor {
  /** Where it stood when it was opened; 0 for one that is new or damaged, which has everything that is left read again. */
  readonly position: number;
  /** Remembers a position; the newest one wins when several wait. A disk that fails is no fault of the caller's: the next write may succeed. */
  write(position: number): void;
  close(): Promise<void>;
}

interface Slot {
  readonly turn: number;
  readonly position: number;
}

export async function openCursor(path: string): Promise<Cursor> {
  const file = await openOrMake(path);
  const content = Buffer.alloc(2 * slotBytes);
  await file.read(content, 0, content.length, 0);
  const [newest = { turn: 0, position: 0 }] = [readSlot(content.subarray(0, slotBytes)), readSlot(content.subarray(slotBytes))].filter((slot) => slot !== undefined).toSorted((one, other) => other.turn - one.turn);
  return new FileCursor(file, newest);
}

function readSlot(bytes: Buffer): Slot | undefined {
  const isWhole = crc32(bytes.subarray(at.turn)) === bytes.readUInt32BE(at.checksum);
  const turn = bytes.readDoubleBE(at.turn);
  return isWhole && turn > 0 ? { turn, position: bytes.readDoubleBE(at.position) } : undefined;
}

function slotOf({ turn, position }: Slot): Buffer {
  const bytes = Buffer.alloc(slotBytes);
  bytes.writeDoubleBE(turn, at.turn);
  bytes.writeDoubleBE(position, at.position);
  bytes.writeUInt32BE(crc32(bytes.subarray(at.turn)), at.checksum);
  return bytes;
}

class FileCursor implements Cursor {
  readonly position: number;
  readonly #file: FileHandle;
  #turn: number;
  #wanted: number;
  #written: number;
  #writing: Promise<void> | undefined;

  constructor(file: FileHandle, { turn, position }: Slot) {
    this.#file = file;
    this.#turn = turn;
    this.position = position;
    this.#wanted = position;
    this.#written = position;
  }

  write(position: number): void {
    this.#wanted = position;
    this.#writing ??= this.#flush();
  }

  async close(): Promise<void> {
    await this.#writing;
    if (this.#written !== this.#wanted) await this.#flush();
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    // Positions of the same turn of the event loop are written once.
    await Promise.resolve();
    for (let isWell = true; isWell && this.#written !== this.#wanted; ) isWell = await this.#writeNewest();
    this.#writing = undefined;
  }

  async #writeNewest(): Promise<boolean> {
    const position = this.#wanted;
    this.#turn += 1;
    try {
      await this.#file.write(slotOf({ turn: this.#turn, position }), 0, slotBytes, (this.#turn % 2) * slotBytes);
    } catch {
      return false;
    }
    this.#written = position;
    return true;
  }
}
