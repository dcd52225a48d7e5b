// Locks of a mission, for those who want to keep out of each other's way. A lock is a courtesy and no proof: it can expire while its holder is paused, and Redis may forget it.
// Whoever guards something with it hands the token to the storage along with each write, and the storage refuses every token below the highest that it has seen.
import type { Epoch } from '#api/v1alpha1/schema.ts';
import { formatTimeMs } from '#api/time.ts';
import type { WorldLock } from '#api/world.ts';
import type { Clock } from '#platform/clock.ts';
import type { RedisFault } from '#platform/redis/faults.ts';
import type { Redis, Script } from '#platform/redis/types.ts';
import type { MissionKey } from './decide/snapshot.ts';
import { fenceKey, lockKey } from './keys.ts';
import { extendScript, releaseScript, takeScript } from './scripts.ts';

/** Who wants a lock: the token is the epoch of his attempt, which nobody had before and nobody gets again. */
export interface Claim {
  readonly key: MissionKey;
  readonly name: string;
  readonly holder: string;
  readonly token: Epoch;
}

/** `lost`: it expired, or a later token has it; what was done under it since then may have been done by others, too. */
export type Taken = { readonly kind: 'taken' } | { readonly kind: 'held'; readonly holder: string; readonly token: Epoch } | { readonly kind: 'stale'; readonly token: Epoch } | { readonly kind: 'fault'; readonly fault: RedisFault };
export type Kept = { readonly kind: 'kept' } | { readonly kind: 'lost' } | { readonly kind: 'fault'; readonly fault: RedisFault };

export interface Locks {
  /** Taking again with the same token and holder is harmless, so a lost reply may be asked for again. */
  take(claim: Claim, ms: number): Promise<Taken>;
  extend(claim: Claim, ms: number): Promise<Kept>;
  /** `lost` when there was nothing to give back. */
  release(claim: Claim): Promise<Kept>;
  /** Locks of a mission that were taken here and have not run out. */
  held(key: MissionKey): readonly WorldLock[];
}

// The highest token is remembered for longer than any attempt may run.
const fenceMs = 8 * 24 * 3_600_000;
const digits = 10;

/** Locks in Redis. */
export function createLocks(redis: Redis, clock: Clock): Locks {
  const known = new Map<string, { readonly claim: Claim; readonly until: number }>();
  const note = (claim: Claim, ms: number | undefined): void => {
    const id = `${textOf(claim.token)} ${lockKey(claim.key, claim.name)} ${claim.holder}`;
    if (ms === undefined) known.delete(id);
    else known.set(id, { claim, until: clock.now() + ms });
  };
  const ask = async (script: Script, keys: readonly [string, ...string[]], args: readonly (string | number)[]) => {
    const [reply] = await redis.run([{ kind: 'script', script, keys, args }]);
    return reply ?? { kind: 'fault' as const, fault: { kind: 'Unreachable' as const, message: 'Redis: no answer' } };
  };
  const keep = async (script: Script, claim: Claim, ms?: number): Promise<Kept> => {
    const reply = await ask(script, [lockKey(claim.key, claim.name)], [textOf(claim.token), claim.holder, ...(ms === undefined ? [] : [ms])]);
    if (reply.kind === 'fault') return reply;
    const isKept = reply.value === 1;
    note(claim, isKept ? ms : undefined);
    return { kind: isKept ? 'kept' : 'lost' };
  };
  return {
    take: async (claim, ms) => {
      const mine = `${textOf(claim.token)} ${claim.holder}`;
      const reply = await ask(takeScript, [lockKey(claim.key, claim.name), fenceKey(claim.key, claim.name)], [textOf(claim.token), claim.holder, ms, fenceMs]);
      if (reply.kind === 'fault') return reply;
      const answer = String(reply.value);
      note(claim, answer === mine ? ms : undefined);
      return answer === mine ? { kind: 'taken' } : refusal(answer);
    },
    extend: (claim, ms) => keep(extendScript, claim, ms),
    release: (claim) => keep(releaseScript, claim),
    held: (key) => {
      const now = clock.now();
      for (const [id, { until }] of known) if (until <= now) known.delete(id);
      const mine = [...known.values()].filter(({ claim }) => claim.key.uid === key.uid && claim.key.tenant === key.tenant);
      const locks = mine.map(({ claim: { name, holder, token }, until }): WorldLock => ({ name, holder, token, until: formatTimeMs(until) }));
      return locks.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

/** Sorts as epochs do. */
function textOf({ term, counter }: Epoch): string {
  return String(term).padStart(digits, '0') + String(counter).padStart(digits, '0');
}

function refusal(answer: string): Taken {
  const [first = '', ...rest] = answer.split(' ');
  if (first === 'stale') return { kind: 'stale', token: tokenOf(rest[0] ?? '') };
  return { kind: 'held', holder: rest.join(' '), token: tokenOf(first) };
}

function tokenOf(text: string): Epoch {
  return { term: Number(text.slice(0, digits)), counter: Number(text.slice(digits)) };
}
