// Text in cells of a terminal. What agents and servers say is shown without its control characters: it must not steer the terminal.
import type { Instant } from '#api/time.ts';

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const control = /\u001B\[[0-9;?]*[ -/]*[@-~]|[\u0000-\u001F\u007F-\u009F]+/g;
const wide = /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/u;
const zeroWidth = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** One line of text without escape sequences and control characters. */
export function plain(text: string): string {
  return text.replaceAll(control, ' ').replaceAll(/ {2,}/g, ' ').trim();
}

/** Cells that a text without control characters takes. */
export function cells(text: string): number {
  let sum = 0;
  for (const character of text) sum += cellsOf(character);
  return sum;
}

/** The text, cut to at most `width` cells; `ellipsis` marks the cut. */
export function cut(text: string, width: number, ellipsis = '…'): string {
  if (cells(text) <= width) return text;
  const room = width - cells(ellipsis);
  if (room < 0) return '';
  let used = 0;
  let kept = '';
  for (const character of text) {
    used += cellsOf(character);
    if (used > room) break;
    kept += character;
  }
  return kept + ellipsis;
}

/** The text in exactly `width` cells: cut or filled with spaces. */
export function fit(text: string, width: number, ellipsis = '…'): string {
  const short = cut(text, width, ellipsis);
  return short + ' '.repeat(Math.max(0, width - cells(short)));
}

function cellsOf(character: string): number {
  if (character < '\u0300') return 1;
  if (zeroWidth.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** A length of time for people: 0.4s, 12s, 3m05s, 2h07m. Whole seconds are taken for rounded ones: no tenth, and none at all is less than one. */
export function duration(ms: number): string {
  if (ms === 0) return '<1s';
  if (ms < 9_950 && ms % 1000 !== 0) return `${(Math.max(0, ms) / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${two(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
}

/** Time of day in the user's zone, HH:MM:SS. */
export function timeOfDay(at: Instant): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Bytes for people: 812 B, 3.4 KiB, 12.0 MiB. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const kib = bytes / 1024;
  return kib < 1024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** Columns as wide as their widest cell, two spaces apart, without blanks at the end of a line. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cells(cell))));
  return rows.map((row) => row.map((cell, index) => fit(cell, widths[index] ?? 0)).join('  ').trimEnd());
}

/** A text as one word of a POSIX shell command. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
