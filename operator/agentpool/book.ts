// What pools remember between two looks, and the pace of pod creation. State of one process: a new leader starts with an empty book.
import type { Clock } from '#platform/clock.ts';
import type { Instant } from '#api/time.ts';
import { nextFailure } from './decide/leave.ts';
import type { PoolMemory, Refusal, Seen, Tokens } from './decide/view.ts';

/** What is remembered of each pool, by its UID. */
export interface PoolBook {
  read(poolUid: string): { readonly memory: PoolMemory; readonly refusal?: Refusal };
  remember(poolUid: string, seen: Seen): void;
  /** Notes that an agent was created or taken away. */
  scaled(poolUid: string, at: Instant): void;
  /** Notes that a pod had ended by itself; several within a second are one failure. */
  ended(poolUid: string, at: Instant): void;
  /** Notes that a pod was refused; the count of refusals in a row grows. */
  refused(poolUid: string, refusal: Omit<Refusal, 'count'>): void;
  /** Notes that a pod was let in. */
  admitted(poolUid: string): void;
  forget(poolUid: string): void;
}

const blank: PoolMemory = { wishes: [], silentSince: {}, failures: { count: 0, at: 0 } };
/** Pods that end together, say with their node, are one failure, milliseconds. */
const episodeMs = 1000;

/** An empty book. */
export function createPoolBook(): PoolBook {
  const memories = new Map<string, PoolMemory>();
  const refusals = new Map<string, Refusal>();
  const memoryOf = (poolUid: string) => memories.get(poolUid) ?? blank;
  const change = (poolUid: string, changes: Partial<PoolMemory>) => void memories.set(poolUid, { ...memoryOf(poolUid), ...changes });
  return {
    read(poolUid) {
      const memory = memoryOf(poolUid);
      const refusal = refusals.get(poolUid);
      return refusal === undefined ? { memory } : { memory, refusal };
    },
    remember: (poolUid, { wishes, silentSince }) => change(poolUid, { wishes, silentSince }),
    scaled: (poolUid, at) => change(poolUid, { lastScaleAt: at }),
    ended(poolUid, at) {
      const { failures } = memoryOf(poolUid);
      if (at - failures.at >= episodeMs) change(poolUid, { failures: nextFailure(failures, at) });
    },
    refused(poolUid, refusal) {
      const before = refusals.get(poolUid);
      const count = before?.generation === refusal.generation ? before.count + 1 : 1;
      refusals.set(poolUid, { ...refusal, count });
    },
    admitted: (poolUid) => void refusals.delete(poolUid),
    forget(poolUid) {
      memories.delete(poolUid);
      refusals.delete(poolUid);
    },
  };
}

/** A token bucket: as many at once as per second. */
export interface CreationPace {
  peek(): Tokens;
  /** Takes a token; false when there is none. */
  take(): boolean;
}

/** The pace of pod creation, shared by all pools. */
export function createPace(perSecond: number, clock: Pick<Clock, 'monotonic'>): CreationPace {
  let tokens = perSecond;
  let at = clock.monotonic();

  function refill(): void {
    const now = clock.monotonic();
    tokens = Math.min(tokens + ((now - at) * perSecond) / 1000, perSecond);
    at = now;
  }

  return {
    peek() {
      refill();
      const available = Math.floor(tokens);
      return { available, nextMs: Math.ceil(((available + 1 - tokens) * 1000) / perSecond) };
    },
    take() {
      refill();
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
