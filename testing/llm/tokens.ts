// The one rule of counting: a token is four bytes of UTF-8, rounded up. A real model counts otherwise; what matters is that a test can count along.

const bytesPerToken = 4;

/** Tokens of a number of bytes. */
export function tokensOf(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken);
}

/** Length of a text in bytes of UTF-8. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

/** The longest start of a text that has at most this many tokens; no character is torn. */
export function cutToTokens(text: string, tokens: number): string {
  let left = tokens * bytesPerToken;
  let end = 0;
  for (const character of text) {
    left -= byteLength(character);
    if (left < 0) break;
    end += character.length;
  }
  return text.slice(0, end);
}
