// Pairs of equal stretches, each as long as it can be: what groups are cut from.
import { equalTokens, type Row, type Windows, windowWidth } from './windows.ts';

/** A stretch of tokens by its first position. */
export interface Stretch {
  readonly at: number;
  readonly length: number;
}

/** A text made to waste time has more repetitions than anybody wants to read: after so many compared tokens the rest is left. */
const mostCompared = 100_000_000;
const mostHops = 64;

/** The earlier stretch of each pair that repeats, in the order of the later ones. */
export function repeatedStretches(row: Row, { before }: Windows): readonly Stretch[] {
  const found: Stretch[] = [];
  // By distance of the two: how far the pairs found so far reach.
  const reached = new Map<number, number>();
  let compared = 0;
  for (let position = 1; position < before.length && compared < mostCompared; position += 1) {
    const earlier = apart(before, position);
    if (earlier === -1) continue;
    const distance = position - earlier;
    if (position < (reached.get(distance) ?? 0)) continue;
    const { at, length } = extended(row, earlier, position);
    reached.set(distance, at + length + distance);
    found.push({ at, length });
    compared += length;
  }
  return found;
}

/** The nearest equal window before `position` that does not overlap it, or -1. */
function apart(before: Int32Array, position: number): number {
  let earlier = before[position] ?? -1;
  for (let hops = 0; earlier !== -1 && position - earlier < windowWidth; hops += 1) earlier = hops < mostHops ? (before[earlier] ?? -1) : -1;
  return earlier;
}

/** Grows two equal windows in both directions, within their files and without overlap. */
function extended({ hashes, starts }: Row, earlier: number, later: number): Stretch {
  const [start, end] = boundsOf(starts, earlier);
  const [laterStart, laterEnd] = boundsOf(starts, later);
  const room = start === laterStart ? later - earlier : Number.POSITIVE_INFINITY;
  let back = 0;
  while (earlier - back > start && later - back > laterStart && windowWidth + back < room && hashes[earlier - back - 1] === hashes[later - back - 1]) back += 1;
  const at = earlier - back;
  return { at, length: equalTokens(hashes, at, later - back, Math.min(end - at, laterEnd - later + back, room)) };
}

/** First position of the piece that holds `position`, and the one after its last. */
export function boundsOf(starts: readonly number[], position: number): readonly [number, number] {
  const piece = pieceAt(starts, position);
  return [starts[piece] ?? 0, starts[piece + 1] ?? 0];
}

/** Index of the piece that holds `position`. */
export function pieceAt(starts: readonly number[], position: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= position) low = middle;
    else high = middle;
  }
  return low;
}
