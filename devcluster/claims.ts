// Numbers that only one cluster of this machine has at a time: files in a folder of root, each naming its owner.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Claims the lowest free number below `count` for the cluster in folder `owner`; undefined when all are taken or not usable. Claims of folders that are gone are taken over. */
export function claimNumber(claims: string, owner: string, count: number, isUsable: (number: number) => boolean = () => true): number | undefined {
  mkdirSync(claims, { recursive: true, mode: 0o700 });
  for (let number = 0; number < count; number += 1) if (isUsable(number) && claim(join(claims, String(number)), owner)) return number;
  return undefined;
}

/** Gives all numbers of a cluster back. */
export function releaseNumbers(claims: string, owner: string): void {
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
