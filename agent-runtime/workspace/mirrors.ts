// Repositories kept for reuse, one bare mirror for each URL and Secret: what one Secret opened is not lent to tasks without it. Tasks borrow objects from them, so a mirror in use is never removed.
import { createHash } from 'node:crypto';
import { readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '#platform/telemetry/log.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import type { Access } from './credentials.ts';
import type { Git } from './git.ts';
import { createKeyedLock, type KeyedLock } from './lock.ts';
import { type MirrorRequest, resolveInMirror } from './mirror.ts';

/** A commit in a mirror that stays until it is released. */
export interface Borrowed {
  /** Object folder to borrow from. */
  readonly objects: string;
  readonly commit: string;
  release(): void;
}

export interface Mirrors {
  borrow(request: MirrorRequest, signal: AbortSignal): Promise<Borrowed>;
}

export interface MirrorOptions {
  readonly folder: string;
  readonly maxBytes: number;
  readonly git: Git;
  readonly access: Access;
  readonly log: Log;
}

/** Mirrors below `folder`; those used longest ago are removed when all take more than `maxBytes`. */
export function createMirrors(options: MirrorOptions): Mirrors {
  const locked = createKeyedLock();
  const users = createUsers();
  return {
    borrow: async (request, signal) => {
      const { url, secret } = request;
      const name = createHash('sha256').update(secret === undefined ? url : `${url}\n${secret}`).digest('hex').slice(0, 32);
      const mirror = join(options.folder, name);
      const release = users.enter(name);
      try {
        const access = await options.access(url, secret);
        const commit = await locked(name, () => resolveInMirror(request, options.git, { folder: mirror, signal, ...access }));
        await utimes(mirror, new Date(), new Date());
        await locked('', () => evict(options, locked, users));
        return { objects: join(mirror, 'objects'), commit, release };
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}

interface Users {
  /** Counts one user of `name`; the returned function takes it back, once. */
  enter(name: string): () => void;
  has(name: string): boolean;
}

function createUsers(): Users {
  const counts = new Map<string, number>();
  const add = (name: string, change: number) => counts.set(name, (counts.get(name) ?? 0) + change);
  return {
    enter: (name) => {
      let entered = true;
      add(name, 1);
      return () => {
        if (entered) add(name, -1);
        entered = false;
      };
    },
    has: (name) => (counts.get(name) ?? 0) > 0,
  };
}

/** Users are looked at under each mirror's own lock: a borrower counts itself before it asks for that lock. */
async function evict({ folder, maxBytes, log }: MirrorOptions, locked: KeyedLock, users: Users): Promise<void> {
  const all = await mirrorsIn(folder);
  let total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { name, bytes } of all) {
    if (total <= maxBytes) return;
    const removed = !users.has(name) && await locked(name, async () => {
      if (users.has(name)) return false;
      await removeTree(join(folder, name));
      return true;
    });
    if (!removed) continue;
    total -= bytes;
    log.info('removed a repository kept for reuse: the work folder is full', { mirror: name, bytes });
  }
}

/** Used longest ago first. */
async function mirrorsIn(folder: string): Promise<{ readonly name: string; readonly bytes: number }[]> {
  const names = await readdir(folder);
  const all = await Promise.all(names.map(async (name) => ({ name, usedAt: (await stat(join(folder, name))).mtimeMs, bytes: await sizeOf(join(folder, name)) })));
  return all.toSorted((a, b) => a.usedAt - b.usedAt);
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(names.map((name) => stat(join(folder, name)).then((entry) => entry.size, () => 0)));
  return sizes.reduce((sum, size) => sum + size, 0);
}
