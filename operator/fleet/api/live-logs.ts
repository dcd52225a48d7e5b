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
  // In the order of the last append or end: the first one is the one that matters least.
  const buffers = new Map<string, LogBuffer>();
  let bytes = 0;

  function drop(taskUid: string, buffer: LogBuffer): void {
    if (buffers.get(taskUid) !== buffer) return;
    buffers.delete(taskUid);
    bytes -= buffer.bytes;
  }

  function bufferOf(taskUid: string, attempt: number): LogBuffer {
    const known = buffers.get(taskUid);
    if (known !== undefined && known.attempt >= attempt) return known;
    if (known !== undefined) {
      // A reader that came before the first byte waits for any attempt.
      if (known.attempt === 0) return rename(taskUid, known, attempt);
      known.end();
      drop(taskUid, known);
    }
    const fresh = new LogBuffer(attempt, limits.attemptBytes);
    buffers.set(taskUid, fresh);
    return fresh;
  }

  return undefined as never;
}
