// How an entity is written: `<order> <version> <body>`, the body as JSON with its keys in a fixed order, so that equal entities are equal bytes and digests can be compared.
// JSON, by measurement (bench/world, microseconds and bytes of a task): it is read in 3 and written in 4, MessagePack in 8 and 14, for 764 bytes against 643. Records of msgpackr are read in 2 and take 356,
// but their bytes depend on what was written before and mean nothing without that table: no digest could be compared, and no other program could read them.
import { createHash } from 'node:crypto';
import type { Body } from './decide/change.ts';
import type { Entity } from './decide/settle.ts';

/** The text of an entity. What is gone has no body: the rest stays, so that old news do not bring it back. */
export function encodeEntity({ order, version, body }: Entity): string {
  return `${order} ${version} ${body === undefined ? '' : JSON.stringify(body)}`;
}

const kinds: Readonly<Record<string, Body['kind']>> = { m: 'mission', t: 'task', l: 'live', f: 'files' };

/** The entity of a text; undefined for what this file has not written, or not for this field. */
export function decodeEntity(field: string, text: string): Entity | undefined {
  const first = text.indexOf(' ');
  const second = text.indexOf(' ', first + 1);
  const [order, version] = [text.slice(0, first), text.slice(first + 1, second)];
  if (first < 1 || second < 0 || !/^\d+ \d*$/.test(text.slice(0, second))) return undefined;
  const json = text.slice(second + 1);
  if (json === '') return { order, version };
  const body = parsed(json);
  return body?.kind === kinds[field.charAt(0)] && body !== undefined ? { order, version, body } : undefined;
}

function parsed(json: string): Body | undefined {
  try {
    return (JSON.parse(json) as Body | null) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Digest of one entity; scripts.ts makes the same one inside Redis. */
export function digestOf(field: string, text: string): string {
  return sha1(`${field}=${text}`);
}

/** Digest of all entities that are there, whatever their order. */
export function digestOfAll(digests: readonly string[]): string {
  return sha1(digests.toSorted().join(''));
}

// SHA-1 is what scripts inside Redis have. It finds what was lost or overwritten; nothing is proved by it.
function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
