// What a folder holds when it is opened: a torn end is cut off, damaged records are counted and left out.
import { readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { segmentName, segmentsIn } from './files.ts';
import { headerBytes, nextRecord } from './record.ts';

/** One file of records. */
export interface Segment {
  readonly path: string;
  readonly first: number;
  /** Bytes of the file that hold records. */
  size: number;
  /** Records in it that are not acknowledged. */
  pending: number;
}

/** Where a record that is not acknowledged lies. */
export interface Entry {
  readonly segment: Segment;
  readonly position: number;
  readonly offset: number;
  /** Bytes with the header. */
  readonly bytes: number;
  readonly count: number;
  readonly time: number;
}

export interface Recovered {
  readonly segments: readonly Segment[];
  readonly entries: readonly Entry[];
  /** Position for the next record. */
  readonly next: number;
  readonly corrupt: number;
}

interface Scan {
  readonly entries: readonly Entry[];
  readonly corrupt: number;
  readonly last: number;
}

/** Reads all files; those in which everything is acknowledged are removed. */
export async function recoverSegments(folder: string, cursor: number): Promise<Recovered> {
  const segments: Segment[] = [];
  const entries: Entry[] = [];
  let [last, corrupt] = [cursor, 0];
  for (const first of await segmentsIn(folder)) {
    const segment: Segment = { path: join(folder, segmentName(first)), first, size: 0, pending: 0 };
    const scan = await scanSegment(segment, cursor);
    last = Math.max(last, first - 1, scan.last);
    corrupt += scan.corrupt;
    if (segment.pending === 0) {
      await rm(segment.path);
      continue;
    }
    segments.push(segment);
    for (const entry of scan.entries) entries.push(entry);
  }
  return { segments, entries, next: last + 1, corrupt };
}

async function scanSegment(segment: Segment, cursor: number): Promise<Scan> {
  const content = await readFile(segment.path);
  const entries: Entry[] = [];
  let [offset, corrupt, last] = [0, 0, 0];
  for (let found = nextRecord(content, 0); found !== undefined; found = nextRecord(content, offset)) {
    const { start, header } = found;
    if (start > offset) corrupt += 1;
    const bytes = headerBytes + header.length;
    offset = start + bytes;
    last = Math.max(last, header.position);
    if (header.position > cursor) entries.push({ segment, position: header.position, offset: start, bytes, count: header.count, time: header.time });
  }
  segment.size = offset;
  segment.pending = entries.length;
  if (content.length > offset) await truncate(segment.path, offset);
  return { entries, corrupt, last };
}
