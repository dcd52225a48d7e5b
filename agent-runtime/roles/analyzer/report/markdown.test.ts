import { describe, expect, test } from 'vitest';
import type { Finding } from '#agent-runtime/roles/analyzer/finding.ts';
import { toMarkdown } from './markdown.ts';

const rules = [
  { id: 'a', means: 'A is wrong.', next: 'Do A.' },
  { id: 'b', means: 'B is wrong.', next: 'Do B.' },
];
const finding = (parts: Partial<Finding> = {}): Finding => ({ rule: 'a', level: 'warning', message: 'A is wrong: x', place: { path: 'src/a.ts', line: 3 }, ...parts });

describe('toMarkdown', () => {
  test('without findings there is nothing to say', () => expect(toMarkdown({ findings: [], rules })).toBe(''));

  test('each rule has its meaning, its next step and its places, errors first', () => {
    expect(toMarkdown({ findings: [finding(), finding({ rule: 'b', level: 'error', message: 'B is wrong: y' })], rules })).toBe(
      [
        '## Findings',
        '1 error, 1 warning.',
        '### b: 1 error',
        'B is wrong. Do B.',
        '| Place | Finding |\n| --- | --- |\n| src/a.ts:3 | B is wrong: y |',
        '### a: 1 warning',
        'A is wrong. Do A.',
        '| Place | Finding |\n| --- | --- |\n| src/a.ts:3 | A is wrong: x |',
      ].join('\n\n'),
    );
  });

  test('of many places five are shown, those of tests last', () => {
    const page = toMarkdown({ findings: [finding({ place: { path: 'tests/t.ts', line: 1 } }), ...Array.from({ length: 6 }, (_, at) => finding({ place: { path: 'src/a.ts', line: at + 1 } }))], rules });
    expect(page.match(/^\| src/gm)).toHaveLength(5);
    expect(page).not.toContain('tests/t.ts');
    expect(page).toContain('And 2 more; analysis.sarif lists them.');
  });

  test('of many rules twelve are shown in full, the others in one table', () => {
    const findings = Array.from({ length: 15 }, (_, at) => finding({ rule: `rule-${at}` }));
    const page = toMarkdown({ findings, rules });
    expect(page.match(/^### rule-/gm)).toHaveLength(12);
    expect(page).toContain('### Also found\n\n| Rule | Findings | What to do |\n| --- | --- | --- |\n| rule-12 | 1 |  |');
  });

  test('paths and messages cannot write the page', () => {
    const page = toMarkdown({ findings: [finding({ message: `| x |\n# h <b> ${'y'.repeat(5000)}`, place: { path: `a|b\`\n<c>/${'d'.repeat(500)}.ts`, line: 1 } })], rules });
    expect(page.split('\n').filter((line) => line.startsWith('|'))).toHaveLength(3);
    expect(page).toContain('\\| x \\| # h \\<b\\>');
    expect(page.length).toBeLessThan(800);
  });
});
