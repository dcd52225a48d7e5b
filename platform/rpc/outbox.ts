// Messages on their way out: pushed by callers who must not wait, pulled by the stream at the pace of the peer.

export interface Outbox<T extends object> {
  /** `ended`: after the end, the message is dropped. `full`: more than the limit waits, the message is dropped. */
  push(message: T): 'queued' | 'full' | 'ended';
  /** No message after this one; those that wait are still pulled. */
  end(): void;
  /** Iterated once. */
  readonly messages: AsyncIterable<T>;
}

/** A queue of at most `limit` messages between one producer and one consumer. */
export function createOutbox<T extends object>(limit: number): Outbox<T> {
  const waiting: T[] = [];
  let ended = false;
  let wake = () => {};
  async function* pull(): AsyncGenerator<T> {
    for (;;) {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) yield next;
      if (ended) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return {
    push: (message) => {
      if (ended) return 'ended';
      if (waiting.length >= limit) return 'full';
      waiting.push(message);
      wake();
      return 'queued';
    },
    end: () => {
      ended = true;
      wake();
    },
    messages: pull(),
  };
}
