// Questions that may wait: collected for a moment, sent as one batch, followed until it ends. Callers come and go meanwhile; the answer
// stays for whoever asks the same again.
import { delay } from '#platform/clock.ts';
import { type BatchOptions, type Landing, type Parcel, sendBatch, type Sent } from './batch-run.ts';

/** The place of one caller at the desk. */
export interface Claim {
  /** Undefined when `signal` aborted before: whoever asks the same later may claim it. Missed, too, when its time is over. */
  outcome(signal: AbortSignal): Promise<Landing | undefined>;
}

export interface BatchDesk {
  /** The question with this key that nobody waits for now. */
  claim(key: string): Claim | undefined;
  /** Takes a question that is wanted within so long, in milliseconds. */
  send(key: string, slackMs: number, parcel: Parcel): Claim;
  /** Lets callers go; what is under way counts at the most it can have cost, as the journal has it. */
  close(): void;
}

/** A desk with nothing on it. */
export function createBatchDesk(options: BatchOptions): BatchDesk {
  return new Desk(options);
}

interface Entry {
  readonly key: string;
  readonly landed: Promise<Landing>;
  /** On the clock that only grows. */
  readonly dueAt: number;
  isClaimed: boolean;
}

interface Collected {
  readonly parcels: Sent[];
  readonly stopTimer: () => void;
  bytes: number;
}

const maxParcels = 100;
const maxBytes = 33_554_432;
/** How long an answer waits for its caller. */
const keptMs = 3_600_000;

class Desk implements BatchDesk {
  readonly #options: BatchOptions;
  readonly #stop = new AbortController();
  readonly #entries = new Set<Entry>();
  /** By the headers that a batch has in common. */
  readonly #collected = new Map<string, Collected>();

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  claim(key: string): Claim | undefined {
    const entry = [...this.#entries].find((other) => other.key === key && !other.isClaimed);
    return entry === undefined ? undefined : this.#claimOf(entry);
  }

  send(key: string, slackMs: number, parcel: Parcel): Claim {
    const { clock, newId } = this.#options;
    const { promise: landed, resolve } = Promise.withResolvers<Landing>();
    const entry: Entry = { key, landed, dueAt: clock.monotonic() + slackMs, isClaimed: false };
    this.#entries.add(entry);
    const land = (landing: Landing): void => {
      resolve(landing);
      clock.after(keptMs, () => this.#entries.delete(entry));
    };
    this.#collect({ ...parcel, id: newId(), land });
    return this.#claimOf(entry);
  }

  close(): void {
    this.#stop.abort();
    for (const { stopTimer } of this.#collected.values()) stopTimer();
  }

  #collect(parcel: Sent): void {
    const common = JSON.stringify(parcel.headers);
    const open = this.#collected.get(common);
    if (open !== undefined && open.bytes + parcel.bytes > maxBytes) this.#flush(common);
    const collected = this.#collected.get(common) ?? this.#open(common);
    collected.parcels.push(parcel);
    collected.bytes += parcel.bytes;
    if (collected.parcels.length >= maxParcels) this.#flush(common);
  }

  #open(common: string): Collected {
    const { clock, windowMs } = this.#options;
    const collected: Collected = { parcels: [], stopTimer: clock.after(windowMs, () => this.#flush(common)), bytes: 0 };
    this.#collected.set(common, collected);
    return collected;
  }

  #flush(common: string): void {
    const collected = this.#collected.get(common);
    if (collected === undefined) return;
    collected.stopTimer();
    this.#collected.delete(common);
    void sendBatch(this.#options, collected.parcels, this.#stop.signal);
  }

  #claimOf(entry: Entry): Claim {
    entry.isClaimed = true;
    return { outcome: (signal) => this.#outcomeOf(entry, AbortSignal.any([signal, this.#stop.signal])) };
  }

  async #outcomeOf(entry: Entry, signal: AbortSignal): Promise<Landing | undefined> {
    const { clock } = this.#options;
    const over = new AbortController();
    const late = delay(clock, Math.max(0, entry.dueAt - clock.monotonic()), AbortSignal.any([signal, over.signal])).then((): Landing | undefined => (signal.aborted ? undefined : { kind: 'missed' }));
    // What has landed is told before anything else, also to a caller that comes late.
    const landing = await Promise.race([entry.landed, late]);
    over.abort();
    if (landing === undefined) entry.isClaimed = false;
    else this.#entries.delete(entry);
    return landing;
  }
}
