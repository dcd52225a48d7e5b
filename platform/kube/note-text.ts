// Text of an event's note: bounded, and harmless on a terminal.

/** Longest note that the API server takes, in bytes. */
const maxBytes = 1024;

/** The text with control characters written out and cut to 1 KiB of UTF-8, never in the middle of a character. */
export function noteText(text: string): string {
  const visible = text.toWellFormed().replaceAll(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, escaped);
  const bytes = Buffer.from(visible);
  if (bytes.length <= maxBytes) return visible;
  const ellipsis = '...';
  let end = maxBytes - ellipsis.length;
  // Continuation bytes of UTF-8 are 10xxxxxx.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${bytes.subarray(0, end).toString()}${ellipsis}`;
}

function escaped(character: string): string {
  const known: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  return known[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
