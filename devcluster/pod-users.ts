// Unprivileged user ids for pods: each cluster of a root user claims a block, so no two pods of this machine share an id.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** User ids that only one cluster uses. */
export interface UserBlock {
  readonly first: number;
  readonly count: number;
}

const firstUser = 200_000;
const usersPerBlock = 1000;
const blocks = 1000;

/** Claims a free block for the cluster in `owner`; claims of folders that are gone are taken over. */
export function claimUserBlock(claims: string, owner: string): UserBlock {
  mkdirSync(claims, { recursive: true, mode: 0o700 });
  for (let block = 0; block < blocks; block += 1) {
    if (claim(join(claims, String(block)), owner)) return { first: firstUser + block * usersPerBlock, count: usersPerBlock };
  }
  throw new Error(`claim user ids for the pods of ${owner}: all ${blocks} blocks are taken, so the cluster cannot start; stop other clusters`);
}

/** Gives all blocks of a cluster back. */
export function releaseUserBlocks(claims: string, owner: string): void {
  if (!existsSync(claims)) return;
  for (const name of readdirSync(claims)) if (ownerOf(join(claims, name)) === owner) rmSync(join(claims, name), { force: true });
}

function claim(file: string, owner: string): boolean {
  const current = ownerOf(file);
  if (current === owner) return true;
  if (current !== undefined && current !== '' && !existsSync(current)) rmSync(file, { force: true });
  try {
    writeFileSync(file, owner, { flag: 'wx', mode: 0o600 });
    return true;
  } catch {
    return false;
  }
}

function ownerOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
