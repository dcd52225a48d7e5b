// Vectors by counting words: the same for the same text on every machine, without a model. Texts are near when they share words, whatever these mean.
import type { Embedder } from './types.ts';

const dimension = 256;

/** For tests, and for installations that want no model. */
export const hashingEmbedder: Embedder = {
  id: 'hashing-1',
  embed: (texts) => Promise.resolve(texts.map(vectorOf)),
  close: () => Promise.resolve(),
};

function vectorOf(text: string): readonly number[] {
  const sums = new Float64Array(dimension);
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  // A text without words is a text too, and a vector of zeros has no direction.
  for (const word of ['', ...words]) {
    const hash = hashOf(word);
    const at = hash % dimension;
    sums[at] = (sums[at] ?? 0) + (hash & 0x10000 ? 1 : -1);
  }
  const length = Math.hypot(...sums) || 1;
  return Array.from(sums, (sum) => sum / length);
}

/** FNV-1a. */
function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(word)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
