// Hands out user ids to pods, each to one pod at a time and in turn, so that an id rests before it is used again.
import type { UserBlock } from '../pod-users.ts';

export interface Users {
  /** A free user id; undefined when pods share the node's user. */
  take(): number | undefined;
  giveBack(user: number | undefined): void;
}

/** The ids of a block; without one nobody gets an id. */
export function podUsers(block: UserBlock | undefined): Users {
  const taken = new Set<number>();
  let next = 0;
  return {
    take: () => {
      if (block === undefined) return undefined;
      for (let tries = 0; tries < block.count; tries += 1) {
        const user = block.first + next;
        next = (next + 1) % block.count;
        if (!taken.has(user)) {
          taken.add(user);
          return user;
        }
      }
      throw new Error(`take a user id for a pod: all ${block.count} are in use, so the pod cannot start; delete pods`);
    },
    giveBack: (user) => {
      if (user !== undefined) taken.delete(user);
    },
  };
}
