// A few calls at once, and no more: a bucket has many objects.

/** Results in the order of the items. The first failure is that of all, when those that run have ended. */
export async function inParallel<T, R>(items: readonly T[], most: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const entries = items.entries();
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    for (const [index, item] of entries) {
      if (failures.length > 0) return;
      results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, () => lane().catch((error: unknown) => void failures.push(error))));
  if (failures.length > 0) throw failures[0];
  return results;
}
