// The log of one attempt. Live text and stored text are the same bytes: both come from this one buffer.
import type { Clock } from '#platform/clock.ts';

export const logLimits = { maxBytes: 1_048_576, chunkBytes: 16_384, coalesceMs: 100 } as const;

const notice = Buffer.from(`\n[log cut: more than ${logLimits.maxBytes} bytes]\n`);

/** Takes the bytes from `offset` on. */
export type LogReader = (offset: number, data: Uint8Array) => void;

export interface TaskLog {
  write(text: string | Uint8Array): void;
  /** Sends everything from the first byte on to `reader`, and what follows as it comes; undefined: to nobody. */
  follow(reader: LogReader | undefined): void;
  /** Sends what has not been sent yet. */
  flush(): void;
  /** All of it, at most 1 MiB with the notice that more was cut. */
  bytes(): Uint8Array;
}

/** An empty log. */
export function createTaskLog(clock: Clock): TaskLog {
  const kept = createBuffer();
  let reader: LogReader | undefined;
  let sent = 0;
  let cancelTimer: (() => void) | undefined;

  const flush = (): void => {
    cancelTimer?.();
    cancelTimer = undefined;
    while (reader !== undefined && sent < kept.length()) {
      const chunk = kept.slice(sent, sent + logLimits.chunkBytes);
      reader(sent, chunk);
      sent += chunk.length;
    }
  };
  return {
    write: (text) => {
      kept.append(typeof text === 'string' ? Buffer.from(text) : text);
      if (reader === undefined || sent === kept.length()) return;
      if (kept.length() - sent >= logLimits.chunkBytes) flush();
      else cancelTimer ??= clock.after(logLimits.coalesceMs, flush);
    },
    follow: (next) => {
      reader = next;
      sent = 0;
      flush();
    },
    flush,
    bytes: () => kept.slice(0, kept.length()),
  };
}

/** Grows up to the limit; the first bytes beyond it become the notice. */
function createBuffer() {
  let buffer = Buffer.alloc(4096);
  let length = 0;
  let full = false;
  const add = (data: Uint8Array): void => {
    if (length + data.length > buffer.length) buffer = Buffer.concat([buffer.subarray(0, length)], Math.min(logLimits.maxBytes, Math.max(buffer.length * 2, length + data.length)));
    buffer.set(data, length);
    length += data.length;
  };
  return {
    length: () => length,
    slice: (from: number, to: number) => Uint8Array.from(buffer.subarray(from, Math.min(to, length))),
    append: (data: Uint8Array): void => {
      if (full) return;
      const room = logLimits.maxBytes - notice.length - length;
      full = data.length > room;
      add(data.subarray(0, room));
      if (full) add(notice);
    },
  };
}
