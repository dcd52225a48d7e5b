// Splits a stream of bytes into lines without copying more than the broken ones.
import { PlatformError } from '#platform/errors.ts';

const newline = 0x0a;

/** Kind of the error for bytes that are no events. */
export const garbageKind = 'garbage';

/** Collects chunks and hands out whole lines; what follows the last newline is kept. */
export class LineSplitter {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** `maxBytes`: longest line that is waited for. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes a chunk and calls `onLine` for each line that it completes; empty lines are left out. Throws for a line without end. */
  push(chunk: Buffer, onLine: (line: string) => void): void {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const line = this.#join(chunk.subarray(start, end));
      start = end + 1;
      if (line !== '') onLine(line);
    }
    this.#keep(chunk.subarray(start));
  }

  #join(tail: Buffer): string {
    if (this.#bytes === 0) return tail.toString();
    const whole = Buffer.concat([...this.#parts, tail]);
    this.#parts = [];
    this.#bytes = 0;
    return whole.toString();
  }

  #keep(rest: Buffer): void {
    if (rest.length === 0) return;
    this.#bytes += rest.length;
    if (this.#bytes > this.#maxBytes) throw new PlatformError(garbageKind, `read a line: longer than ${this.#maxBytes} bytes; the rest of the stream cannot be used; list again`);
    this.#parts.push(rest);
  }
}
