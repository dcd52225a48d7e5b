// Small pieces of Markdown from texts that others wrote: nothing in them may break out of its cell.

/** A table cell: one line, pipes, backticks and HTML made harmless. */
export function cell(value: string | number): string {
  return String(value)
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .replaceAll(/[\\|`*_<>[\]]/g, (character) => `\\${character}`);
}

/** A table with a header. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(header), `|${' --- |'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}
