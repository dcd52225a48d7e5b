// Rows as RowBinary, written by hand: four times as fast as JSON, and the server has nothing to parse. Names that come again and again are encoded once.
import type { Column, Row } from './types.ts';

const mostKnown = 20_000;
/** Longer texts, ids of events above all, are rarely said twice. */
const longestKnown = 40;

/** Encodes rows of one table, one batch after the other; its memory of texts is bounded. */
export class RowEncoder {
  readonly #columns: readonly Column[];
  readonly #known = new Map<string, Buffer>();
  #buffer: Buffer = Buffer.allocUnsafe(1 << 16);
  #length = 0;

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
  }

  /** Bytes of these rows; they stay valid until the next call. */
  encode(rows: Iterable<Row>): Uint8Array {
    this.#length = 0;
    for (const row of rows) this.#write(row);
    return this.#buffer.subarray(0, this.#length);
  }

  #write(row: Row): void {
    let index = 0;
    for (const { type } of this.#columns) {
      const value = row[index];
      index += 1;
      if (type === 'String') this.#text(value as string);
      else this.#number(type, value as number);
    }
  }

  #number(type: Exclude<Column['type'], 'String'>, value: number): void {
    // Buffer would write a fraction or NaN as another number, without a word.
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no whole number`);
    this.#room(8);
    const at = this.#length;
    switch (type) {
      case 'UInt8':
        this.#length = this.#buffer.writeUInt8(value, at);
        return;
      case 'UInt16':
        this.#length = this.#buffer.writeUInt16LE(value, at);
        return;
      case 'UInt32':
        this.#length = this.#buffer.writeUInt32LE(value, at);
        return;
      case 'UInt64':
      case 'DateTime64(3)':
        // Two halves: a BigInt for each number would cost more than all else. Times before 1970 do not happen.
        this.#halves(value, value < 4_294_967_296 ? 0 : Math.floor(value / 4_294_967_296));
    }
  }

  #halves(value: number, high: number): void {
    this.#buffer.writeUInt32LE(value - high * 4_294_967_296, this.#length);
    this.#length = this.#buffer.writeUInt32LE(high, this.#length + 4);
  }

  #text(value: string): void {
    const known = this.#known.get(value);
    if (known !== undefined) {
      this.#room(known.length);
      this.#buffer.set(known, this.#length);
      this.#length += known.length;
      return;
    }
    const from = this.#length;
    this.#room(5 + value.length * 3);
    this.#length = this.#varint(Buffer.byteLength(value));
    this.#length += this.#buffer.write(value, this.#length, 'utf8');
    if (value.length > longestKnown) return;
    if (this.#known.size >= mostKnown) this.#known.clear();
    this.#known.set(value, Buffer.from(this.#buffer.subarray(from, this.#length)));
  }

  #varint(value: number): number {
    let at = this.#length;
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[at] = (rest & 0x7f) | 0x80;
      at += 1;
      rest >>>= 7;
    }
    this.#buffer[at] = rest;
    return at + 1;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
