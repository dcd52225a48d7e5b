import { expect, test } from 'vitest';
import { z } from 'zod';
import { JsonObject } from '#api/v1alpha1/json.ts';
import { cel, LabelMap, listType, Time } from '#api/v1alpha1/schema.ts';
import { conform, toStructural } from './structural.ts';

const text = z.string().max(10).describe('Some text.');
const refuses = (schema: z.ZodType) => () => toStructural(schema, 'spec');

/** What zod can say and a CRD cannot; each must stop the generator and name the field. */
const refused: Record<string, { schema: z.ZodType; want: string }> = {
  'a refinement': { schema: z.object({ a: text.refine((value) => value !== 'x') }), want: 'spec.a: .refine() is lost' },
  'a refinement of the whole object': { schema: z.object({ a: text }).superRefine(() => {}), want: 'spec: .refine() is lost' },
  'a union': { schema: z.object({ a: z.union([z.string().max(3), z.int().min(0).max(1)]).describe('Either.') }), want: 'spec.a: union has no structural form' },
  'an intersection': { schema: z.object({ a: z.intersection(z.object({ b: text }), z.object({ c: text })) }), want: 'spec.a: intersection has no structural form' },
  'a nullable field': { schema: z.object({ a: text.nullable() }), want: 'spec.a: nullable has no structural form' },
  'an unknown value': { schema: z.object({ a: z.unknown() }), want: 'spec.a: unknown has no structural form' },
  'a literal': { schema: z.object({ a: z.literal('x') }), want: 'spec.a: literal has no structural form' },
  'a transformation': { schema: z.object({ a: text.transform(Number) }), want: 'spec.a: pipe has no structural form' },
  'a rewriting check': { schema: z.object({ a: z.string().trim().max(3) }), want: 'spec.a: a rewriting check' },
  'a strict object': { schema: z.strictObject({ a: text }), want: 'spec: strict and loose objects are not structural' },
  'a shared definition': { schema: z.object({ a: text.meta({ id: 'Shared' }) }), want: 'spec.a: .meta({ id }) makes a $ref' },
  'a record with limits on its keys': { schema: z.object({ a: z.record(z.string().max(3), text).meta({ maxProperties: 2 }) }), want: 'spec.a: limits on the keys of a record are lost' },
  'a record without a limit': { schema: z.object({ a: z.record(z.string(), text).describe('A map.') }), want: 'spec.a: needs .meta({ maxProperties })' },
  'a float': { schema: z.object({ a: z.number().min(0).max(1) }), want: 'spec.a: floats do not survive' },
  'an integer without an upper bound': { schema: z.object({ a: z.int().min(0) }), want: 'spec.a: an integer needs .min() and .max()' },
  'an integer without a lower bound': { schema: z.object({ a: z.int().max(9) }), want: 'spec.a: an integer needs .min() and .max()' },
  'a string without a bound': { schema: z.object({ a: z.string().describe('Text.') }), want: 'spec.a: needs .max(length)' },
  'a list without a bound': { schema: z.object({ a: z.array(text).meta(listType.atomic).describe('Texts.') }), want: 'spec.a: needs .max(items)' },
  'a list without a list type': { schema: z.object({ a: z.array(text).max(3).describe('Texts.') }), want: 'spec.a: needs .meta(listType...)' },
  'a set of objects': { schema: z.object({ a: z.array(z.object({ b: text })).max(3).meta(listType.set).describe('Things.') }), want: 'spec.a: a set of objects cannot be merged' },
  'a list map whose key is optional': { schema: z.object({ a: z.array(z.object({ b: text.optional() })).max(3).meta(listType.mapBy('b')).describe('Things.') }), want: 'list map keys must be required fields of the items: b' },
  'a field without a description': { schema: z.object({ a: z.string().max(3) }), want: 'spec.a: has no description' },
  'a description without a full stop': { schema: z.object({ a: z.string().max(3).describe('Text') }), want: 'spec.a: its description must end with a full stop' },
  'a format that not every server checks': { schema: z.object({ a: z.uuid().max(40).describe('Id.') }), want: 'spec.a: format uuid is not checked' },
  'a pattern with flags': { schema: z.object({ a: z.string().max(3).regex(/a/i) }), want: 'spec.a: the flags of /a/i are lost' },
  'a pattern with look-ahead': { schema: z.object({ a: z.string().max(3).regex(/^(?!x)/) }), want: 'spec.a: /^(?!x)/ uses look-around' },
  'two patterns on one string': { schema: z.object({ a: z.string().max(3).regex(/a/).regex(/b/).describe('Text.') }), want: 'spec.a: allOf is not structural' },
  'a fault deep inside': { schema: z.object({ a: z.array(z.object({ b: z.object({ c: z.string().describe('Text.') }).describe('Inner.') })).max(1).meta(listType.atomic).describe('Things.') }), want: 'spec.a[].b.c: needs .max(length)' },
};

