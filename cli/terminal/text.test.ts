import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prefixed } from './prefixed.ts';
import { cells, columns, cut, duration, fit, plain, shellWord, size } from './text.ts';

describe('plain', () => {
  const cases: Record<string, { given: string; want: string }> = {
    'escape sequences of agents do not reach the terminal': { given: '\u001B[2J\u001B[1;31mred\u001B[0m', want: 'red' },
    'line breaks and bells become one space': { given: 'one\r\n\u0007two', want: 'one two' },
    'a lone escape character is dropped': { given: 'a\u001Bb', want: 'a b' },
    'C1 control characters are dropped': { given: 'a\u009B31mb', want: 'a 31mb' },
    'letters of any script stay': { given: 'grün 日本', want: 'grün 日本' },
  };
  test.each(Object.entries(cases))('%s', (_, { given, want }) => expect(plain(given)).toBe(want));
});

test('fit always fills exactly the width', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 40 }), (text, width) => {
    expect(cells(fit(plain(text), width))).toBe(width);
  }));
});

test('wide characters count for two cells and are never halved', () => {
  expect(cells('日本')).toBe(4);
  expect(cut('日本語', 4)).toBe('日…');
});

describe('duration', () => {
  const cases: Record<string, { ms: number; want: string }> = {
    'below ten seconds with a tenth': { ms: 440, want: '0.4s' },
    'a rounded second has no tenth': { ms: 2000, want: '2s' },
    'a time rounded to nothing is less than a second': { ms: 0, want: '<1s' },
    'a clock that went back shows zero': { ms: -50, want: '0.0s' },
    'rounding does not show 10.0s': { ms: 9_990, want: '10s' },
    'minutes have two digits of seconds': { ms: 185_000, want: '3m05s' },
    'hours drop seconds': { ms: 7_620_000, want: '2h07m' },
  };
  test.each(Object.entries(cases))('%s', (_, { ms, want }) => expect(duration(ms)).toBe(want));
});

test('sizes are in binary units', () => expect([size(812), size(3482), size(12_582_912)]).toEqual(['812 B', '3.4 KiB', '12.0 MiB']));

test('columns align by cells, without blanks at the end', () => expect(columns([['a', 'b'], ['日本', '']])).toEqual(['a     b', '日本']));

test('a word of a shell command is quoted only when it must be', () => {
  expect([shellWord('report.md'), shellWord("it's"), shellWord('a b')]).toEqual(['report.md', String.raw`'it'\''s'`, "'a b'"]);
});

test('prefixed lines are whole, also when a character is split between chunks', () => {
  const written: string[] = [];
  const sink = prefixed('[a] ', (text) => void written.push(text));
  const bytes = new TextEncoder().encode('één\ntwo');
  for (const byte of bytes) sink.write(Uint8Array.of(byte));
  expect(written).toEqual(['[a] één\n']);
  sink.end();
  expect(written.at(-1)).toBe('[a] two\n');
});
