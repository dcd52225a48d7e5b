// The log of one attempt while it is written: the newest bytes by offset, and readers that wait for more.

/** A piece of a log. */
export interface LogPiece {
  /** Offset of its first byte in the attempt's log. */
  readonly offset: number;
  readonly data: Uint8Array;
}

/** Largest piece handed to a reader, bytes. */
const pieceBytes = 65_536;

export class LogBuffer {
  readonly #limit: number;
  #attempt = 0;
  #pieces: LogPiece[] = [];
  #end = 0;
  #bytes = 0;
  #isEnded = false;
  readonly #waiting = new Set<() => void>();

  /** `limit`: most bytes kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The attempt that writes; 0 before the first byte. */
  get attempt(): number {
    return this.#attempt;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  get isUnused(): boolean {
    return this.#end === 0 && this.#waiting.size === 0;
  }

  /** Adds what is new of this piece: what was seen before is cut off, what is missing stays a gap. Of too many bytes the oldest go. */
  append(attempt: number, offset: number, data: Uint8Array): void {
    this.#attempt = attempt;
    const fresh = data.subarray(Math.max(this.#end - offset, 0));
    if (fresh.length === 0 || this.#isEnded) return;
    const kept = fresh.subarray(Math.max(fresh.length - this.#limit, 0));
    this.#end = offset + data.length;
    // A copy: the view would keep the whole message that it came in.
    this.#pieces.push({ offset: this.#end - kept.length, data: kept.slice() });
    this.#bytes += kept.length;
    while (this.#bytes > this.#limit) this.#bytes -= this.#pieces.shift()?.data.length ?? 0;
    this.#wakeAll();
  }

  /** Nothing more comes; what is there can still be read. */
  end(): void {
    this.#isEnded = true;
    this.#wakeAll();
  }

  /** Forgets the bytes; readers go on with what comes next. */
  clear(): void {
    this.#pieces = [];
    this.#bytes = 0;
  }

  /** Pieces from an offset on, as far back as they are kept, until the end or until `signal` aborts. */
  async *read(from: number, signal: AbortSignal): AsyncGenerator<LogPiece> {
    let at = from;
    while (!signal.aborted) {
      const piece = this.#pieceAt(at);
      if (piece !== undefined) {
        yield piece;
        at = piece.offset + piece.data.length;
      } else if (this.#isEnded) return;
      else await this.#changed(signal);
    }
  }

  #pieceAt(at: number): LogPiece | undefined {
    const found = this.#pieces.find(({ offset, data }) => offset + data.length > at);
    if (found === undefined) return undefined;
    const skip = Math.max(at - found.offset, 0);
    return { offset: found.offset + skip, data: found.data.subarray(skip, skip + pieceBytes) };
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
  }
}
