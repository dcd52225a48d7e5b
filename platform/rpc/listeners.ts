// Who wants to hear of a change.

export interface Listeners {
  /** Adds a listener; the returned function takes it away. */
  add(listener: () => void): () => void;
  call(): void;
}

/** An empty set of listeners. */
export function createListeners(): Listeners {
  const all = new Set<() => void>();
  return {
    add: (listener) => {
      all.add(listener);
      return () => void all.delete(listener);
    },
    call: () => {
      for (const listener of all) listener();
    },
  };
}
