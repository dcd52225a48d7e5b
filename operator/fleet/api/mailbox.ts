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
  return new BoundedMailbox(limit, signal);
}

class BoundedMailbox<T> implements Mailbox<T> {
  readonly #limit: number;
  readonly #signal: AbortSignal;
  #items: T[] = [];
  #state: 'open' | 'ended' | 'overflown' = 'open';
  #wake: (() => void) | undefined;

  constructor(limit: number, signal: AbortSignal) {
    this.#limit = limit;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
  }

  push(item: T): void {
    if (this.#state !== 'open') return;
    if (this.#items.length < this.#limit) this.#items.push(item);
    else this.#state = 'overflown';
    this.#wake?.();
  }

  end(): void {
    if (this.#state === 'open') this.#state = 'ended';
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    while (!this.#signal.aborted) {
      if (this.#state === 'overflown') throw new ConnectError(`more than ${this.#limit} messages waited: the stream was read too slowly; open it again`, Code.ResourceExhausted);
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#state === 'ended') return;
      else await this.#changed();
    }
  }

  async #changed(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }
}
