// Names of objects in the bucket: `<prefix>/<tenant>/<day>/` for events, `<prefix>/_manifests/` for what says which of them count. No tenant's name begins with a line.
import type { Manifest, Part } from '#api/archive.ts';
import { formatTimeMs, type Instant, parseTime } from '#api/time.ts';

type Piece = Pick<Manifest, 'stream' | 'log' | 'first'>;

/** All manifests, or those of one stream of one log. */
export function manifestFolder(prefix: string, of?: Pick<Manifest, 'stream' | 'log'>): string {
  const root = `${prefix}/_manifests/`;
  // Colons and dots are trouble in names of some stores.
  return of === undefined ? root : `${root}${of.stream}-${of.log.replaceAll(/[^0-9A-Za-z]/g, '')}/`;
}

/** Where the piece begins is its name, so that of two runs at the same place only one can write it. */
export function manifestKey(prefix: string, piece: Piece): string {
  return `${manifestFolder(prefix, piece)}${padded(piece.first)}.json`;
}

/** A part of its own content: the same name is the same bytes, whoever writes it. */
export function partKey(prefix: string, { stream }: Pick<Manifest, 'stream'>, { tenant, day, first, last, sha256 }: Omit<Part, 'key'>): string {
  return `${dayFolder(prefix, tenant, day)}${stream}-${padded(first)}-${padded(last)}-${sha256.slice(0, 12)}.parquet`;
}

/** Where the events of a tenant and a day lie. */
export function dayFolder(prefix: string, tenant: string, day: string): string {
  return `${prefix}/${tenant}/${day}/`;
}

/** True for the name of a file with events. */
export function isPartKey(prefix: string, key: string): boolean {
  return key.startsWith(`${prefix}/`) && /^[a-z0-9][a-z0-9.-]*\/\d{4}-\d\d-\d\d\/[^/]+\.parquet$/.test(key.slice(prefix.length + 1));
}

const firstInstant = 0;
const lastInstant = 253_402_300_799_999;

/** When an event happened. A time that is none, or far from now, becomes the nearest that has a day. */
export function instantOf(time: string): Instant {
  return Math.min(Math.max(parseTime(time) ?? firstInstant, firstInstant), lastInstant);
}

/** Day of an instant in UTC, as 2026-01-31. */
export function dayOf(at: Instant): string {
  return formatTimeMs(at).slice(0, 'yyyy-mm-dd'.length);
}

/** Lists of names are in the order of their texts, and this makes it the order of numbers. */
function padded(sequence: number): string {
  return String(sequence).padStart(12, '0');
}
