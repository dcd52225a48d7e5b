// Unprivileged user ids for pods: each cluster of a root user claims a block, so no two pods of this machine share an id.
import { claimNumber } from './claims.ts';

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
  const block = claimNumber(claims, owner, blocks);
  if (block === undefined) throw new Error(`claim user ids for the pods of ${owner}: all ${blocks} blocks are taken, so the cluster cannot start; stop other clusters`);
  return { first: firstUser + block * usersPerBlock, count: usersPerBlock };
}
