// Conditions as every kind writes them: sorted by type, times kept while the status stays, absent ones dropped.
import { formatTime, type Instant } from '#api/time.ts';
import type { Condition } from '#api/v1alpha1/schema.ts';

/** A condition that should be there. */
export type Wanted = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

const messageLimit = 1024;

/** The conditions of an object at `generation`; `lastTransitionTime` moves only when the status does. */
export function setConditions(previous: readonly Condition[] | undefined, wanted: readonly Wanted[], generation: number, now: Instant): Condition[] {
  const before = new Map(previous?.map((condition) => [condition.type, condition]));
  return wanted
    .map(({ type, status, reason, message }) => {
      const old = before.get(type);
      const lastTransitionTime = old?.status === status ? old.lastTransitionTime : formatTime(now);
      return { type, status, reason, message: plainText(message, messageLimit), observedGeneration: generation, lastTransitionTime };
    })
    .toSorted((a, b) => (a.type < b.type ? -1 : 1));
}

/** The condition of this type. */
export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

// Control and bidirectional characters would forge lines in a terminal or reorder what a person reads; a lone surrogate is not stored as it is sent.
// oxlint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\p{Cs}]/gu;

/** Text of at most `limit` characters in which control and bidirectional characters are spelt out. */
export function plainText(text: string, limit: number): string {
  const plain = text.replace(unprintable, (character) => (character === '\n' || character === '\t' ? ' ' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`));
  return plain.length <= limit ? plain : `${plain.slice(0, limit - 1).replace(/\p{Cs}$/u, '')}…`;
}
