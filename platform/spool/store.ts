// The spool of one folder: writes in groups that share one sync, reads what was written, removes files that nobody needs.
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { messageOf, PlatformError } from '../errors.ts';
import { syncFolder } from '../sync-folder.ts';
import type { Cursor } from './cursor.ts';
import { segmentName } from './files.ts';
import { Pending } from './pending.ts';
import { headerBytes, readRecord, writeRecord } from './record.ts';
import type { Entry, Recovered, Segment } from './recover.ts';
import type { ReadLimits, Spool, SpoolRecord, SpoolStats, StoredRecord } from './types.ts';

export interface StoreOptions {
  readonly folder: string;
  readonly cursor: Cursor;
  readonly clock: Clock;
  readonly maxBytes: number;
  readonly segmentBytes: number;
}

interface Append {
  readonly records: readonly SpoolRecord[];
  readonly resolve: (kept: number) => void;
  readonly reject: (error: unknown) => void;
}

/** Records of several appends that are written at once. */
interface Group {
  readonly bytes: Buffer;
  readonly entries: readonly Entry[];
  /** How many of each append. */
  readonly kept: readonly number[];
}

/** Most bytes of one group; more would make the first of it wait. */
const groupBytes = 8 * 1_048_576;
const fullDisk = new Set(['ENOSPC', 'EDQUOT']);

/** One call of the system may write less than it is given. */
async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}

export class FolderSpool implements Spool {
  readonly #options: StoreOptions;
  readonly #pending: Pending;
  readonly #segments: Set<Segment>;
  readonly #waiting: Append[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #readers = new Map<Segment, FileHandle>();
  #active: { readonly segment: Segment; readonly file: FileHandle } | undefined;
  #cursor: number;
  #next: number;
  #flushing: Promise<void> | undefined;
  #housework: Promise<unknown> = Promise.resolve();
  #refused = 0;
  #corrupt: number;
  #fault: string | undefined;
  #isClosed = false;

  constructor(options: StoreOptions, { segments, entries, next, corrupt }: Recovered) {
    this.#options = options;
    this.#pending = new Pending(entries);
    this.#segments = new Set(segments);
    this.#cursor = options.cursor.position;
    this.#next = next;
    this.#corrupt = corrupt;
  }

  get cursor(): number {
    return this.#cursor;
  }

