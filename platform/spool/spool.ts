// Records on disk that wait for a server: what is appended outlives the process, and is read in its order until somebody acknowledges it.
// One process at a time may have a folder open.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { openCursor } from './cursor.ts';
import { recoverSegments } from './recover.ts';
import { FolderSpool } from './store.ts';
import type { Spool, SpoolLimits } from './types.ts';

export type { Spool, SpoolLimits, SpoolRecord, StoredRecord } from './types.ts';

export interface SpoolOptions extends SpoolLimits {
  readonly clock: Clock;
}

const defaultSegmentBytes = 16 * 1_048_576;

/** Opens the folder, which is made when it is missing; a torn end is cut off, damaged records are left out. */
export async function openSpool(folder: string, { maxBytes, segmentBytes = defaultSegmentBytes, clock }: SpoolOptions): Promise<Spool> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const cursor = await openCursor(join(folder, 'cursor'));
  const found = await recoverSegments(folder, cursor.position);
  return new FolderSpool({ folder, cursor, clock, maxBytes, segmentBytes: Math.min(segmentBytes, Math.ceil(maxBytes / 8)) }, found);
}
