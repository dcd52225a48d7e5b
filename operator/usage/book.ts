// What missions have used. The gateway is asked about a mission once every few seconds while it is at work, and when that ends until
// nothing is in flight: then what it cost is settled. Never about others. A gateway that does not tell changes nothing: the last value stays.
import type { Usage } from '#api/llm.ts';
import type { Instant } from '#api/time.ts';
import type { Mission, MissionStatus } from '#api/v1alpha1/mission.ts';
import type { UsageAnswer } from '#platform/anthropic/usage.ts';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Random } from '#platform/ids.ts';
import { createWorkQueue, type WorkQueue } from '#platform/kube/workqueue.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { equal } from '../reconciler.ts';
import { type Attention, attentionOf } from './decide/attention.ts';

/** Who tells what a mission has used. */
export interface UsageSource {
  ask(missionUid: string, signal: AbortSignal): Promise<UsageAnswer>;
}

export interface UsageBookParts {
  readonly source: UsageSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The usage of this mission is another one now, or is settled. */
  changed(missionUid: string): void;
  onAsked(result: UsageAnswer['kind']): void;
}

export interface UsageBook {
  /** What was last told of a mission; undefined until it has used something. */
  of(missionUid: string): Usage | undefined;
  /** When it was told that nothing is in flight for a mission whose run has ended; undefined before. */
  settledAt(missionUid: string): Instant | undefined;
  /** Takes note of a mission as it is now: it decides whether the gateway is asked. */
  look(mission: Mission): void;
  forget(missionUid: string): void;
  /** Asks nothing any more; resolves when no question is in flight. */
  stop(): Promise<void>;
}

/** The book of an installation without a gateway. */
export const emptyUsageBook: UsageBook = { of: () => undefined, settledAt: () => undefined, look: () => {}, forget: () => {}, stop: () => Promise.resolve() };

/** A book that asks nothing before the first look. */
export function createUsageBook(parts: UsageBookParts): UsageBook {
  return new AskedBook(parts);
}

interface Entry {
  readonly attention: Exclude<Attention, 'none'>;
  /** Number of the run that has ended; undefined while the mission may still start something. */
  readonly endedRun: number | undefined;
  /** How often a mission at rest is still asked about while its calls are in flight. */
  asksLeft: number;
  usage: Usage | undefined;
  settledAt: Instant | undefined;
}

const everyMs = 5000;
// The gateway cuts calls of an ended mission at once; a minute is for one that is away.
const mostLastAsks = 12;
const asksAtOnce = 4;

class AskedBook implements UsageBook {
  readonly #parts: UsageBookParts;
  readonly #entries = new Map<string, Entry>();
  readonly #queue: WorkQueue;
  readonly #stop = new AbortController();

  constructor(parts: UsageBookParts) {
    const { clock, random, log } = parts;
    this.#parts = parts;
    this.#queue = createWorkQueue({
      handler: (uid) => this.#turn(uid),
      workers: asksAtOnce,
      clock,
      random,
      onError: (missionUid, error) => log.warn('what a mission has used could not be noted; asking again', { missionUid, error: messageOf(error) }),
    });
  }

  of(missionUid: string): Usage | undefined {
    return this.#entries.get(missionUid)?.usage;
  }

  settledAt(missionUid: string): Instant | undefined {
    return this.#entries.get(missionUid)?.settledAt;
  }

  look(mission: Mission): void {
    const { uid } = mission.metadata;
    const wanted = attentionOf(mission, this.#parts.clock.now());
    const known = this.#entries.get(uid);
    if (known === undefined && wanted === 'none') return;
    const attention = wanted === 'none' ? 'last' : wanted;
    const endedRun = endedRunOf(mission.status);
    if (known?.attention === attention && known.endedRun === endedRun) return;
    this.#entries.set(uid, { attention, endedRun, asksLeft: mostLastAsks, usage: known?.usage, settledAt: undefined });
    // At its start nothing is used yet; at its end somebody waits for the sum.
    this.#queue.addAfter(uid, attention === 'steady' ? everyMs : 0);
  }

  forget(missionUid: string): void {
    this.#entries.delete(missionUid);
  }

  stop(): Promise<void> {
    this.#stop.abort();
    return this.#queue.stop();
  }

  async #turn(uid: string): Promise<{ readonly wakeAfterMs?: number }> {
    const asked = this.#entries.get(uid);
    if (asked === undefined) return {};
    const answer = await this.#ask(uid);
    // While it was asked the mission may have ended, or gone.
    const entry = this.#entries.get(uid);
    if (entry === undefined) return {};
    if (answer.kind === 'told' && this.#note(entry, answer.usage, entry === asked)) this.#parts.changed(uid);
    return isOver(entry, answer) ? {} : { wakeAfterMs: everyMs };
  }

  async #ask(uid: string): Promise<UsageAnswer> {
    const { source, log } = this.#parts;
    const answer = await source.ask(uid, this.#stop.signal).catch((error: unknown) => ({ kind: 'silent', message: messageOf(error) }) as const);
    if (answer.kind === 'silent') log.debug('the LLM gateway did not tell what a mission has used', { missionUid: uid, error: answer.message });
    this.#parts.onAsked(answer.kind);
    return answer;
  }

  /** Takes note of what was told; true when it is news. What was asked before the end of a run settles nothing: `isOfNow` is false then. */
  #note(entry: Entry, told: Usage, isOfNow: boolean): boolean {
    const next = usageAfter(entry.usage, told);
    const isOther = next !== undefined && !equal(next, entry.usage);
    if (isOther) entry.usage = next;
    const isSettled = isOfNow && entry.endedRun !== undefined && entry.settledAt === undefined && told.reservedMicroUsd === 0;
    if (isSettled) entry.settledAt = this.#parts.clock.now();
    return isOther || isSettled;
  }
}

function endedRunOf({ completionTime, runNumber = 1 }: MissionStatus = {}): number | undefined {
  return completionTime === undefined ? undefined : runNumber;
}

/** A gateway that has lost its journal knows nothing of what was spent before, but does know who waits now. */
function usageAfter(known: Usage | undefined, told: Usage): Usage | undefined {
  const isNothing = told.calls === 0 && told.reservedMicroUsd === 0 && told.cachedCalls === undefined;
  return isNothing ? waitingNow(known, told) : told;
}

/** What was known before, with who waits now; undefined while nothing at all is known. */
function waitingNow(known: Usage | undefined, told: Usage): Usage | undefined {
  if (told.waiting !== undefined) return { ...(known ?? told), waiting: told.waiting };
  if (known === undefined) return undefined;
  const { waiting: _, ...rest } = known;
  return rest;
}

/** True when a mission at rest needs to be asked about no more. */
function isOver(entry: Entry, answer: UsageAnswer): boolean {
  if (entry.attention === 'steady') return false;
  entry.asksLeft--;
  return entry.asksLeft <= 0 || (answer.kind === 'told' && answer.usage.reservedMicroUsd === 0);
}
