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
  // In the order of the last append: of those that have ended the first one matters least.
  const buffers = new Map<string, LogBuffer>();
  let bytes = 0;

  function drop(taskUid: string, buffer: LogBuffer): void {
    if (buffers.get(taskUid) !== buffer) return;
    buffers.delete(taskUid);
    bytes -= buffer.bytes;
  }

  /** The buffer that this attempt writes to; undefined when a later attempt has taken its place or it has ended. */
  function writable(taskUid: string, attempt: number): LogBuffer | undefined {
    const known = buffers.get(taskUid);
    if (known === undefined || (known.attempt < attempt && known.attempt > 0)) {
      known?.end();
      if (known !== undefined) drop(taskUid, known);
      return new LogBuffer(limits.attemptBytes);
    }
    return known.attempt > attempt || known.isEnded ? undefined : known;
  }

  function makeRoom(): void {
    for (const [taskUid, buffer] of buffers) if (bytes > limits.totalBytes && buffer.isEnded) drop(taskUid, buffer);
    for (const buffer of buffers.values()) {
      if (bytes <= limits.totalBytes) return;
      bytes -= buffer.bytes;
      buffer.clear();
    }
  }

  return {
    append(taskUid, attempt, offset, data) {
      const buffer = writable(taskUid, attempt);
      if (buffer === undefined) return;
      const before = buffer.bytes;
      buffer.append(attempt, offset, data);
      bytes += buffer.bytes - before;
      buffers.delete(taskUid);
      buffers.set(taskUid, buffer);
      makeRoom();
    },
    async *read(taskUid, fromOffset, signal) {
      const buffer = buffers.get(taskUid) ?? new LogBuffer(limits.attemptBytes);
      buffers.set(taskUid, buffer);
      try {
        yield* buffer.read(fromOffset, signal);
      } finally {
        if (buffer.isUnused) drop(taskUid, buffer);
      }
    },
    has: (taskUid) => buffers.has(taskUid),
    end(taskUid) {
      const buffer = buffers.get(taskUid);
      if (buffer === undefined || buffer.isEnded) return;
      buffer.end();
      clock.after(keptMs, () => drop(taskUid, buffer));
    },
    get bytes() {
      return bytes;
    },
  };
}
