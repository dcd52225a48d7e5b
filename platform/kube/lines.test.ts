import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from './lines.ts';

test('however a text is cut into chunks, its whole lines come out', () => {
  const text = fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }).map((line) => line.replaceAll('\n', '')), { maxLength: 12 });
  fc.assert(fc.property(text, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (lines, sizes) => {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    const seen: string[] = [];
    const splitter = new LineSplitter(10_000);
    let at = 0;
    for (let index = 0; at < bytes.length; index++) {
      const size = sizes[index % sizes.length] ?? 1;
      splitter.push(bytes.subarray(at, at + size), (line) => seen.push(line));
      at += size;
    }
    expect(seen).toEqual(lines.filter((line) => line !== ''));
  }));
});

test('what follows the last newline waits', () => {
  const seen: string[] = [];
  new LineSplitter(100).push(Buffer.from('a\nb'), (line) => seen.push(line));
  expect(seen).toEqual(['a']);
});

test('a line without end is given up', () => {
  const splitter = new LineSplitter(10);
  splitter.push(Buffer.from('123456'), () => {});
  expect(() => splitter.push(Buffer.from('78901'), () => {})).toThrow(expect.objectContaining({ kind: 'garbage' }) as Error);
});
