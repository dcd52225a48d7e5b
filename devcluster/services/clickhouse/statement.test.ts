// Requests as ClickHouse's clients make them, and the statements that come of them.
import { expect, test } from 'vitest';
import { readStatement } from './statement.ts';

const read = (search: Record<string, string>, body = '') => readStatement(new URLSearchParams(search), Buffer.from(body));

const cases: Record<string, { search: Record<string, string>; body?: string; want: object }> = {
  'a query in the body': { search: {}, body: 'SELECT 1', want: { kind: 'plain', sql: 'SELECT 1', format: 'TabSeparated' } },
  'a query in the URL': { search: { query: 'SELECT 1', default_format: 'JSON' }, want: { kind: 'plain', sql: 'SELECT 1', format: 'JSON' } },
  'parameters are told apart from settings': { search: { param_a: "x'y", max_threads: '1' }, body: 'SELECT {a:String}', want: { sql: "SELECT {a:String} SETTINGS max_threads='1'", params: { a: "x'y" } } },
  'rows in the body': { search: { query: 'INSERT INTO t (a, b) FORMAT RowBinary', insert_deduplication_token: 'x' }, body: 'rows', want: { kind: 'rows', into: 'INSERT INTO t (a, b)', rest: " SETTINGS insert_deduplication_token='x' FORMAT RowBinary", body: Buffer.from('rows') } },
  'an insert from a query is a plain statement': { search: {}, body: 'INSERT INTO t SELECT 1', want: { kind: 'plain', sql: 'INSERT INTO t SELECT 1' } },
  'a value of a setting stays a value': { search: { a: "'; DROP TABLE t; --\\" }, body: 'SELECT 1', want: { sql: String.raw`SELECT 1 SETTINGS a='\'; DROP TABLE t; --\\'` } },
};
test.each(Object.entries(cases))('%s', (_, { search, body = '', want }) => expect(read(search, body)).toMatchObject(want));

test('a setting whose name is none is refused as ClickHouse does it', () => {
  expect(() => read({ "x = 1 --": '1' }, 'SELECT 1')).toThrow(/^Code: 115\. /);
});
