// Which records wait, in memory: their places in the files and the sums over them.
import type { Entry, Segment } from './recover.ts';

/** Records that are not acknowledged, by position. Dropping from the front and adding at the end cost the same however many wait. */
export class Pending {
  #entries: (Entry | undefined)[];
  #head = 0;
  #count = 0;
  #bytes = 0;

  constructor(entries: readonly Entry[]) {
    this.#entries = [];
    for (const entry of entries) this.add(entry);
  }

  get length(): number {
    return this.#entries.length - this.#head;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get oldest(): Entry | undefined {
    return this.#entries[this.#head];
  }

  get newest(): Entry | undefined {
    return this.length === 0 ? undefined : this.#entries.at(-1);
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    this.#count += entry.count;
    this.#bytes += entry.bytes;
  }

  /** Forgets all up to a position; gives the files that nothing waits in any more. */
  dropUpTo(position: number): readonly Segment[] {
    const emptied: Segment[] = [];
    for (let entry = this.oldest; entry !== undefined && entry.position <= position; entry = this.oldest) {
      this.#entries[this.#head++] = undefined;
      this.#forget(entry, emptied);
    }
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return emptied;
  }

  /** Forgets one record in the middle. */
  drop(damaged: Entry): readonly Segment[] {
    const emptied: Segment[] = [];
    const index = this.#indexAfter(damaged.position - 1);
    if (this.#entries[index] !== damaged) return emptied;
    this.#entries.splice(index, 1);
    this.#forget(damaged, emptied);
    return emptied;
  }

  /** Records after a position that lie side by side in one file. */
  runAfter(position: number, limits: { readonly records: number; readonly bytes: number }): readonly Entry[] {
    const run: Entry[] = [];
    let bytes = 0;
    for (let index = this.#indexAfter(position); index < this.#entries.length && run.length < limits.records; index += 1) {
      const entry = this.#entries[index];
      if (entry === undefined || (run.length > 0 && !this.#continues(run, entry, limits.bytes - bytes))) break;
      run.push(entry);
      bytes += entry.bytes;
    }
    return run;
  }

  #continues(run: readonly Entry[], entry: Entry, room: number): boolean {
    const last = run.at(-1);
    return last !== undefined && last.segment === entry.segment && last.offset + last.bytes === entry.offset && entry.bytes <= room;
  }

  #indexAfter(position: number): number {
    let [low, high] = [this.#head, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.position ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #forget(entry: Entry, emptied: Segment[]): void {
    this.#count -= entry.count;
    this.#bytes -= entry.bytes;
    entry.segment.pending -= 1;
    if (entry.segment.pending === 0) emptied.push(entry.segment);
  }
}
