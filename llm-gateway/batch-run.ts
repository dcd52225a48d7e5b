// One batch from its creation to its last answer. Nothing is given back that the provider may have billed.
import type { BatchAnswer, Batches } from '#platform/anthropic/batches.ts';
import type { Failure } from '#platform/anthropic/failure.ts';
import { type Clock, delay } from '#platform/clock.ts';
import type { Log } from '#platform/telemetry/log.ts';

/** A question that is paid for. */
export interface Parcel {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly bytes: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it may still be sent. */
  readonly mayGo: () => boolean;
  /** Settles the bill of this answer, and gives the headers it goes with. Undefined is an answer that nobody knows: all that was reserved is spent. */
  readonly answered: (text: string | undefined) => Readonly<Record<string, string>>;
  /** Nothing was billed. */
  readonly unsent: () => void;
}

/** What became of a question. `missed`: no answer comes from a batch. */
export type Landing = { readonly kind: 'answered'; readonly text: string; readonly headers: Readonly<Record<string, string>> } | { readonly kind: 'missed' };

/** A question on its way. */
export interface Sent extends Parcel {
  readonly id: string;
  readonly land: (landing: Landing) => void;
}

export interface BatchOptions {
  readonly batches: Batches;
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
  /** How long questions are collected, in milliseconds; also the wait before a batch is first asked about. */
  readonly windowMs: number;
}

/** The provider gives up a batch after a day; an hour more is for its clock and ours. */
const longestMs = 90_000_000;
const longestPauseMs = 60_000;
const tries = 4;

/** Sends these parcels and lands every one of them, unless `signal` aborts before. Never rejects. */
export async function sendBatch(options: BatchOptions, collected: readonly Sent[], signal: AbortSignal): Promise<void> {
  const parcels = collected.filter((parcel) => parcel.mayGo());
  for (const parcel of collected) if (!parcels.includes(parcel)) giveBack(parcel);
  if (parcels.length === 0) return;
  const created = await create(options, parcels, signal);
  if (created.kind !== 'created') return;
  options.log.debug('a batch was created', { batchId: created.batchId, calls: parcels.length });
  const answers = await answersOf(options, created.batchId, signal);
  if (signal.aborted) return;
  const byId = new Map(answers?.map((answer) => [answer.id, answer]));
  for (const parcel of parcels) land(options, parcel, byId.get(parcel.id));
}

function giveBack(parcel: Sent): void {
  parcel.unsent();
  parcel.land({ kind: 'missed' });
}

function land({ log }: BatchOptions, parcel: Sent, answer: BatchAnswer | undefined): void {
  if (answer?.kind === 'succeeded') {
    const { text } = answer;
    return parcel.land({ kind: 'answered', text, headers: parcel.answered(text) });
  }
  if (answer?.kind === 'failed') {
    log.debug('a call in a batch failed', { reason: answer.reason });
    return giveBack(parcel);
  }
  // The batch is gone, or does not name it: it may have been billed.
  parcel.answered(undefined);
  parcel.land({ kind: 'missed' });
}

/** Tries as often as nothing was sent. When no batch comes of it, the parcels have landed. */
async function create({ batches, clock, log, windowMs }: BatchOptions, parcels: readonly Sent[], signal: AbortSignal): Promise<{ readonly kind: 'created'; readonly batchId: string } | { readonly kind: 'none' }> {
  const questions = parcels.map(({ id, fields }) => ({ id, fields }));
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await batches.create(questions, parcels[0]?.headers ?? {}, signal);
    if (outcome.kind === 'created') return outcome;
    if (signal.aborted) return { kind: 'none' };
    if (attempt === tries || !mayBeBusy(outcome)) {
      log.warn('a batch could not be created; its calls are made one by one', { calls: parcels.length, error: outcome.message });
      for (const parcel of parcels) landUncreated(parcel, outcome);
      return { kind: 'none' };
    }
    await delay(clock, pauseOf(outcome) ?? windowMs * 2 ** attempt, signal);
  }
}

function landUncreated(parcel: Sent, failure: Failure): void {
  if (failure.kind !== 'lost') return giveBack(parcel);
  // Sent, and perhaps there: it may be billed.
  parcel.answered(undefined);
  parcel.land({ kind: 'missed' });
}

/** Nothing was sent, or the provider has no time now. */
function mayBeBusy(failure: Failure): boolean {
  return failure.kind === 'unreachable' || (failure.kind === 'status' && (failure.status === 429 || failure.status >= 500));
}

function pauseOf(failure: Failure): number | undefined {
  return failure.kind === 'status' ? failure.retryAfterMs : undefined;
}

/** Undefined when the provider does not tell what became of the batch. */
async function answersOf({ batches, clock, windowMs }: BatchOptions, batchId: string, signal: AbortSignal): Promise<readonly BatchAnswer[] | undefined> {
  const startedAt = clock.monotonic();
  for (let pauseMs = windowMs; clock.monotonic() - startedAt < longestMs; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
    await delay(clock, pauseMs, signal);
    if (signal.aborted) return undefined;
    const state = await batches.hasEnded(batchId, signal);
    if (state.kind === 'status' && state.status === 404) return undefined;
    const read = state.kind === 'known' && state.hasEnded ? await batches.answers(batchId, signal) : undefined;
    if (read?.kind === 'read') return read.answers;
  }
  return undefined;
}
