// Digests that agent and operator must agree on to the byte: SHA-256 over RFC 8785 JSON, and base32 for names.
// oxlint-disable-next-line eslint/no-restricted-imports -- the one vendor of this file: node:crypto would bind pure code to a runtime
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';

const encoder = new TextEncoder();

/** SHA-256 of bytes, or of text as UTF-8: 32 bytes. */
export function sha256(input: string | Uint8Array): Uint8Array {
  return nobleSha256(typeof input === 'string' ? encoder.encode(input) : input);
}

/** SHA-256 of bytes, or of text as UTF-8: 64 characters of lower-case hex. */
export function sha256Hex(input: string | Uint8Array): string {
  return Array.from(sha256(input), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const base32Alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** RFC 4648 base32 in lower case without padding: safe inside object names. */
export function base32Lower(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let width = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff;
    width += 8;
    while (width >= 5) {
      width -= 5;
      text += base32Alphabet.charAt((bits >> width) & 31);
    }
  }
  return width === 0 ? text : text + base32Alphabet.charAt((bits << (5 - width)) & 31);
}

/** RFC 8785 form of a JSON value; fields that are undefined are left out, as if they were absent. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (typeof value === 'object' && value !== null) return canonicalObject(value);
  if (typeof value === 'number' && !Number.isFinite(value)) throw notJson(String(value));
  if (value !== null && typeof value !== 'number' && typeof value !== 'string' && typeof value !== 'boolean') throw notJson(typeof value);
  return JSON.stringify(value);
}

function canonicalObject(value: object): string {
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  // The default order of strings is by UTF-16 code unit, which is what RFC 8785 asks for.
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`;
}

function notJson(what: string): Error {
  return new Error(`canonicalise JSON: ${what} has no JSON form, so no digest can be made; hand in plain JSON values`);
}
