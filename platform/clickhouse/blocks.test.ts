// Rows as bytes, against the format's description: counts and names first, LEB128 lengths, little-endian numbers, column after column.
import { describe, expect, test } from 'vitest';
import { BlockEncoder } from './blocks.ts';
import type { Column, Row } from './types.ts';

const text: readonly Column[] = [{ name: 's', type: 'String' }];
/** What comes before the values of the only column `s`. */
const head = (rows: number): readonly number[] => [1, rows, 1, 0x73, 6, ...Buffer.from('String')];
const bytes = (columns: readonly Column[], ...rows: readonly Row[]) => [...new BlockEncoder(columns).encode(rows)];

describe('block encoder', () => {
  const texts: Record<string, { values: readonly string[]; want: readonly number[] }> = {
    'an empty text': { values: [''], want: [0] },
    'a text in UTF-8 has its length in bytes': { values: ['hé'], want: [3, 0x68, 0xc3, 0xa9] },
    'the same text twice in a row, and once more after another': { values: ['ab', 'ab', 'c', 'ab'], want: [2, 0x61, 0x62, 2, 0x61, 0x62, 1, 0x63, 2, 0x61, 0x62] },
    'an empty text after one that is not': { values: ['a', '', ''], want: [1, 0x61, 0, 0] },
  };
  test.each(Object.entries(texts))('%s', (_, { values, want }) => expect(bytes(text, ...values.map((s) => ({ s })))).toEqual([...head(values.length), ...want]));

  const numbers: Record<string, { type: Column['type']; values: readonly number[]; want: readonly number[] }> = {
    'one byte each': { type: 'UInt8', values: [255, 0], want: [255, 0] },
    'two bytes each': { type: 'UInt16', values: [258, 65_535], want: [2, 1, 255, 255] },
    'four bytes each': { type: 'UInt32', values: [67_305_985], want: [1, 2, 3, 4] },
    'the largest safe number': { type: 'UInt64', values: [Number.MAX_SAFE_INTEGER], want: [255, 255, 255, 255, 255, 255, 31, 0] },
    'a time in milliseconds': { type: 'DateTime64(3)', values: [1_700_000_000_000], want: [0, 0x68, 0xe5, 0xcf, 0x8b, 1, 0, 0] },
  };
  test.each(Object.entries(numbers))('%s', (_, { type, values, want }) => expect(bytes([{ name: 's', type }], ...values.map((s) => ({ s }))).slice(-want.length)).toEqual(want));

  test('columns come one after the other, each with all rows', () => {
    const encoded = bytes([{ name: 'a', type: 'UInt8' }, { name: 'b', type: 'String' }], { b: 'x', a: 1 }, { a: 2, b: 'y' });
    expect(encoded).toEqual([2, 2, 1, 0x61, 5, ...Buffer.from('UInt8'), 1, 2, 1, 0x62, 6, ...Buffer.from('String'), 1, 0x78, 1, 0x79]);
  });

  test('a length of more than 127 bytes takes two, of letters and of signs that take three bytes each', () => {
    for (const value of ['x'.repeat(300), '\u20ac'.repeat(100)]) expect(bytes(text, { s: value }).slice(head(1).length, head(1).length + 2)).toEqual([0xac, 0x02]);
  });

  test('many rows and more texts than it remembers come out as they went in', () => {
    const rows = Array.from({ length: 50_000 }, (_, index): Row => ({ s: `text-${index % 30_000}` }));
    const encoded = Buffer.from(new BlockEncoder(text).encode(rows));
    // The number of rows takes three bytes.
    let at = head(1).length + 2;
    for (const { s: want } of rows) {
      const length = encoded[at] ?? 0;
      expect(encoded.toString('utf8', at + 1, at + 1 + length)).toBe(want);
      at += 1 + length;
    }
    expect(at).toBe(encoded.length);
  });

  const wrong: Record<string, { type: Column['type']; value: number }> = {
    'a negative number': { type: 'UInt64', value: -1 },
    'a number that is too large': { type: 'UInt32', value: 4_294_967_296 },
    'no number at all': { type: 'UInt64', value: Number.NaN },
    'a fraction': { type: 'UInt64', value: 0.5 },
    'a number beyond what a Number can tell apart': { type: 'UInt64', value: 2 ** 60 },
  };
  test.each(Object.entries(wrong))('%s is refused by the name of its column', (_, { type, value }) => {
    expect(() => bytes([{ name: 'a', type }], { a: value })).toThrow(/^a: .* is no whole number/);
    expect(() => bytes([{ name: 'a', type }], { a: value })).toThrow(RangeError);
  });
});
