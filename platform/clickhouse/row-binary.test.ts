// Rows as bytes, against the format's description: LEB128 lengths, little-endian numbers.
import { describe, expect, test } from 'vitest';
import { RowEncoder } from './row-binary.ts';
import type { Column, Row } from './types.ts';

const text: readonly Column[] = [{ name: 's', type: 'String' }];
const bytes = (columns: readonly Column[], ...rows: readonly Row[]) => [...new RowEncoder(columns).encode(rows)];

describe('row encoder', () => {
  const cases: Record<string, { columns: readonly Column[]; rows: readonly Row[]; want: readonly number[] }> = {
    'an empty text': { columns: text, rows: [['']], want: [0] },
    'a text in UTF-8 has its length in bytes': { columns: text, rows: [['hé']], want: [3, 0x68, 0xc3, 0xa9] },
    'small numbers': { columns: [{ name: 'a', type: 'UInt8' }, { name: 'b', type: 'UInt16' }, { name: 'c', type: 'UInt32' }], rows: [[255, 258, 67_305_985]], want: [255, 2, 1, 1, 2, 3, 4] },
    'the largest safe number': { columns: [{ name: 'a', type: 'UInt64' }], rows: [[Number.MAX_SAFE_INTEGER]], want: [255, 255, 255, 255, 255, 255, 31, 0] },
    'a time in milliseconds': { columns: [{ name: 'a', type: 'DateTime64(3)' }], rows: [[1_700_000_000_000]], want: [0, 0x68, 0xe5, 0xcf, 0x8b, 1, 0, 0] },
    'the same text twice, and rows one after the other': { columns: text, rows: [['ab'], ['ab']], want: [2, 0x61, 0x62, 2, 0x61, 0x62] },
  };
  test.each(Object.entries(cases))('%s', (_, { columns, rows, want }) => expect(bytes(columns, ...rows)).toEqual(want));

  test('a length of more than 127 bytes takes two', () => {
    expect(bytes(text, ['x'.repeat(300)]).slice(0, 2)).toEqual([0xac, 0x02]);
  });

  test('many rows and more texts than it remembers come out as they went in', () => {
    const rows = Array.from({ length: 50_000 }, (_, index): Row => [`text-${index % 30_000}`]);
    const encoded = Buffer.from(new RowEncoder(text).encode(rows));
    let at = 0;
    for (const [want] of rows) {
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
  test.each(Object.entries(wrong))('%s is refused', (_, { type, value }) => {
    expect(() => bytes([{ name: 'a', type }], [value])).toThrow(RangeError);
  });
});
