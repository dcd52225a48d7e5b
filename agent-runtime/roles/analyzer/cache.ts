// Keeps what was read from files between tasks: a folder of small files, bounded by throwing the longest unused away. It only saves time: whatever goes
// wrong with it, analyses go on without. Keys are digests of content, so a hit tells nobody more than that this content was seen before.
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#platform/clock.ts';
import { newUuid } from '#platform/ids.ts';
import type { ActionCache } from '#agent-runtime/roles/action.ts';

export interface CacheOptions {
  /** Made when it is not there; nothing else may lie in it. */
  readonly folder: string;
  /** Most bytes of all entries together. */
  readonly maxBytes: number;
  readonly clock: Pick<Clock, 'now'>;
}

/** So much of the bound is left in use when room is made, so that it is not made for each entry. */
const shareKept = 0.8;
const keyShape = /^[0-9a-f]{64}$/;

/** Opens the cache in a folder; what earlier processes left there is used. */
export async function openCache({ folder, maxBytes, clock }: CacheOptions): Promise<ActionCache> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // A process may have died while it wrote.
  for (const name of await readdir(folder)) if (!keyShape.test(name)) await rm(join(folder, name), { force: true, recursive: true });
  let bytes = sizeOf(await entriesOf(folder));
  let makingRoom: Promise<void> | undefined;

  const makeRoom = async (): Promise<void> => {
    const before = bytes;
    const entries = await entriesOf(folder);
    // What came meanwhile counts, though it may have been seen already: the bound holds, and the next look is exact.
    bytes = sizeOf(entries) + bytes - before;
    for (const { file, size } of entries.toSorted((a, b) => a.usedAtMs - b.usedAtMs)) {
      if (bytes <= maxBytes * shareKept) return;
      await rm(file, { force: true });
      bytes -= size;
    }
  };

  return {
    get: async (key) => (keyShape.test(key) ? readEntry(join(folder, key), clock.now()) : undefined),
    put: async (key, content) => {
      if (!keyShape.test(key) || content.length > maxBytes * shareKept) return;
      if (!(await writeEntry(folder, key, content, clock.now()))) return;
      bytes += content.length;
      if (bytes <= maxBytes) return;
      makingRoom ??= makeRoom().catch(() => {}).finally(() => (makingRoom = undefined));
      await makingRoom;
    },
  };
}

interface Entry {
  readonly file: string;
  readonly size: number;
  readonly usedAtMs: number;
}

async function entriesOf(folder: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (const name of await readdir(folder)) {
    if (!keyShape.test(name)) continue;
    const file = join(folder, name);
    // Another sweep may have taken it meanwhile.
    const found = await stat(file).catch(() => undefined);
    if (found !== undefined) entries.push({ file, size: found.size, usedAtMs: found.mtimeMs });
  }
  return entries;
}

function sizeOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { size }) => sum + size, 0);
}

/** Undefined when there is none, or when it cannot be read. */
async function readEntry(file: string, nowMs: number): Promise<Uint8Array | undefined> {
  try {
    const content = await readFile(file);
    await utimes(file, nowMs / 1000, nowMs / 1000);
    return content;
  } catch {
    return undefined;
  }
}

/** Beside and then in one move, so that nobody reads half of it; false when the disk would not take it. */
async function writeEntry(folder: string, key: string, content: Uint8Array, nowMs: number): Promise<boolean> {
  const beside = join(folder, `${newUuid()}.new`);
  try {
    await writeFile(beside, content, { mode: 0o600 });
    await utimes(beside, nowMs / 1000, nowMs / 1000);
    await rename(beside, join(folder, key));
    return true;
  } catch {
    await rm(beside, { force: true }).catch(() => {});
    return false;
  }
}
