// One run: the log from where the last run ended to the newest message there was, piece by piece. A piece exists when its manifest is written, which is last.
import { randomUUID } from 'node:crypto';
import type { EventRow, Manifest, Part, Span, Unreadable } from '#api/archive.ts';
import { archiveVersion } from '#api/archive.ts';
import { formatTime } from '#api/time.ts';
import { LabelName } from '#api/v1alpha1/schema.ts';
import type { Clock } from '#platform/clock.ts';
import type { StreamState } from '#platform/nats/state.ts';
import type { Received } from '#platform/nats/types.ts';
import { answering } from '../history/answering.ts';
import { draftsOf } from './decide/parts.ts';
import { resumeOf } from './decide/resume.ts';
import { rowsOf } from './decide/rows.ts';
import { rememberManifests, writeManifest } from './manifests.ts';
import { inParallel } from './parallel.ts';
import { writePart } from './parts.ts';
import { ArchiveError, type LogSource, type Place } from './ports.ts';

type Stream = Manifest['stream'];

export interface RunDeps {
  readonly place: Place;
  readonly log: LogSource;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** Told of each piece that is archived. */
  readonly onPiece: (manifest: Manifest) => void;
  /** Text of events that is held in memory at most, but for the last message; default 16 MiB. Readers hold a piece, too. */
  readonly mostBytes?: number;
}

const enoughBytes = 16 * 1_048_576;
/** Gaps and messages that could not be read, of one piece: a manifest has room for no more. */
const mostFaults = 900;
const patienceMs = 30_000;
const uploadsAtOnce = 4;

/** Archives one stream; resolves with its pieces. Rejects when another run writes at the same time, and when the log is not the one that it was. */
export async function archiveStream(deps: RunDeps, stream: Stream, signal: AbortSignal): Promise<readonly Manifest[]> {
  const { place, log } = deps;
  const state = await log.state(stream, signal);
  const manifests = rememberManifests(place, { stream, log: state.created });
  const pieces: Manifest[] = [];
  for (let resume = resumeOf(await manifests.all(signal), state); resume.kind !== 'nothing'; resume = resumeOf(await manifests.all(signal), state)) {
    if (resume.kind === 'wentBack') throw wentBack(stream, state, resume.archived);
    const { next, until } = resume;
    pieces.push(...(await new Run(deps, { stream, state, next, until, signal }).all()));
  }
  return pieces;
}

function wentBack(stream: Stream, { last }: StreamState, archived: number): ArchiveError {
  return new ArchiveError(`archive the stream ${stream}: it ends at message ${last}, but was archived up to ${archived}, so it went back to an older state; archive it under another prefix (CODITECT_S3_PREFIX)`);
}

interface Range {
  readonly stream: Stream;
  readonly state: StreamState;
  /** First and last message to archive. */
  readonly next: number;
  readonly until: number;
  readonly signal: AbortSignal;
}

/** What is read and not written yet. */
interface Piece {
  readonly first: number;
  readonly rows: EventRow[];
  readonly gaps: Span[];
  readonly unreadable: Unreadable[];
  bytes: number;
}

const emptyPiece = (first: number): Piece => ({ first, rows: [], gaps: [], unreadable: [], bytes: 0 });

class Run {
  readonly #deps: RunDeps;
  readonly #range: Range;
  readonly #id = randomUUID();
  readonly #written: Manifest[] = [];
  /** The first message that is not read yet. */
  #next: number;
  #piece: Piece;

  constructor(deps: RunDeps, range: Range) {
    this.#deps = deps;
    this.#range = range;
    this.#next = range.next;
    this.#piece = emptyPiece(range.next);
  }

  async all(): Promise<readonly Manifest[]> {
    const { mostBytes = enoughBytes } = this.#deps;
    for await (const message of this.#messages()) {
      if (message.sequence > this.#range.until) break;
      this.#take(message);
      const { bytes, gaps, unreadable } = this.#piece;
      if (bytes >= mostBytes || gaps.length + unreadable.length >= mostFaults) await this.#close();
    }
    await this.#takeEnd();
    if (this.#next > this.#piece.first) await this.#close();
    return this.#written;
  }

  #messages(): AsyncIterable<Received> {
    const { log, clock } = this.#deps;
    const { stream, next, signal } = this.#range;
    return answering((until) => log.reader.upToNow({ stream, start: { kind: 'sequence', sequence: next } }, until), { clock, longestMs: patienceMs }, signal);
  }

  #take({ sequence, tenant, family, events, gap, fault }: Received): void {
    if (sequence < this.#next) throw this.#replaced();
    if (gap !== undefined && sequence > this.#next) this.#piece.gaps.push({ first: this.#next, last: sequence - 1 });
    // The tenant becomes a part of names in the bucket: whoever may write to the log must not choose these.
    const isTenant = LabelName.safeParse(tenant).success;
    const wrong = isTenant ? fault : 'its subject names no tenant';
    if (wrong !== undefined) this.#piece.unreadable.push({ sequence, tenant: tenant.slice(0, 63), family, fault: wrong.slice(0, 500) });
    for (const row of isTenant ? rowsOf({ sequence, tenant, events }) : []) {
      this.#piece.rows.push(row);
      this.#piece.bytes += row.event.length;
    }
    this.#next = sequence + 1;
  }

  /** Messages at the end that did not come were lost before they could be read. */
  async #takeEnd(): Promise<void> {
    const { until } = this.#range;
    if (this.#next > until) return;
    const { first } = await this.#deps.log.state(this.#range.stream, this.#range.signal);
    if (first > this.#next) this.#piece.gaps.push({ first: this.#next, last: Math.min(first - 1, until) });
    this.#next = until + 1;
  }

  async #close(): Promise<void> {
    const { place, log, clock, onPiece } = this.#deps;
    const { stream, state, signal } = this.#range;
    const { first, rows, gaps, unreadable } = this.#piece;
    const parts = await inParallel(draftsOf(rows), uploadsAtOnce, (draft): Promise<Part> => writePart(place, { stream }, draft, signal));
    // Numbers mean these messages only as long as the stream is the same one.
    if ((await log.state(stream, signal)).created !== state.created) throw this.#replaced();
    const manifest: Manifest = { version: archiveVersion, stream, log: state.created, run: this.#id, written: formatTime(clock.now()), first, last: this.#next - 1, parts, gaps, unreadable };
    await writeManifest(place, manifest, signal);
    this.#written.push(manifest);
    this.#piece = emptyPiece(this.#next);
    onPiece(manifest);
  }

  #replaced(): ArchiveError {
    return new ArchiveError(`archive the stream ${this.#range.stream}: it was made anew meanwhile, so what was read is not archived; run again`);
  }
}
