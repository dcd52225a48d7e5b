// What a request to ClickHouse's HTTP interface asks for, in the words of the engine: one statement, its parameters, and perhaps rows.

/** Rows that came with an INSERT, or a statement by itself. */
export type Statement =
  | { readonly kind: 'rows'; readonly into: string; readonly rest: string; readonly body: Buffer }
  | { readonly kind: 'plain'; readonly sql: string; readonly params: Readonly<Record<string, string>>; readonly format: string };

/** Parameters of the URL that are no settings of a query. */
const notSettings = new Set(['query', 'database', 'query_id', 'session_id', 'default_format', 'user', 'password', 'role', 'wait_end_of_query', 'compress', 'decompress', 'http_write_exception_in_output_format']);
const rowsHead = /^(\s*insert\s+into\s+[\s\S]+?)\s+format\s+(\w+)\s*;?\s*$/i;

/** Reads a request: the query is in the URL with rows in the body, or in the body. */
export function readStatement(search: URLSearchParams, body: Buffer): Statement {
  const query = search.get('query');
  const settings = settingsOf(search);
  const head = query === null ? null : rowsHead.exec(query);
  if (head !== null) return { kind: 'rows', into: `${head[1]}`, rest: withSettings('', settings, `FORMAT ${head[2]}`), body };
  const sql = (query ?? '') + body.toString('utf8');
  return { kind: 'plain', sql: takesSettings(sql) ? withSettings(sql.replace(/;?\s*$/, ''), settings, '') : sql, params: paramsOf(search), format: search.get('default_format') ?? 'TabSeparated' };
}

function settingsOf(search: URLSearchParams): readonly string[] {
  const entries = [...search].filter(([name]) => !notSettings.has(name) && !name.startsWith('param_'));
  return entries.map(([name, value]) => {
    if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new Error(`Code: 115. DB::Exception: Setting ${name} is neither a builtin setting nor started with a prefix. (UNKNOWN_SETTING)`);
    return `${name}='${value.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`)}'`;
  });
}

function withSettings(sql: string, settings: readonly string[], rest: string): string {
  return [sql, ...(settings.length === 0 ? [] : [`SETTINGS ${settings.join(', ')}`]), ...(rest === '' ? [] : [rest])].join(' ');
}

function takesSettings(sql: string): boolean {
  return /^\s*(select|with)\b/i.test(sql);
}

function paramsOf(search: URLSearchParams): Readonly<Record<string, string>> {
  return Object.fromEntries([...search].filter(([name]) => name.startsWith('param_')).map(([name, value]) => [name.slice('param_'.length), value]));
}
