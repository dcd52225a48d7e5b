// Which stretches of tokens occur where: all windows of a fixed width over all files, gathered into classes of equal ones. Memory is linear in the tokens.
import type { Tokens } from './tokens.ts';

/** Width of a window in tokens: shorter blocks are not looked for. */
export const windowWidth = 60;

/** One file of a corpus. */
export interface Piece {
  readonly path: string;
  readonly tokens: Tokens;
}

/** All tokens of some files in one row; a position is an index into it. */
export interface Row {
  readonly hashes: Uint32Array;
  readonly lines: Uint32Array;
  /** Position of the first token of each piece, and at the end the number of all. */
  readonly starts: readonly number[];
}

/** Puts files one after the other. */
export function inOneRow(pieces: readonly Piece[]): Row {
  const starts = [0];
  for (const { tokens } of pieces) starts.push((starts.at(-1) ?? 0) + tokens.hashes.length);
  const hashes = new Uint32Array(starts.at(-1) ?? 0);
  const lines = new Uint32Array(hashes.length);
  pieces.forEach(({ tokens }, at) => {
    hashes.set(tokens.hashes, starts[at] ?? 0);
    lines.set(tokens.lines, starts[at] ?? 0);
  });
  return { hashes, lines, starts };
}

/** Equal windows: linked lists in arrays, -1 for none. */
export interface Windows {
  /** The nearest equal window before a position. */
  readonly before: Int32Array;
  /** The first of all windows equal to that at a position. */
  readonly first: Int32Array;
  /** By first position: the last equal window. */
  readonly last: Int32Array;
  /** By first position: how many are equal. */
  readonly count: Uint32Array;
}

const base = 0x01000193;

/** Classes of equal windows; none crosses the end of a file. */
export function equalWindows({ hashes, starts }: Row): Windows {
  const size = hashes.length;
  const windows: Windows = { before: new Int32Array(size).fill(-1), first: new Int32Array(size).fill(-1), last: new Int32Array(size).fill(-1), count: new Uint32Array(size) };
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * size + 2))).fill(-1);
  let leaving = 1;
  for (let step = 1; step < windowWidth; step += 1) leaving = Math.imul(leaving, base);
  for (let piece = 0; piece + 1 < starts.length; piece += 1) {
    const end = starts[piece + 1] ?? 0;
    let rolling = 0;
    for (let next = starts[piece] ?? 0, inWindow = 0; next < end; next += 1, inWindow += 1) {
      if (inWindow >= windowWidth) rolling -= Math.imul(hashes[next - windowWidth] ?? 0, leaving);
      rolling = (Math.imul(rolling, base) + (hashes[next] ?? 0)) | 0;
      if (inWindow >= windowWidth - 1) enter(next - windowWidth + 1, rolling, { hashes, slots, windows });
    }
  }
  return windows;
}

interface Table {
  readonly hashes: Uint32Array;
  /** Open addressing: the first position of a class, or -1. */
  readonly slots: Int32Array;
  readonly windows: Windows;
}

function enter(position: number, hash: number, { hashes, slots, windows }: Table): void {
  const mask = slots.length - 1;
  let slot = (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 3) & mask;
  let first = slots[slot] ?? -1;
  while (first !== -1 && equalTokens(hashes, first, position) < windowWidth) {
    slot = (slot + 1) & mask;
    first = slots[slot] ?? -1;
  }
  if (first === -1) slots[slot] = position;
  const owner = first === -1 ? position : first;
  windows.first[position] = owner;
  windows.before[position] = windows.last[owner] ?? -1;
  windows.last[owner] = position;
  windows.count[owner] = (windows.count[owner] ?? 0) + 1;
}

/** How many tokens from `a` and from `b` on are equal, at most `limit`. */
export function equalTokens(hashes: Uint32Array, a: number, b: number, limit: number = windowWidth): number {
  let length = 0;
  while (length < limit && hashes[a + length] === hashes[b + length]) length += 1;
  return length;
}
