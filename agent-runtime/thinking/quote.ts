// The one frame around everything that others wrote, and the one way to shorten it. What stands in the frame cannot end it.
import type { ToolAnswer } from './tool.ts';

/** Name of the frame, as the system prompt tells it. */
const frame = 'tool-output';

const ends = new RegExp(`<(/?)(?=${frame})`, 'gi');

/** Text of others as data. */
export function quoted(text: string): string {
  return `<${frame}>\n${text.replaceAll(ends, '<\\$1')}\n</${frame}>`;
}

/** What the user wants, as the first message tells it; no text can end it. */
export function taskText(wanted: string): string {
  return `<task>\n${wanted.replaceAll(/<(\/?)(?=task>)/gi, '<\\$1')}\n</task>`;
}

/** An answer as the model reads it: our words, then what is quoted, at most `maxBytes` of it. */
export function answerText({ note, data }: ToolAnswer, maxBytes: number): string {
  return data === undefined ? note : `${note}\n${quoted(trimmed(data, maxBytes))}`;
}

/** Head and tail of a text of more than `maxBytes`; no character is torn. */
export function trimmed(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  const half = Math.floor(maxBytes / 2);
  const [head, tail] = [borderBefore(bytes, half), borderBefore(bytes, bytes.length - half)];
  return `${bytes.toString('utf8', 0, head)}\n[${tail - head} bytes are left out here]\n${bytes.toString('utf8', tail)}`;
}

/** The start of the character that holds the byte `at`. */
function borderBefore(bytes: Buffer, at: number): number {
  let border = at;
  while (border > 0 && ((bytes[border] ?? 0) & 0xc0) === 0x80) border -= 1;
  return border;
}
