// The blocks between `---` and `...` of TAP: keys of one level with scalars and literal blocks, as test runners write them. Not YAML at large.

/** Values by key; a value of several lines keeps them, without the space before them. */
export function yamlFields(lines: readonly string[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  const indent = indentOf(lines.find((line) => line.trim() !== '') ?? '');
  let key: string | undefined;
  for (const line of lines) {
    const match = indentOf(line) === indent ? /^\s*([\w-]+):(?: (.*))?$/.exec(line) : null;
    if (match !== null) {
      key = match[1] ?? '';
      fields.set(key, scalar(match[2] ?? ''));
    } else if (key !== undefined) {
      fields.set(key, [fields.get(key) ?? '', line.trim()].filter((part) => part !== '').join('\n'));
    }
  }
  return fields;
}

function scalar(text: string): string {
  const value = text.trim();
  if (/^[|>][-+]?$/.test(value) || value === '~') return '';
  return /^'.*'$/.test(value) ? value.slice(1, -1).replaceAll("''", "'") : value.replace(/^"(.*)"$/, '$1');
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
