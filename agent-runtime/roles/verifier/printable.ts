// The end of a text that somebody else wrote, fit for a status: no control characters, bounded in characters and in bytes of JSON.

// Line feeds stay; what would move a cursor, change colours or reorder what a person reads becomes a blank.
const unprintable = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]+/gu;
// oxlint-disable-next-line eslint/no-control-regex -- terminal sequences start with a control character
const terminalSequence = /\u001B\[[0-9;?]*[ -/]*[@-~]/g;

/** The last `maxLength` characters, fewer when their JSON would have more than `maxBytes` bytes. */
export function printableTail(text: string, maxLength: number, maxBytes: number): string {
  // A multiple of what is kept: enough is left when sequences are taken out, and a huge output is not read twice.
  const plain = text.slice(-maxLength * 8).replaceAll(terminalSequence, '').replaceAll(unprintable, ' ');
  const characters = Array.from(plain.trim()).slice(-maxLength);
  while (Buffer.byteLength(JSON.stringify(characters.join(''))) > maxBytes) characters.splice(0, Math.ceil(characters.length / 16));
  return characters.join('');
}
