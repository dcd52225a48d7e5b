// Keeps the output of a run up to its cap and passes it on as it comes.
import type { Readable } from 'node:stream';

export type StreamName = 'stdout' | 'stderr';
export type OnOutput = (stream: StreamName, chunk: Uint8Array) => void;

export interface Output {
  text(stream: StreamName): string;
  /** Resolves when both streams have ended. */
  readonly ended: Promise<void>;
  /** Gives up on streams that something still holds open. */
  cut(): void;
}

/** Collects stdout and stderr, each up to `capBytes`; `onCap` is called when more comes. */
export function collectOutput(streams: Readonly<Record<StreamName, Readable>>, capBytes: number, onCap: () => void, onOutput?: OnOutput): Output {
  const kept: Record<StreamName, Buffer[]> = { stdout: [], stderr: [] };
  const collect = (name: StreamName): Promise<void> => {
    let room = capBytes;
    streams[name].on('data', (chunk: Buffer) => {
      const part = chunk.subarray(0, room);
      room -= part.length;
      if (part.length > 0) {
        kept[name].push(part);
        onOutput?.(name, part);
      }
      if (part.length < chunk.length) onCap();
    });
    return new Promise((resolve) => streams[name].once('close', () => resolve()));
  };
  const ended = Promise.all([collect('stdout'), collect('stderr')]);
  return {
    text: (stream) => Buffer.concat(kept[stream]).toString('utf8'),
    ended: ended.then(() => undefined),
    cut: () => {
      streams.stdout.destroy();
      streams.stderr.destroy();
    },
  };
}
