// What agents told of missions whose worlds are being loaded: the last of each thing, and not more than there is room for.
import type { Change } from './decide/change.ts';

export class Late {
  readonly #changes = new Map<string, Map<string, Change>>();
  readonly #most: number;
  readonly #dropped: () => void;
  #count = 0;

  constructor(most: number, dropped: () => void) {
    this.#most = most;
    this.#dropped = dropped;
  }

  add(uid: string, change: Change): void {
    const known = this.#changes.get(uid)?.get(change.field);
    if (known !== undefined && known.order >= change.order) return;
    if (known === undefined && this.#count >= this.#most) return this.#dropped();
    if (known === undefined) this.#count += 1;
    const mission = this.#changes.get(uid) ?? new Map<string, Change>();
    this.#changes.set(uid, mission.set(change.field, change));
  }

  /** Gives what is kept of a mission, and forgets it. */
  take(uid: string): readonly Change[] {
    const changes = [...(this.#changes.get(uid)?.values() ?? [])];
    this.#changes.delete(uid);
    this.#count -= changes.length;
    return changes;
  }
}
