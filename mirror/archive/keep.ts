// What is done with the archive itself: to remove what is old, to check what is there, to list it.
import type { Manifest, Part } from '#api/archive.ts';
import { messageOf } from '#platform/errors.ts';
import { isPartKey, manifestKey } from './decide/layout.ts';
import { expiryOf } from './decide/expire.ts';
import { rememberManifests, replaceManifest } from './manifests.ts';
import { inParallel } from './parallel.ts';
import { checkPart } from './parts.ts';
import { isArchiveError, type Place } from './ports.ts';

const atOnce = 4;
/** A run that has put files and not its manifest yet may still be at work; after so long it is not. */
const leftAloneMs = 24 * 3_600_000;

export interface Expired {
  readonly parts: number;
  readonly manifests: number;
  /** Files that no manifest names: of runs that were killed. */
  readonly leftovers: number;
}

/** Removes what is older than `keepDays` (0: nothing is), and what runs that were killed have left. Whatever is cut off in between is done by the next call. */
export async function expire(place: Place, { keepDays, now }: { readonly keepDays: number; readonly now: number }, signal: AbortSignal): Promise<Expired> {
  const { store, prefix } = place;
  const manifests = await rememberManifests(place).all(signal);
  const { rewrite, drop, parts } = keepDays === 0 ? { rewrite: [], drop: [], parts: [] } : expiryOf(manifests, keepDays, now);
  await inParallel(rewrite, atOnce, (manifest) => replaceManifest(place, manifest, signal));
  await inParallel(drop, atOnce, (manifest) => store.remove(manifestKey(prefix, manifest), signal));
  await inParallel(parts, atOnce, ({ key }) => store.remove(key, signal));
  const named = new Set(manifests.flatMap((manifest) => manifest.parts.map(({ key }) => key)));
  const leftovers: string[] = [];
  for await (const { key, writtenMs } of store.list(`${prefix}/`, signal)) if (isPartKey(prefix, key) && !named.has(key) && writtenMs < now - leftAloneMs) leftovers.push(key);
  await inParallel(leftovers, atOnce, (key) => store.remove(key, signal));
  return { parts: parts.length, manifests: drop.length, leftovers: leftovers.length };
}

export interface Verified {
  readonly parts: number;
  /** One sentence for each object that is not what it should be. */
  readonly faults: readonly string[];
}

/** Reads every file, of one tenant or of all, and says which are not what their manifests say. */
export async function verify(place: Place, tenant: string | undefined, signal: AbortSignal): Promise<Verified> {
  const manifests = await rememberManifests(place).all(signal);
  const parts = manifests.flatMap((manifest) => manifest.parts).filter((part) => part.tenant === (tenant ?? part.tenant));
  const faults = await inParallel(parts, atOnce, (part) => faultOf(place, part, signal));
  return { parts: parts.length, faults: faults.filter((fault) => fault !== undefined) };
}

async function faultOf(place: Place, part: Part, signal: AbortSignal): Promise<string | undefined> {
  try {
    await checkPart(place, part, signal);
    return undefined;
  } catch (error) {
    // A bucket that is away says nothing about its objects.
    if (!isArchiveError(error)) throw error;
    return messageOf(error);
  }
}

/** What there is of a tenant and a day. */
export interface DayRow {
  readonly tenant: string;
  readonly day: string;
  readonly files: number;
  readonly events: number;
  readonly bytes: number;
}

/** Days of tenants in their order, and what is missing. */
export async function contents(place: Place, tenant: string | undefined, signal: AbortSignal): Promise<{ readonly days: readonly DayRow[]; readonly manifests: readonly Manifest[] }> {
  const manifests = await rememberManifests(place).all(signal);
  const parts = manifests.flatMap((manifest) => manifest.parts).filter((part) => part.tenant === (tenant ?? part.tenant));
  const groups = Map.groupBy(parts, ({ tenant: own, day }) => `${own}/${day}`);
  const days = [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, own]) => rowOf(own));
  return { days, manifests };
}

function rowOf(parts: readonly Part[]): DayRow[] {
  const sum = (of: (part: Part) => number) => parts.reduce((total, part) => total + of(part), 0);
  return parts.slice(0, 1).map(({ tenant, day }) => ({ tenant, day, files: parts.length, events: sum(({ rows }) => rows), bytes: sum(({ bytes }) => bytes) }));
}
