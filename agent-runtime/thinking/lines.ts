// Texts as tools show them: by lines, so that a part can be asked for, and never more at once than is of use.
import { trimmed } from './quote.ts';
import { type ToolAnswer, toolError } from './tool.ts';

/** What is shown at once. */
export const shown = { lines: 600, bytes: 32_000 } as const;

/** The text of bytes; undefined when they are none in UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString('utf8');
  return text.includes('\0') || !Buffer.from(text).equals(bytes) ? undefined : text;
}

/** The lines from `from` to `to`, both counted from 1, as far as they are shown at once. */
export function shownLines(text: string, { from = 1, to }: { readonly from?: number | undefined; readonly to?: number | undefined }): ToolAnswer {
  const lines = text.split('\n');
  const last = Math.min(lines.length, to ?? Number.POSITIVE_INFINITY, from + shown.lines - 1);
  if (from > last) return toolError(`from_line: there are ${lines.length} lines`);
  return { note: `lines ${from} to ${last} of ${lines.length}`, data: trimmed(lines.slice(from - 1, last).join('\n'), shown.bytes) };
}
