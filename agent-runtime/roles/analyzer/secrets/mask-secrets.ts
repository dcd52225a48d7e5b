// Takes the secrets out of a text that more people may read than the files it speaks of. What findSecrets does not know is not taken out.
import { entropy } from './entropy.ts';
import { type Found, secretsIn } from './find-secrets.ts';
import { namedSecrets } from './passwords.ts';
import { shapes } from './shapes.ts';

/** What stands in the place of a secret. */
export const secretMask = '[secret]';

/** Of a private key the head alone is a shape; here it is looked for with its body. */
const tokens = shapes.filter(({ id }) => id !== 'secret-private-key');
const head = /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g;
const end = /-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/;
/** Longest private key that is masked whole; RSA with 16,384 bits has 12.7 kB. */
export const maxKeyLength = 16_384;
const minBody = 40;
const minBodyEntropy = 3.5;

/** What stands before a secret in patches, paths, escaped texts and colours, and would be part of another word elsewhere. */
// oxlint-disable-next-line eslint/no-control-regex -- terminals' colours begin with one
const joints = /^[+-]|\/(?=A[KS]IA)|\\[nrt]|\u001b\[[0-9;]{0,20}m/gm;
const escapedQuotes = /(\\{1,8})"([^"\\\r\n]{8,512})(\\{1,8})"/g;
/** Capital letters alone: in code such a line is an assignment of something else. */
const variable = /(?<![A-Za-z0-9_])([A-Z0-9_]{0,48}(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY)[A-Z0-9_]{0,48}=)([^\s"'`\\]{8,512})/g;

type Range = Pick<Found, 'start' | 'end'>;

/** The text with each secret replaced by a mask; the same text when it has none. Masking it again changes nothing. */
export function maskSecrets(text: string): string {
  const loose = loosened(text);
  const ranges: readonly Range[] = [...secretsIn(text, tokens), ...secretsIn(loose, tokens), ...variablesIn(loose), ...keysIn(text)].toSorted((a, b) => a.start - b.start);
  const parts: string[] = [];
  let at = 0;
  for (const range of ranges) {
    if (range.start >= at) parts.push(text.slice(at, range.start), secretMask);
    at = Math.max(at, range.end);
  }
  return ranges.length === 0 ? text : [...parts, text.slice(at)].join('');
}

/** The text with blanks in the place of joints: each character stands where it stood. */
function loosened(text: string): string {
  const blank = (joint: string) => ' '.repeat(joint.length);
  return text.replaceAll(joints, blank).replaceAll(escapedQuotes, (_, before: string, value: string, after: string) => `${blank(before)}"${value}"${blank(after)}`);
}

/** Values of variables as an environment is printed, judged as if they stood in quotes. */
function* variablesIn(text: string): Generator<Range> {
  for (const { 0: whole, 1: name = '', 2: value = '', index } of text.matchAll(variable)) {
    const end = index + whole.length;
    if (!namedSecrets(`${name}"${value}"`).next().done) yield { start: end - value.length, end };
  }
}

/** Where a private key begins whose end is not in the text, and may still come; undefined when there is none. */
export function openKeyAt(text: string): number | undefined {
  const last = [...text.matchAll(head)].at(-1);
  return last === undefined || text.length - last.index > maxKeyLength || end.test(text.slice(last.index)) ? undefined : last.index;
}

/** Private keys with their bodies, also where a runner has put something before each line. */
function* keysIn(text: string): Generator<Range> {
  const heads = [...text.matchAll(head)];
  for (const [at, { 0: line, index }] of heads.entries()) {
    const after = text.slice(index + line.length, Math.min(index + maxKeyLength, heads[at + 1]?.index ?? text.length));
    const mark = end.exec(after);
    const body = mark === null ? bodyOf(after) : after.slice(0, mark.index);
    if (!isKeyBody(body)) continue;
    yield { start: index, end: index + line.length + body.length + (mark?.[0].length ?? 0) };
  }
}

/** Base64 in pieces, as far as it goes: of a key whose end was cut off. */
function bodyOf(text: string): string {
  return /^(?:\\[nrt]?|[A-Za-z0-9+/=]{8,}|\+|[^A-Za-z0-9+/=\\]{1,16})*/.exec(text)?.[0] ?? '';
}

function isKeyBody(text: string): boolean {
  const body = (text.match(/[A-Za-z0-9+/=]{16,}/g) ?? []).join('');
  return body.length >= minBody && entropy(body.slice(0, 200)) >= minBodyEntropy;
}
