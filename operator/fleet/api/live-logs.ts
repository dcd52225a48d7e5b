// Logs of running attempts, in bounded memory. The whole log is an artifact of the task; this is for those who look on.
import type { Clock } from '#platform/clock.ts';
import { LogBuffer, type LogPiece } from './log-buffer.ts';

export interface LiveLogs {
  /** Adds a piece; gaps and overlaps are told by its offset. A higher attempt starts a new log, a lower one is ignored. */
  append(taskUid: string, attempt: number, offset: number, data: Uint8Array): void;
  /** Pieces from an offset until the attempt ends or `signal` aborts. Waits for an attempt that has not written yet. */
  read(taskUid: string, fromOffset: number, signal: AbortSignal): AsyncIterable<LogPiece>;
  /** True while there is a log to read. */
  has(taskUid: string): boolean;
  /** The attempt has ended: its log can be read for 60 s more. */
  end(taskUid: string): void;
  /** Bytes kept now. */
  readonly bytes: number;
}

export interface LogLimits {
  /** Most bytes of all logs together. */
  readonly totalBytes: number;
  /** Most bytes of one attempt; older ones go. */
  readonly attemptBytes: number;
}

const defaultLimits: LogLimits = { totalBytes: 64 << 20, attemptBytes: 1 << 20 };
const keptMs = 60_000;

/** No logs yet. */
export function createLiveLogs(clock: Pick<Clock, 'after'>, limits: LogLimits = defaultLimits): LiveLogs {
  return new BoundedLogs(clock, limits);
}

class BoundedLogs implements LiveLogs {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #limits: LogLimits;
  // In the order of the last append: the first one matters least.
  readonly #buffers = new Map<string, LogBuffer>();
  #bytes = 0;

  constructor(clock: Pick<Clock, 'after'>, limits: LogLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  has(taskUid: string): boolean {
    return this.#buffers.has(taskUid);
  }

  append(taskUid: string, attempt: number, offset: number, data: Uint8Array): void {
    const buffer = this.#writable(taskUid, attempt);
    if (buffer === undefined) return;
    const before = buffer.bytes;
    buffer.append(attempt, offset, data);
    this.#bytes += buffer.bytes - before;
    this.#buffers.delete(taskUid);
    this.#buffers.set(taskUid, buffer);
    if (this.#bytes > this.#limits.totalBytes) this.#makeRoom();
  }

  async *read(taskUid: string, fromOffset: number, signal: AbortSignal): AsyncGenerator<LogPiece> {
    const buffer = this.#buffers.get(taskUid) ?? this.#fresh();
    this.#buffers.set(taskUid, buffer);
    try {
      yield* buffer.read(fromOffset, signal);
    } finally {
      if (buffer.isUnused) this.#drop(taskUid, buffer);
    }
  }

  end(taskUid: string): void {
    const buffer = this.#buffers.get(taskUid);
    if (buffer === undefined || buffer.isEnded) return;
    buffer.end();
    this.#clock.after(keptMs, () => this.#drop(taskUid, buffer));
  }

  /** The buffer that this attempt writes to; undefined when it comes too late. */
  #writable(taskUid: string, attempt: number): LogBuffer | undefined {
    const known = this.#buffers.get(taskUid);
    if (known === undefined) return this.#fresh();
    const isOver = known.isEnded || known.attempt > 0;
    if (known.attempt >= attempt || !isOver) return known.attempt > attempt || known.isEnded ? undefined : known;
    known.end();
    this.#drop(taskUid, known);
    return this.#fresh();
  }

  #fresh(): LogBuffer {
    return new LogBuffer(this.#limits.attemptBytes);
  }

  #drop(taskUid: string, buffer: LogBuffer): void {
    if (this.#buffers.get(taskUid) !== buffer) return;
    this.#buffers.delete(taskUid);
    this.#bytes -= buffer.bytes;
  }

  /** First what has ended, then the bytes of those that wrote longest ago; their readers go on with what comes next. */
  #makeRoom(): void {
    const isEnough = () => this.#bytes <= this.#limits.totalBytes;
    for (const [taskUid, buffer] of this.#buffers) if (!isEnough() && buffer.isEnded) this.#drop(taskUid, buffer);
    for (const buffer of this.#buffers.values()) {
      if (isEnough()) return;
      this.#bytes -= buffer.bytes;
      buffer.clear();
    }
  }
}
