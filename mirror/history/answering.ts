// A log that does not answer is told as such: the reader of the log waits for servers as long as it takes, people do not.
import type { Clock } from '#platform/clock.ts';

export interface Patience {
  readonly clock: Pick<Clock, 'after'>;
  /** Longest wait for the next item. */
  readonly longestMs: number;
}

/** Items of a stream; rejects when the next one does not come in time. What `open` made is told to end in any case. */
export async function* answering<T>(open: (signal: AbortSignal) => AsyncIterable<T>, { clock, longestMs }: Patience, signal: AbortSignal): AsyncGenerator<T> {
  const over = new AbortController();
  const items = open(AbortSignal.any([signal, over.signal]))[Symbol.asyncIterator]();
  try {
    for (let next = await soon(items.next(), { clock, longestMs }); next !== undefined; next = await soon(items.next(), { clock, longestMs })) {
      if (next.done === true) return;
      yield next.value;
    }
    throw new Error(`no server of the log answered for ${longestMs / 1000} s`);
  } finally {
    over.abort();
  }
}

async function soon<T>(asked: Promise<T>, { clock, longestMs }: Patience): Promise<T | undefined> {
  let cancel = () => {};
  const late = new Promise<undefined>((resolve) => {
    cancel = clock.after(longestMs, () => resolve(undefined));
  });
  // Nobody listens any more to what comes too late.
  asked.catch(() => {});
  try {
    return await Promise.race([asked, late]);
  } finally {
    cancel();
  }
}
