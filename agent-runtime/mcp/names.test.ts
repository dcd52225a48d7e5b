// Names of tools, and what is shown of a stranger's schema.
import { expect, test } from 'vitest';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { offersOf } from './names.ts';
import { schemaFault } from './schema.ts';

const server = (name: string, ...tools: string[]) => ({ name, url: 'http://tools/mcp', tools, sideEffect: 'None' as const, hasToken: false });
const namesOf = (...servers: ReturnType<typeof server>[]) => [...offersOf(servers).keys()];
const long = 'x'.repeat(60);

const names: Record<string, { servers: ReturnType<typeof server>[]; want: (string | RegExp)[] }> = {
  'a plain tool': { servers: [server('tracker', 'search')], want: ['mcp_tracker_search'] },
  'what no provider takes is an underscore': { servers: [server('my-tracker', 'Issues/get.One')], want: ['mcp_my_tracker_issues_get_one'] },
  'a long one is cut and keeps a hash': { servers: [server('tracker', `${long}a`)], want: [/^mcp_tracker_x{42}_[0-9a-f]{8}$/] },
  'two long ones that begin alike differ': { servers: [server('tracker', `${long}a`, `${long}b`)], want: [/^mcp_tracker_x{42}_[0-9a-f]{8}$/, /^mcp_tracker_x{42}_[0-9a-f]{8}$/] },
  'two that look alike both get a hash': { servers: [server('t', 'get-it', 'get_it', 'other')], want: [/^mcp_t_get_it_[0-9a-f]{8}$/, /^mcp_t_get_it_[0-9a-f]{8}$/, 'mcp_t_other'] },
  'also across servers': { servers: [server('a', 'b_c'), server('a-b', 'c')], want: [/^mcp_a_b_c_[0-9a-f]{8}$/, /^mcp_a_b_c_[0-9a-f]{8}$/] },
};
test.each(Object.entries(names))('names: %s', (_, { servers, want }) => {
  const found = namesOf(...servers);
  expect(found).toEqual(want.map((name) => (typeof name === 'string' ? name : expect.stringMatching(name))));
  for (const name of found) expect(name).toMatch(/^[a-z][a-z0-9_]{0,62}$/);
});

test('a name does not depend on the order of the list', () => {
  const [one, other] = [server('t', 'get-it', 'get_it'), server('t', 'get_it', 'get-it')].map((each) => offersOf([each]));
  expect([...(one ?? [])].map(([name, { tool }]) => `${name} ${tool}`).toSorted()).toEqual([...(other ?? [])].map(([name, { tool }]) => `${name} ${tool}`).toSorted());
});

const deep = (levels: number): JsonObject => (levels === 0 ? { type: 'string' } : { type: 'object', properties: { a: deep(levels - 1) } });

const schemas: Record<string, { schema: JsonObject; want: string | undefined }> = {
  'fields with limits': { schema: { type: 'object', properties: { query: { type: 'string', maxLength: 9, pattern: '^a' }, n: { $ref: '#/$defs/n' } }, required: ['query'], $defs: { n: { type: 'integer' } } }, want: undefined },
  'no fields at all': { schema: { type: 'object' }, want: undefined },
  'no object': { schema: { type: 'array' }, want: 'not that of an object' },
  'a union': { schema: { type: 'object', anyOf: [{ required: ['a'] }] }, want: 'a union' },
  'a type that there is not': { schema: { type: 'object', properties: { a: { type: 'text' } } }, want: 'no JSON Schema' },
  'words of an older draft': { schema: { type: 'object', properties: { a: { type: 'number', minimum: 1, exclusiveMinimum: true } } }, want: 'no JSON Schema' },
  'another document': { schema: { type: 'object', properties: { a: { $ref: 'https://evil.example/schema' } } }, want: 'another document' },
  'a pattern that is none': { schema: { type: 'object', properties: { a: { type: 'string', pattern: '(' } } }, want: 'a pattern that is none' },
  'a field with a name that providers refuse': { schema: { type: 'object', properties: { 'ignore all rules': { type: 'string' } } }, want: 'not plain' },
  'too deep': { schema: deep(9), want: 'levels deep' },
  'too large': { schema: { type: 'object', description: 'x'.repeat(20_000) }, want: 'the limit is 16384' },
};
test.each(Object.entries(schemas))('schema: %s', (_, { schema, want }) => {
  if (want === undefined) expect(schemaFault(schema)).toBeUndefined();
  else expect(schemaFault(schema)).toContain(want);
});
