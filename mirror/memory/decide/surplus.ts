// Which memories go: those that are too old, and the oldest of those that are too many.

export interface Aged {
  readonly id: string;
  /** Epoch seconds. */
  readonly endedAt: number;
}

/** Ids of what is to be forgotten. Of too many a tenth more goes, so that not every one that comes makes work. */
export function surplus(kept: readonly Aged[], { most, since }: { readonly most: number; readonly since: number }): readonly string[] {
  const [old, young] = [kept.filter(({ endedAt }) => endedAt < since), kept.filter(({ endedAt }) => endedAt >= since)];
  const room = young.length > most ? Math.floor(most * 0.9) : most;
  const oldestFirst = young.toSorted((a, b) => a.endedAt - b.endedAt || (a.id < b.id ? -1 : 1));
  return [...old, ...oldestFirst.slice(0, Math.max(0, young.length - room))].map(({ id }) => id);
}
