// The files of a spool: `<first position>.records`, in the order of their names.
import { constants } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';

const digits = 16;
const ending = '.records';

/** Name of the file whose first record has this position. */
export function segmentName(first: number): string {
  return `${String(first).padStart(digits, '0')}${ending}`;
}

/** First positions of the files of a folder, in their order. */
export async function segmentsIn(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.length === digits + ending.length && name.endsWith(ending))
    .map((name) => Number(name.slice(0, digits)))
    .filter((first) => Number.isSafeInteger(first))
    .toSorted((one, other) => one - other);
}

/** Opens a file for reading and for writing anywhere; makes it when it is missing. */
export function openOrMake(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
}
