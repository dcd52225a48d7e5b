// A bounded queue between the operator and one reader. Who reads too slowly is cut off: nobody's connection may grow our memory.
import { Code, ConnectError } from '@connectrpc/connect';

export interface Mailbox<T> extends AsyncIterable<T> {
  /** Adds an item for the reader. When the box is full the reader is cut off and later items are ignored. */
  push(item: T): void;
  /** Ends the reading after what is in the box. */
  end(): void;
}

/** A mailbox for one reader, who reads until `end`, until `signal` aborts, or until it is cut off with RESOURCE_EXHAUSTED. */
export function createMailbox<T>(limit: number, signal: AbortSignal): Mailbox<T> {
  let items: T[] = [];
  let state: 'open' | 'ended' | 'overflown' = 'open';
  let wake: (() => void) | undefined;

  function change(next: typeof state): void {
    if (state === 'open') state = next;
    wake?.();
  }

  async function* read(): AsyncGenerator<T> {
    while (!signal.aborted) {
      const batch = items;
      items = [];
      yield* batch;
      if (state === 'overflown') throw new ConnectError(`more than ${limit} messages waited: the stream was read too slowly; open it again`, Code.ResourceExhausted);
      if (items.length > 0) continue;
      if (state === 'ended') return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (signal.aborted) resolve();
      });
      wake = undefined;
    }
  }

  signal.addEventListener('abort', () => wake?.(), { once: true });
  return {
    push(item) {
      if (state !== 'open') return;
      if (items.length >= limit) {
        items = [];
        return change('overflown');
      }
      items.push(item);
      wake?.();
    },
    end: () => change('ended'),
    [Symbol.asyncIterator]: read,
  };
}
