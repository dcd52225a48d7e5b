// Takes the secrets out of a text that more people may read than the files it speaks of. What findSecrets does not know is not taken out.
import { entropy } from './entropy.ts';
import { type Found, secretsIn } from './find-secrets.ts';

/** What stands in the place of a secret. */
export const secretMask = '[secret]';

const head = /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g;
const end = /-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/;
/** Longest private key that is masked whole; RSA with 16,384 bits has 12.7 kB. */
export const maxKeyLength = 16_384;
const minBody = 40;
const minBodyEntropy = 3.5;

type Range = Pick<Found, 'start' | 'end'>;

/** The text with each secret replaced by a mask; the same text when it has none. Masking it again changes nothing. */
export function maskSecrets(text: string): string {
  const ranges: readonly Range[] = [...secretsIn(text), ...keysIn(text)].toSorted((a, b) => a.start - b.start);
  const parts: string[] = [];
  let at = 0;
  for (const range of ranges) {
    if (range.start >= at) parts.push(text.slice(at, range.start), secretMask);
    at = Math.max(at, range.end);
  }
  return ranges.length === 0 ? text : [...parts, text.slice(at)].join('');
}

/** Where a private key begins whose end is not in the text, and may still come; undefined when there is none. */
export function openKeyAt(text: string): number | undefined {
  const last = [...text.matchAll(head)].at(-1);
  return last === undefined || text.length - last.index > maxKeyLength || end.test(text.slice(last.index)) ? undefined : last.index;
}

/** Private keys with their bodies, also where a runner has put something before each line. */
function* keysIn(text: string): Generator<Range> {
  let next = 0;
  for (const { 0: line, index } of text.matchAll(head)) {
    if (index < next) continue;
    const after = text.slice(index + line.length, index + maxKeyLength);
    const mark = end.exec(after);
    const body = mark === null ? bodyOf(after) : after.slice(0, mark.index);
    if (!isKeyBody(body)) continue;
    next = index + line.length + body.length + (mark?.[0].length ?? 0);
    yield { start: index, end: next };
  }
}

/** Base64 in pieces, as far as it goes: of a key whose end was cut off. */
function bodyOf(text: string): string {
  return /^(?:[A-Za-z0-9+/=]{8,}|[^A-Za-z0-9+/=]{1,16})*/.exec(text)?.[0] ?? '';
}

function isKeyBody(text: string): boolean {
  const body = (text.match(/[A-Za-z0-9+/=]{16,}/g) ?? []).join('');
  return body.length >= minBody && entropy(body.slice(0, 200)) >= minBodyEntropy;
}
