// A buffer that grows, in the wire's terms: LEB128 lengths, UTF-8 texts, little-endian numbers as every host of Node has them.

/** Written from the beginning again and again; what it gave before is overwritten then. */
export class ByteWriter {
  #buffer: Buffer = Buffer.allocUnsafe(1 << 16);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  reset(): void {
    this.#length = 0;
  }

  /** What was written; valid until the next reset. */
  written(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** A copy of what was written from a place on. */
  copyFrom(from: number): Buffer {
    return Buffer.from(this.#buffer.subarray(from, this.#length));
  }

  varint(value: number): void {
    this.#room(5);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[this.#length++] = rest;
  }

  /** Length in bytes, then the text. */
  text(value: string): void {
    this.#room(5 + value.length * 3);
    // Below 128 bytes the length takes one byte, whichever the letters are: written when it is known.
    if (value.length * 3 < 0x80) {
      const size = this.#buffer.write(value, this.#length + 1, 'utf8');
      this.#buffer[this.#length] = size;
      this.#length += size + 1;
      return;
    }
    this.varint(Buffer.byteLength(value));
    this.#length += this.#buffer.write(value, this.#length, 'utf8');
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** The last bytes once more. */
  repeat(bytes: number): void {
    this.#room(bytes);
    this.#buffer.copyWithin(this.#length, this.#length - bytes, this.#length);
    this.#length += bytes;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
