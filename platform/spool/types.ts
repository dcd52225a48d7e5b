// What a spool is: records on disk that wait for a server.

/** What is kept: bytes that the caller understands, and how many things they hold. */
export interface SpoolRecord {
  readonly body: Uint8Array;
  /** Counted in the statistics. */
  readonly count: number;
}

/** A record as it is read back. */
export interface StoredRecord extends SpoolRecord {
  /** Grows from record to record, also over restarts; there may be gaps. A name that a server shall know a record by belongs in its body: after a damage of the disk a position may be given again. */
  readonly position: number;
  /** When it was appended, epoch milliseconds. */
  readonly at: number;
}

export interface SpoolLimits {
  /** Most bytes of all files. What finds no room is refused and counted: the newest, so that those who are kept stay in order. */
  readonly maxBytes: number;
  /** Bytes after which a new file is begun; files go when all of them is acknowledged. Default 16 MiB, at most an eighth of maxBytes. */
  readonly segmentBytes?: number;
}

/** How many records, or bytes, are read at once; one record is given also when it is larger. */
export interface ReadLimits {
  readonly records: number;
  readonly bytes: number;
}

export interface SpoolStats {
  readonly pendingRecords: number;
  /** Sum of their counts. */
  readonly pendingCount: number;
  readonly pendingBytes: number;
  /** Age of the oldest record that is not acknowledged, in milliseconds; 0 when there is none. */
  readonly oldestMs: number;
  /** Sum of the counts of all that was refused since it was opened: no room in the limits, or on the disk. */
  readonly refusedCount: number;
  /** Records that were damaged on the disk and left out. */
  readonly corruptRecords: number;
  /** Why the last append was not kept whole; absent when it was. */
  readonly fault?: string;
}

export interface Spool {
  /** The newest acknowledged position; reading begins after it. */
  readonly cursor: number;
  /** Resolves when records are on the disk and synced: how many, counted from the first. Fewer than given means that the rest was refused. Rejects when the disk fails in another way than by being full. */
  append(records: readonly SpoolRecord[]): Promise<number>;
  /** Records after a position, in their order; empty when there is none. */
  read(after: number, limits: ReadLimits): Promise<readonly StoredRecord[]>;
  /** Resolves when there is a record after the position, or the signal fires. */
  more(after: number, signal: AbortSignal): Promise<void>;
  /** Everything up to the position is done. It is remembered without a sync: a power cut may bring acknowledged records back, never lose one that is not. */
  acknowledge(upTo: number): void;
  stats(): SpoolStats;
  close(): Promise<void>;
}
