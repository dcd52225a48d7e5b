import { describe, expect, test } from 'vitest';
import { candidateEdits } from './edits.ts';
import { repairs } from './repairs.ts';
import { readTestOutput } from './test-output.ts';
import { numbersFurther, widerRepairs } from './wider.ts';

const output = readTestOutput('1 failed: pick expected late, 42', false);
const source = "const limit = 20;\n// const limit = 20;\nexport function pick(list, word = 'early') {\n  return list[limit] ?? word;\n}\n";
const tests = "test('pick', () => equal(pick({ late: 1, never: 2 }, 'soon'), 42, 97));";

function linesOf(others: readonly string[]): readonly string[] {
  return widerRepairs('src/a.js', source, output, others).map(({ after }) => after.split('\n').at(-1) ?? '');
}

describe('wider repairs', () => {
  test('come after every nearer mend of the same file', () => {
    const near = [...candidateEdits('src/a.js', source, output), ...repairs('src/a.js', source, output, [tests])];
    const first = Math.min(...widerRepairs('src/a.js', source, output, [tests]).map(({ rank }) => rank));
    expect(first).toBeGreaterThan(Math.max(...near.map(({ rank }) => rank)));
  });

  test('know texts, names of fields and numbers of other files, and only those', () => {
    const meant = ["  return list[limit] ?? word ?? 'late';", "  return list[limit] ?? word ?? 'soon';", "export function pick(list, word = 'never') {", 'const limit = 42;', 'const limit = 97;'];
    expect(linesOf([tests])).toEqual(expect.arrayContaining(meant));
    expect(linesOf([]).filter((line) => /late|soon|never|42|97/.test(line))).toEqual([]);
  });

  test('try what the output speaks of before what it does not', () => {
    const lines = linesOf([tests]);
    expect(lines.indexOf("export function pick(list, word = 'late') {")).toBeLessThan(lines.indexOf("export function pick(list, word = 'never') {"));
    expect(lines.indexOf('const limit = 42;')).toBeLessThan(lines.indexOf('const limit = 97;'));
  });

  test('leave comments alone', () => {
    expect(linesOf([tests]).filter((line) => line.startsWith('//'))).toEqual([]);
  });

  test('are no more than a head can go through, those near the failure first', () => {
    const long = `${Array.from({ length: 300 }, (_, index) => `export function g${index}(a, b) {\n  return a * ${index} + b;\n}\n`).join('')}${source}`;
    const edits = widerRepairs('src/a.js', long, output, [tests]);
    expect(edits).toHaveLength(1500);
    expect(edits[0]?.after).toContain('list');
  });
});

const numbers: Record<string, { digits: string; near: readonly string[]; never: readonly string[] }> = {
  'a few more, a few less, half of it and its multiples': { digits: '20', near: ['22', '17', '30', '10', '60', '5', '240'], never: ['20', '21', '19'] },
  'half of an odd number is a whole number': { digits: '7', near: ['3'], never: ['3.5'] },
  'no number below nothing': { digits: '3', near: ['0', '1', '13'], never: ['-2', '-7'] },
  'a fraction whose point is elsewhere': { digits: '0.05', near: ['0.5', '5', '0.005', '0.1', '0.025'], never: ['0.05', '0'] },
  'a number that is written in groups': { digits: '1_000', near: ['1010', '500', '4000'], never: ['1000'] },
};
test.each(Object.entries(numbers))('%s', (_, { digits, near, never }) => {
  expect(numbersFurther(digits)).toEqual(expect.arrayContaining([...near]));
  expect(numbersFurther(digits).filter((number) => never.includes(number))).toEqual([]);
});
