// Where history comes from: the log, the archive, or both as one. Whoever reads does not see the seam.
import { Code, ConnectError } from '@connectrpc/connect';
import type { HistorySource } from '#api/archive.ts';
import type { Instant } from '#api/time.ts';
import { messageOf } from '#platform/errors.ts';
import type { StreamState } from '#platform/nats/state.ts';
import type { EventReader, ReadOptions, Received, Start } from '#platform/nats/types.ts';
import type { ArchiveReader } from '../archive/reader.ts';
import { answering, type Patience } from './answering.ts';

/** What is read: more than a log can be asked, so that an archive need not read what nobody wants. */
export interface PastOptions extends ReadOptions {
  readonly mission: string;
  readonly until?: Instant;
}

/** A message; from an archive its number says nothing about where the log goes on. */
export interface PastMessage extends Received {
  readonly isArchived?: true;
}

export interface Past {
  upToNow(options: PastOptions, signal: AbortSignal): AsyncIterable<PastMessage>;
  follow: EventReader['follow'];
}

/** The log, with what it says about its streams. */
export interface LogPast {
  readonly reader: Pick<EventReader, 'follow' | 'upToNow'>;
  readonly state: (stream: ReadOptions['stream'], signal: AbortSignal) => Promise<StreamState>;
}

export interface Sources {
  /** Absent: no event log is configured. */
  readonly log: LogPast | undefined;
  /** Absent: no archive is configured. */
  readonly archive: ArchiveReader | undefined;
  readonly patience: Patience;
}

/** The source that is asked for. Throws a ConnectError for one that there is not. */
export function pastFrom({ log, archive, patience }: Sources, source: HistorySource): Past {
  if (source === 'archive' || log === undefined) {
    if (archive === undefined) throw source === 'archive' ? noArchive() : noLog();
    if (source === 'log') throw noLog();
    return { upToNow: (options, signal) => archived(archive, options, signal), follow: () => rejecting(noLog()) };
  }
  const past = patiently(log, patience);
  return source === 'log' || archive === undefined ? past : { ...past, upToNow: (options, signal) => both({ log, past, archive, patience }, options, signal) };
}

const noLog = () => new ConnectError('this mirror has no event log: set CODITECT_NATS_SERVERS', Code.Unimplemented);
const noArchive = () => new ConnectError('this mirror has no archive: set CODITECT_S3_BUCKET', Code.FailedPrecondition);

function patiently({ reader }: LogPast, patience: Patience): Past {
  return { follow: (options, signal) => reader.follow(options, signal), upToNow: (options, signal) => answering((over) => reader.upToNow(logOptions(options), over), patience, signal) };
}

function logOptions({ mission: _mission, until: _until, ...options }: PastOptions): ReadOptions {
  return options;
}

async function* archived(archive: ArchiveReader, { start, families, tenant, stream, mission, until }: PastOptions, signal: AbortSignal, before?: { readonly log: string; readonly sequence: number }): AsyncGenerator<PastMessage> {
  const options = { stream, mission, ...optional('tenant', tenant), ...optional('families', families), ...optional('until', until), ...optional('from', start.kind === 'time' ? start.time : undefined), ...optional('before', before) };
  for await (const message of archive.messages(options, signal)) yield { ...message, isArchived: true };
}

function optional<K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, V>);
}

interface Both {
  readonly log: LogPast;
  readonly past: Past;
  readonly archive: ArchiveReader;
  readonly patience: Patience;
}

/** From the archive what the log no longer has, then the log. What the archive cannot tell is said, and the log is told all the same. */
async function* both({ log, past, archive, patience }: Both, options: PastOptions, signal: AbortSignal): AsyncGenerator<PastMessage> {
  const state = await first(answering((over) => once(log.state(options.stream, over)), patience, signal));
  if (hasAll(state, options.start)) {
    yield* past.upToNow(options, signal);
    return;
  }
  try {
    yield* archived(archive, options, signal, { log: state.created, sequence: state.first });
  } catch (error) {
    if (signal.aborted) throw error;
    yield { sequence: 0, tenant: options.tenant ?? '', family: options.families?.[0] ?? 'task', events: [], pending: 0, isArchived: true, gap: `what the log no longer has cannot be told: ${messageOf(error)}` };
  }
  yield* past.upToNow({ ...options, start: { kind: 'sequence', sequence: state.first } }, signal);
}

/** True when nothing that is asked for can have left the log: it has its beginning, or goes back far enough. */
function hasAll({ first: firstLeft, firstTime }: StreamState, start: Start): boolean {
  if (start.kind === 'sequence') return start.sequence >= firstLeft;
  return start.kind === 'new' || (start.kind === 'time' && firstTime !== undefined && firstTime <= start.time);
}

async function* once<T>(value: Promise<T>): AsyncGenerator<T> {
  yield await value;
}

async function first<T>(items: AsyncIterable<T>): Promise<T> {
  for await (const item of items) return item;
  throw new Error('the event log said nothing');
}

// oxlint-disable-next-line require-yield -- it has nothing to say but that
async function* rejecting(error: Error): AsyncGenerator<never> {
  throw error;
}
