// Lines about missions that no object holds, passed on to whoever listens at that moment. Nothing is kept.

/** One line: what Follow streams. */
export interface FeedLine {
  /** RFC 3339. */
  readonly time: string;
  /** Name of the task inside its mission; empty for the mission itself. */
  readonly task: string;
  readonly state: string;
  /** Pod of the agent; empty when there is none. */
  readonly agent: string;
  /** Progress of a running task, 0 to 100. */
  readonly percent: number;
  readonly message: string;
}

export interface Feed {
  publish(missionUid: string, line: FeedLine): void;
  /** Calls `listener` for each later line of this mission; the returned function ends it. */
  subscribe(missionUid: string, listener: (line: FeedLine) => void): () => void;
  /** Missions that somebody listens to. */
  readonly size: number;
}

/** A feed without listeners. */
export function createFeed(): Feed {
  const listeners = new Map<string, Set<(line: FeedLine) => void>>();
  return {
    publish(missionUid, line) {
      for (const listener of listeners.get(missionUid) ?? []) listener(line);
    },
    subscribe(missionUid, listener) {
      const own = (line: FeedLine) => listener(line);
      const all = listeners.get(missionUid) ?? new Set();
      listeners.set(missionUid, all.add(own));
      return () => {
        all.delete(own);
        if (all.size === 0 && listeners.get(missionUid) === all) listeners.delete(missionUid);
      };
    },
    get size() {
      return listeners.size;
    },
  };
}
