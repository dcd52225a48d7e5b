// Several streams as one: whichever has something next is read next.

/** Items of all sources as they come, until all have ended. The first failure ends it. */
export async function* merged<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const waiting = new Map(iterators.map((iterator) => [iterator, next(iterator)]));
  try {
    while (waiting.size > 0) {
      const { iterator, result } = await Promise.race(waiting.values());
      if (result.done === true) waiting.delete(iterator);
      else {
        waiting.set(iterator, next(iterator));
        yield result.value;
      }
    }
  } finally {
    // One that waits for its next item can only be told to end; nobody waits until it has.
    for (const iterator of waiting.keys()) void iterator.return?.().catch(() => {});
  }
}

function next<T>(iterator: AsyncIterator<T>): Promise<{ readonly iterator: AsyncIterator<T>; readonly result: IteratorResult<T> }> {
  const asked = iterator.next().then((result) => ({ iterator, result }));
  // Whoever loses the race may fail when nobody listens any more.
  asked.catch(() => {});
  return asked;
}
