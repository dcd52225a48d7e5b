// The archive: events as Parquet files in a bucket, and a manifest for each piece of the log that says which files hold it. What no manifest names does not exist.
import { z } from 'zod';
import { families } from './events/catalogue.ts';
import { LabelName, Time } from './v1alpha1/schema.ts';

/** Raised when older programs would misread what newer ones write. */
export const archiveVersion = 1;

/** A day in UTC, such as `2026-01-31`. */
export const Day = z.iso.date();

const Sequence = z.int().min(0);
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Numbers of messages of the log, both ends counted. */
export const Span = z.object({ first: Sequence, last: Sequence });
export type Span = z.infer<typeof Span>;

/** One file. It holds events of one tenant and one day. */
export const Part = z.object({
  key: z.string().min(1).max(1024).describe('Name of the object in the bucket.'),
  tenant: LabelName,
  day: Day,
  rows: z.int().min(1),
  bytes: z.int().min(1),
  sha256: Sha256,
  /** The first and the last message with an event in it. */
  first: Sequence,
  last: Sequence,
  /** Times of the earliest and of the latest event, epoch milliseconds. */
  from: z.int(),
  until: z.int(),
});
export type Part = z.infer<typeof Part>;

/** A message that could not be read whole. What could be read of it is in the files. Its tenant is what its subject says, which need not be a name. */
const Unreadable = z.object({ sequence: Sequence, tenant: z.string().max(63), family: z.enum(families), fault: z.string().max(500) });
export type Unreadable = z.infer<typeof Unreadable>;

/** What one piece of the log came to. Written when all its files are there, and never before. */
export const Manifest = z.object({
  version: z.literal(archiveVersion),
  stream: z.enum(['events', 'audit']),
  log: z.string().min(1).max(64).describe('When the stream was made. One that was made anew counts from 1 again, and is another log.'),
  run: z.string().min(1).max(64).describe('Tells the runs of the archive apart.'),
  written: Time,
  ...Span.shape,
  parts: z.array(Part).max(100_000),
  gaps: z.array(Span).max(1000).describe('Messages that the log had lost before they were archived.'),
  unreadable: z.array(Unreadable).max(2000).describe('Messages that could not be read whole, and why.'),
  expiredBefore: Day.optional().describe('Files of days before this one were removed, because they were kept long enough.'),
});
export type Manifest = z.infer<typeof Manifest>;

/** One event in a file. Names of fields are names of columns; the event itself is one of them, the others are for whoever asks with tools of their own. */
export interface EventRow {
  readonly id: string;
  /** `ai.coditect.task.ended.v1`, and the version in it. */
  readonly type: string;
  readonly version: number;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly tenant: string;
  readonly mission: string | null;
  readonly mission_uid: string | null;
  readonly task_uid: string | null;
  readonly agent: string | null;
  readonly subject: string;
  readonly source: string;
  /** Number of the message in the log, and place of the event in it. */
  readonly sequence: number;
  readonly position: number;
  /** The event as JSON, as it was told. */
  readonly event: string;
}

/** Where history comes from. `auto`: from the archive what the log no longer has, and the rest from the log. */
export const historySources = ['auto', 'log', 'archive'] as const;
export type HistorySource = (typeof historySources)[number];