test.each(Object.entries(refused))('refuses %s', (_, { schema, want }) => {
  expect(refuses(schema)).toThrow(want);
});

test('names every fault at once', () => {
  expect(refuses(z.object({ a: z.string().max(3), b: z.string().max(3).describe('No stop') }))).toThrow(/spec\.a: has no description.*\n {2}spec\.b: its description must end/);
});

const shapes: Record<string, { json: Record<string, unknown>; want: string }> = {
  'a reference': { json: { $ref: '#/definitions/x' }, want: 'spec: $ref is not structural' },
  'a choice': { json: { type: 'object', properties: {}, anyOf: [] }, want: 'spec: anyOf is not structural' },
  'a node without a type': { json: {}, want: 'spec: has no type that a CRD knows' },
  'a map beside fields': { json: { type: 'object', properties: {}, additionalProperties: false }, want: 'spec: additionalProperties beside properties' },
  'an object that says nothing': { json: { type: 'object', maxProperties: 1 }, want: 'spec: says nothing about its fields' },
  'an integer without bounds': { json: { type: 'integer', minimum: 0 }, want: 'spec: needs .min() and .max()' },
};

test.each(Object.entries(shapes))('refuses %s, whoever wrote it', (_, { json, want }) => {
  const faults: string[] = [];
  conform(json, 'spec', (path, sentence) => faults.push(`${path}: ${sentence}`));
  expect(faults.join('\n')).toContain(want);
});

const field = (schema: z.ZodType) => toStructural(z.object({ a: schema }), 'spec').properties?.['a'];

test('a time keeps its format and loses the pattern that zod may add', () => {
  expect(field(Time.describe('When.'))).toEqual({ description: 'When.', type: 'string', format: 'date-time', maxLength: 40 });
  expect(field(z.iso.datetime().max(40).describe('When.'))).toEqual({ description: 'When.', type: 'string', format: 'date-time', maxLength: 40 });
});

test('a free-form object keeps what it does not know', () => {
  expect(field(JsonObject.describe('Free.'))).toEqual({ description: 'Free.', type: 'object', maxProperties: 32, 'x-kubernetes-preserve-unknown-fields': true });
});

test('a map carries the schema of its values and its limit', () => {
  expect(field(LabelMap.describe('Labels.'))).toEqual({ description: 'Labels.', type: 'object', additionalProperties: { type: 'string', maxLength: 63 }, maxProperties: 16 });
});

test('an integer says how many bits it needs', () => {
  expect(field(z.int().min(0).max(2_147_483_647).describe('Small.'))).toMatchObject({ format: 'int32' });
  expect(field(z.int().min(0).max(9_007_199_254_740_991).describe('Large.'))).toMatchObject({ format: 'int64', maximum: 9_007_199_254_740_991 });
});

test('the default of an object holds those of its fields, because rules are checked on it first', () => {
  const inner = z.object({ min: z.int().min(0).max(9).default(1).describe('Min.'), max: z.int().min(0).max(9).optional().describe('Max.') });
  expect(field(inner.prefault({}).describe('Inner.'))).toMatchObject({ type: 'object', default: { min: 1 } });
});

test('rules, list types and required fields come through', () => {
  const schema = z.object({ a: z.array(z.object({ name: text })).max(2).meta(listType.mapBy('name')).describe('Things.'), b: text.default('x') }).meta(cel({ rule: 'true', message: 'always' }));
  expect(toStructural(schema, 'spec')).toMatchObject({
    required: ['a'],
    'x-kubernetes-validations': [{ rule: 'true', message: 'always' }],
    properties: { a: { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }, b: { default: 'x' } },
  });
});
