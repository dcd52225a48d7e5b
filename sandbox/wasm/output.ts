// What the code prints: kept up to the cap of each stream and passed on as it comes.
import type { OnPrint } from './conversation.ts';

export interface PrintedText {
  readonly print: OnPrint;
  text(stream: 'stdout' | 'stderr'): string;
}

/** Keeps `capBytes` of each stream; `onCap` is called for what is more. */
export function keepPrinted(capBytes: number, onCap: () => void, onOutput: OnPrint | undefined): PrintedText {
  const kept = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  return {
    print: (stream, chunk) => {
      const part = chunk.subarray(0, capBytes - kept[stream].length);
      if (part.length > 0) {
        kept[stream] = Buffer.concat([kept[stream], part]);
        onOutput?.(stream, part);
      }
      if (part.length < chunk.length) onCap();
    },
    text: (stream) => kept[stream].toString('utf8'),
  };
}
