// Finds code that stands more than once: groups of equal blocks, as long as they can be, none inside another.
import { type Claims, createClaims } from './claims.ts';
import { boundsOf, pieceAt, repeatedStretches, type Stretch } from './stretches.ts';
import { hashOf } from './tokens.ts';
import { equalTokens, equalWindows, inOneRow, type Piece, type Row, type Windows, windowWidth } from './windows.ts';

/** One copy of a block. */
export interface Block {
  readonly path: string;
  readonly line: number;
  readonly endLine: number;
}

/** Equal blocks, sorted by path and line. */
export interface DuplicateGroup {
  readonly tokens: number;
  readonly blocks: readonly Block[];
}

/** `minKinds`: different tokens among the first of a block; a table of zeros is no code. */
const limits = { minLines: 6, minKinds: 12, maxCopies: 500 } as const;

interface Search {
  readonly row: Row;
  readonly windows: Windows;
  readonly pieces: readonly Piece[];
  readonly claims: Claims;
}

/** The groups of equal blocks of `windowWidth` or more tokens and six or more lines, in the order of `pieces`, which are sorted by path. */
export function findDuplicates(pieces: readonly Piece[]): readonly DuplicateGroup[] {
  const row = inOneRow(pieces);
  const windows = equalWindows(row);
  const search: Search = { row, windows, pieces, claims: createClaims(row.hashes.length) };
  const groups = new Map<number, DuplicateGroup>();
  // The longest first, so that no block is cut by a shorter one; what is left of a cut one is looked at in the next round.
  for (let round = repeatedStretches(row, windows); round.length > 0; ) {
    round = round.toSorted((a, b) => b.length - a.length || a.at - b.at).flatMap((stretch) => take(stretch, search, groups));
  }
  return [...groups].toSorted(([a], [b]) => a - b).map(([, group]) => group);
}

/** Makes a group of the best part of a stretch, when there is one; returns the parts that are still to be looked at. */
function take(stretch: Stretch, search: Search, groups: Map<number, DuplicateGroup>): readonly Stretch[] {
  if (!search.claims.isFree(stretch)) return search.claims.freeParts(stretch);
  for (const block of new Set([mostSaving(stretch, search.windows), stretch])) {
    const trimmed = withoutClosers(block, search.row);
    const copies = copiesOf(trimmed, search);
    const [first] = copies;
    if (first === undefined || copies.length < 2) continue;
    for (const at of copies) search.claims.claim({ at, length: trimmed.length });
    groups.set(first, { tokens: trimmed.length, blocks: copies.map((at) => blockAt({ at, length: trimmed.length }, search)) });
    // When the copies lie elsewhere, because this one has too few lines, nothing is left to be looked at here.
    return search.claims.isFree(stretch) ? [] : search.claims.freeParts(stretch);
  }
  return [];
}

/** The part of a stretch whose copies hold the most tokens too many: a third copy often ends a little earlier than the first two. */
function mostSaving(stretch: Stretch, { first, count }: Windows): Stretch {
  const counts = Array.from({ length: stretch.length - windowWidth + 1 }, (_, offset) => count[first[stretch.at + offset] ?? 0] ?? 0);
  let best = { stretch, saved: 0 };
  for (const copies of [...new Set(counts)].toSorted((a, b) => a - b).slice(0, 8)) {
    const run = longestRun(counts, copies);
    const saved = (copies - 1) * (run.length + windowWidth - 1);
    if (saved > best.saved) best = { stretch: { at: stretch.at + run.at, length: run.length + windowWidth - 1 }, saved };
  }
  return best.stretch.length === stretch.length ? stretch : best.stretch;
}

function longestRun(counts: readonly number[], atLeast: number): Stretch {
  let best: Stretch = { at: 0, length: 0 };
  let start = 0;
  counts.forEach((count, offset) => {
    if (count < atLeast) start = offset + 1;
    else if (offset + 1 - start > best.length) best = { at: start, length: offset + 1 - start };
  });
  return best;
}

const closers: ReadonlySet<number> = new Set(['(', '}', ')', ']', ';', ','].map(hashOf));

/** The end of what stands before a block is no part of it. */
function withoutClosers({ at, length }: Stretch, { hashes }: Row): Stretch {
  let closing = 0;
  while (length - closing > windowWidth && closers.has(hashes[at + closing] ?? 0)) closing += 1;
  return { at: at + closing, length: length - closing };
}

/** Positions of the equal stretches that are free and long enough in lines, the first of them first. */
function copiesOf(block: Stretch, { row, windows, claims }: Search): readonly number[] {
  if (new Set(row.hashes.subarray(block.at, block.at + windowWidth)).size < limits.minKinds) return [];
  const copies: number[] = [];
  for (const at of positionsOf(block, windows)) {
    const copy = { at, length: block.length };
    const isApart = at + block.length <= (copies.at(-1) ?? Number.POSITIVE_INFINITY);
    if (isApart && isWhole(copy, block, row) && claims.isFree(copy) && linesOf(copy, row) >= limits.minLines) copies.push(at);
  }
  return copies.toReversed();
}

/** Where stretches begin like this one, the last of them first. */
function* positionsOf({ at }: Stretch, { first, last, before }: Windows): Generator<number> {
  let position = last[first[at] ?? 0] ?? -1;
  for (let hops = 0; position !== -1 && hops < limits.maxCopies; hops += 1) {
    yield position;
    position = before[position] ?? -1;
  }
}

function isWhole({ at, length }: Stretch, block: Stretch, { hashes, starts }: Row): boolean {
  const [, end] = boundsOf(starts, at);
  return at + length <= end && equalTokens(hashes, at, block.at, length) === length;
}

function linesOf({ at, length }: Stretch, { lines }: Row): number {
  return (lines[at + length - 1] ?? 0) - (lines[at] ?? 0) + 1;
}

function blockAt({ at, length }: Stretch, { row, pieces }: Search): Block {
  return { path: pieces[pieceAt(row.starts, at)]?.path ?? '', line: row.lines[at] ?? 0, endLine: row.lines[at + length - 1] ?? 0 };
}
