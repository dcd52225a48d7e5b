// Who leads, as this agent knows it: the stream whose leader has the highest term ever seen. A lower term is never obeyed again.
import type { WorkMessage } from './ports.ts';

/** A stream whose replica says that it leads. */
export interface Leader {
  readonly term: number;
  send(message: WorkMessage): void;
  close(reason: string): void;
}

export interface Leadership {
  readonly highestTerm: number;
  readonly current: Leader | undefined;
  /** Takes a leader; false when a higher term has been seen. */
  accept(leader: Leader): boolean;
  /** Forgets a leader whose stream is over. */
  leave(leader: Leader): void;
  /** Sends to the current leader; false when there is none. */
  send(message: WorkMessage): boolean;
}

/** Before the first leader. */
export function createLeadership(): Leadership {
  let highestTerm = 0;
  let current: Leader | undefined;
  return {
    get highestTerm() {
      return highestTerm;
    },
    get current() {
      return current;
    },
    accept: (leader) => {
      if (leader.term < highestTerm) return false;
      const before = current;
      highestTerm = leader.term;
      current = leader;
      if (before !== undefined && before.term < leader.term) before.close(`term ${before.term} is over: term ${leader.term} has begun`);
      return true;
    },
    leave: (leader) => {
      if (current === leader) current = undefined;
    },
    send: (message) => {
      current?.send(message);
      return current !== undefined;
    },
  };
}
