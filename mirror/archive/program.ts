// The commands of the archive program: each does one thing, says what it did in one record, and ends with 0, or with 1 when something was missing or wrong.
import type { Manifest } from '#api/archive.ts';
import type { ArchiveConfig } from '#api/config/archive.ts';
import type { Clock } from '#platform/clock.ts';
import { PlatformError } from '#platform/errors.ts';
import type { EventPublisher } from '#platform/nats/types.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { contents, expire, verify } from './keep.ts';
import { rememberManifests } from './manifests.ts';
import type { LogSource, Place } from './ports.ts';
import { createArchiveReader } from './reader.ts';
import { restore } from './restore.ts';
import { archiveStream } from './run.ts';

export interface ProgramDeps {
  readonly config: ArchiveConfig;
  readonly place: Place;
  /** Opened by the commands that need it. Throws when no servers are named. */
  readonly openLog: () => LogSource;
  readonly openPublisher: () => Promise<EventPublisher>;
  readonly clock: Clock;
  readonly log: Log;
  /** One line of an answer. */
  readonly print: (line: string) => void;
  /** One line for a person who waits; it may be written over by the next. */
  readonly progress: (line: string) => void;
}

type Command = (deps: ProgramDeps, signal: AbortSignal) => Promise<number>;

/** What the program can be told to do. */
export const commands: Readonly<Record<string, { readonly what: string; readonly run: Command }>> = {
  archive: { what: 'Archives what is new in the log, up to its newest message.', run: archive },
  list: { what: 'Prints what there is, one JSON object for each tenant and day.', run: list },
  restore: { what: 'Puts the events of --from DAY to --until DAY back into the log, of all tenants or of --tenant NAME.', run: restoring },
  expire: { what: 'Removes what is older than the days to keep, and what killed runs have left.', run: expiring },
  verify: { what: 'Reads all files, and says which are not what they should be.', run: verifying },
};

const restorePatienceMs = 60_000;
const done = 0;
const incomplete = 1;

async function archive({ place, clock, log, openLog, progress }: ProgramDeps, signal: AbortSignal): Promise<number> {
  const source = openLog();
  let events = 0;
  const onPiece = (piece: Manifest) => {
    events += rowsIn(piece);
    progress(`${events} events archived, up to message ${piece.last} of ${piece.stream}`);
    for (const { first, last } of piece.gaps) log.warn('messages were lost before they were archived', { stream: piece.stream, first, last });
    for (const { sequence, fault } of piece.unreadable) log.warn('a message could not be read whole', { stream: piece.stream, sequence, fault });
  };
  // One after the other: both would hold a piece in memory.
  const pieces = [...(await archiveStream({ place, log: source, clock, onPiece }, 'events', signal)), ...(await archiveStream({ place, log: source, clock, onPiece }, 'audit', signal))];
  const missing = pieces.reduce((sum, { gaps, unreadable }) => sum + gaps.length + unreadable.length, 0);
  log.info('archived', { events, pieces: pieces.length, files: pieces.reduce((sum, { parts }) => sum + parts.length, 0), missing });
  return missing === 0 ? done : incomplete;
}

function rowsIn({ parts }: Manifest): number {
  return parts.reduce((sum, { rows }) => sum + rows, 0);
}

async function list({ config, place, print, log }: ProgramDeps, signal: AbortSignal): Promise<number> {
  const { days, manifests } = await contents(place, config.tenant, signal);
  for (const day of days) print(JSON.stringify(day));
  const gaps = manifests.flatMap(({ stream, gaps: own }) => own.map((gap) => ({ stream, ...gap })));
  for (const gap of gaps) log.warn('messages were lost before they were archived', gap);
  return done;
}

async function restoring({ config, place, log, openPublisher, progress }: ProgramDeps, signal: AbortSignal): Promise<number> {
  const { from, until, tenant } = config;
  if (from === undefined || until === undefined || until < from) throw new PlatformError('ArchiveUsage', 'restore needs --from DAY and --until DAY, as 2026-01-31, the first not behind the last');
  const publisher = await openPublisher();
  try {
    const reader = createArchiveReader(place, rememberManifests(place));
    const { events, faults } = await restore({ reader, publisher, patienceMs: restorePatienceMs, onProgress: (count) => progress(`${count} events put back`) }, { from, until, ...(tenant === undefined ? {} : { tenant }) }, signal);
    for (const fault of faults) log.warn('not put back', { fault });
    log.info('restored', { events, from, until, missing: faults.length });
    return faults.length === 0 ? done : incomplete;
  } finally {
    await publisher.close();
  }
}

async function expiring({ config, place, clock, log }: ProgramDeps, signal: AbortSignal): Promise<number> {
  const { parts, manifests, leftovers } = await expire(place, { keepDays: config.keepDays, now: clock.now() }, signal);
  log.info('expired', { files: parts, manifests, leftovers, keepDays: config.keepDays });
  return done;
}

async function verifying({ config, place, log }: ProgramDeps, signal: AbortSignal): Promise<number> {
  const { parts, faults } = await verify(place, config.tenant, signal);
  for (const fault of faults) log.error('not what it should be', { fault });
  log.info('verified', { files: parts, wrong: faults.length });
  return faults.length === 0 ? done : incomplete;
}
