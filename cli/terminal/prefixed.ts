// Several logs in one terminal: whole lines, each with the name of where it comes from.

/** A writer of bytes that puts `prefix` before every line; `end` writes a last line without a line break. */
export function prefixed(prefix: string, write: (text: string) => void): { write(bytes: Uint8Array): void; end(): void } {
  const decoder = new TextDecoder();
  let rest = '';
  const push = (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) write(`${prefix}${line}\n`);
  };
  return {
    write: (bytes) => push(decoder.decode(bytes, { stream: true })),
    end: () => {
      push(decoder.decode());
      if (rest !== '') write(`${prefix}${rest}\n`);
      rest = '';
    },
  };
}