  append(records: readonly SpoolRecord[]): Promise<number> {
    if (this.#isClosed) return Promise.reject(new PlatformError('SpoolClosed', `append to the spool in ${this.#options.folder}: it is closed, so the records are not kept`));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  async read(after: number, limits: ReadLimits): Promise<readonly StoredRecord[]> {
    for (;;) {
      const run = this.#pending.runAfter(after, limits);
      const [first] = run;
      if (first === undefined) return [];
      const records = await this.#readRun(first, run);
      // A run of damaged records only: they are forgotten now, so the next try goes on behind them.
      if (records.length > 0) return records;
    }
  }

  more(after: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#hasAfter(after)) return Promise.resolve();
    return new Promise((resolve) => {
      const look = () => {
        if (!signal.aborted && !this.#hasAfter(after)) return;
        this.#watchers.delete(look);
        signal.removeEventListener('abort', look);
        resolve();
      };
      this.#watchers.add(look);
      signal.addEventListener('abort', look);
    });
  }

  acknowledge(upTo: number): void {
    if (upTo <= this.#cursor) return;
    this.#cursor = upTo;
    this.#options.cursor.write(upTo);
    this.#removeEmptied(this.#pending.dropUpTo(upTo));
  }

  stats(): SpoolStats {
    const { length, count, bytes, oldest } = this.#pending;
    const oldestMs = oldest === undefined ? 0 : Math.max(0, this.#options.clock.now() - oldest.time);
    const fault = this.#fault === undefined ? {} : { fault: this.#fault };
    return { pendingRecords: length, pendingCount: count, pendingBytes: bytes, oldestMs, refusedCount: this.#refused, corruptRecords: this.#corrupt, ...fault };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#flushing;
    await this.#housework;
    await this.#active?.file.close();
    for (const file of this.#readers.values()) await file.close();
    await this.#options.cursor.close();
  }

  #hasAfter(position: number): boolean {
    return (this.#pending.newest?.position ?? 0) > position;
  }

  async #flush(): Promise<void> {
    // Whoever appends in the same turn of the event loop shares the sync.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const appends = this.#takeAppends();
      try {
        const kept = await this.#writeGroup(appends);
        for (const [index, { resolve }] of appends.entries()) resolve(kept[index] ?? 0);
      } catch (error) {
        const cause = new PlatformError('SpoolBroken', `append to the spool in ${this.#options.folder}: the disk refused, so the records are not kept; look at the disk`, { cause: error });
        this.#fault = messageOf(cause);
        for (const { reject } of appends) reject(cause);
      }
    }
    // In the same turn as the last look: whoever appends from now on begins anew.
    this.#flushing = undefined;
  }

  #takeAppends(): readonly Append[] {
    let [many, bytes] = [0, 0];
    for (const { records } of this.#waiting) {
      for (const { body } of records) bytes += headerBytes + body.length;
      if (many > 0 && bytes > groupBytes) break;
      many += 1;
    }
    return this.#waiting.splice(0, many);
  }

  async #writeGroup(appends: readonly Append[]): Promise<readonly number[]> {
    const { segment, file } = await this.#activeFile();
    const group = this.#compose(appends, segment);
    try {
      if (group.entries.length > 0) {
        await writeAll(file, group.bytes, segment.size);
        await file.datasync();
      }
    } catch (error) {
      await this.#leaveFile();
      if (!fullDisk.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      for (const { records } of appends) this.#refuse(records, 'the disk is full');
      return appends.map(() => 0);
    }
    this.#keep(group, segment);
    return group.kept;
  }

  #compose(appends: readonly Append[], segment: Segment): Group {
    const time = this.#options.clock.now();
    const entries: Entry[] = [];
    const bodies: Uint8Array[] = [];
    let [offset, isFull] = [segment.size, false];
    const room = segment.size + this.#options.maxBytes - this.#usedBytes();
    const kept = appends.map(({ records }) => {
      let many = 0;
      for (const { body, count } of records) {
        const bytes = headerBytes + body.length;
        if (offset + bytes > room) break;
        entries.push({ segment, position: this.#next + entries.length, offset, bytes, count, time });
        bodies.push(body);
        offset += bytes;
        many += 1;
      }
      isFull ||= many < records.length;
      if (many < records.length) this.#refuse(records.slice(many), `its ${this.#options.maxBytes} bytes are used`);
      return many;
    });
    if (!isFull) this.#fault = undefined;
    const bytes = Buffer.allocUnsafe(offset - segment.size);
    for (const [index, entry] of entries.entries()) writeRecord(bytes, entry.offset - segment.size, entry, bodies[index] ?? new Uint8Array());
    return { bytes, entries, kept };
  }

  #keep({ entries, bytes }: Group, segment: Segment): void {
    segment.size += bytes.length;
    segment.pending += entries.length;
    for (const entry of entries) this.#pending.add(entry);
    this.#next += entries.length;
    for (const look of this.#watchers) look();
  }

  #refuse(records: readonly SpoolRecord[], why: string): void {
    this.#refused += records.reduce((sum, { count }) => sum + count, 0);
    this.#fault = `the spool in ${this.#options.folder} refuses the newest records: ${why}`;
  }

  #usedBytes(): number {
    let bytes = 0;
    for (const { size } of this.#segments) bytes += size;
    return bytes;
  }

  async #activeFile(): Promise<{ readonly segment: Segment; readonly file: FileHandle }> {
    if (this.#active !== undefined && this.#active.segment.size >= this.#options.segmentBytes) await this.#leaveFile();
    if (this.#active !== undefined) return this.#active;
    const segment: Segment = { path: join(this.#options.folder, segmentName(this.#next)), first: this.#next, size: 0, pending: 0 };
    const file = await open(segment.path, 'w', 0o600);
    await syncFolder(this.#options.folder);
    this.#segments.add(segment);
    this.#active = { segment, file };
    return this.#active;
  }

  /** What a failed write left behind lies beyond the size of the file and is never read; the next append begins a new one. */
  async #leaveFile(): Promise<void> {
    const left = this.#active;
    this.#active = undefined;
    if (left === undefined) return;
    await left.file.truncate(left.segment.size).catch(() => {});
    await left.file.close();
    if (left.segment.pending === 0) this.#removeEmptied([left.segment]);
  }

  #removeEmptied(segments: readonly Segment[]): void {
    for (const segment of segments) {
      if (segment === this.#active?.segment) continue;
      this.#segments.delete(segment);
      this.#housework = this.#housework.then(() => this.#remove(segment)).catch(() => {});
    }
  }

  async #remove(segment: Segment): Promise<void> {
    const reader = this.#readers.get(segment);
    this.#readers.delete(segment);
    await reader?.close();
    await rm(segment.path, { force: true });
  }

  async #readRun(first: Entry, run: readonly Entry[]): Promise<readonly StoredRecord[]> {
    const bytes = Buffer.allocUnsafe(run.reduce((sum, entry) => sum + entry.bytes, 0));
    const file = this.#readers.get(first.segment) ?? (await open(first.segment.path, 'r'));
    this.#readers.set(first.segment, file);
    await file.read(bytes, 0, bytes.length, first.offset);
    const records: StoredRecord[] = [];
    for (const entry of run) {
      const offset = entry.offset - first.offset;
      const header = readRecord(bytes, offset);
      if (header?.position === entry.position) records.push({ position: entry.position, at: entry.time, count: entry.count, body: bytes.subarray(offset + headerBytes, offset + entry.bytes) });
      else this.#loseDamaged(entry);
    }
    return records;
  }

  #loseDamaged(entry: Entry): void {
    this.#corrupt += 1;
    this.#removeEmptied(this.#pending.drop(entry));
  }
}
