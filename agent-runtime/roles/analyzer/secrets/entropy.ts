// How much chance is in a text, and whether somebody put it there to be replaced.

/** Shannon entropy of the characters of a text, in bits per character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  let length = 0;
  for (const character of text) {
    counts.set(character, (counts.get(character) ?? 0) + 1);
    length += 1;
  }
  return [...counts.values()].reduce((sum, count) => sum - (count / length) * Math.log2(count / length), 0);
}

/** Share of neighbours that follow each other, as in 12345678, from which a text is no secret. */
const maxInOrder = 0.6;
/** Longer texts that repeat themselves are not looked for: nobody types them as a placeholder. */
const maxRepeated = 128;

/** Whether a text counts up or down, or says the same again and again. */
export function isMonotonous(text: string): boolean {
  const codes = Array.from(text, (character) => character.charCodeAt(0));
  const inOrder = codes.filter((code, at) => at > 0 && Math.abs(code - (codes[at - 1] ?? 0)) === 1).length;
  return inOrder / text.length >= maxInOrder || (text.length <= maxRepeated && /^(.{1,32}?)\1+$/.test(text));
}
