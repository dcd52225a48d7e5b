import { describe, expect, test } from 'vitest';
import { artifactText, contextOver, folderWith, runIntent } from '#agent-runtime/roles/fixtures.ts';
import { countLines } from './lines.ts';

test('lines are counted like people do', () => {
  expect(['', 'a', 'a\n', 'a\nb', '\n\n'].map(countLines)).toEqual([0, 1, 1, 2, 2]);
});

describe('CountPatterns', () => {
  test('counts literal texts, with their places', async () => {
    const folder = await folderWith({ 'a.ts': 'x.*y\nx.*y x.*y\n', 'b/c.md': 'no xzy here, but x.*y\n' });
    const result = await runIntent('Analyzer', 'CountPatterns', { patterns: [{ name: 'dots', text: 'x.*y' }, { name: 'none', text: 'zzz' }] }, contextOver(folder));
    expect(result.observed).toEqual({ dots: 4, none: 0 });
    expect(artifactText(result, 'patterns.md')).toContain('| a.ts:2 | x.\\*y x.\\*y |');
    expect(artifactText(result, 'patterns.md')).toContain('| b/c.md:1 |');
  });
});

describe('WriteReport', () => {
  test('lists inputs, objects field by field', async () => {
    const context = contextOver('/', { inputs: { files: 3, clean: true, tests: { passed: 2, names: ['a', 'b'] }, none: null } });
    const result = await runIntent('Analyzer', 'WriteReport', { title: 'State of *it*' }, context);
    expect(artifactText(result, 'report.md')).toBe('# State of \\*it\\*\n\n| Result | Value |\n| --- | --- |\n| files | 3 |\n| clean | true |\n| tests.passed | 2 |\n| tests.names | a, b |\n| none | null |\n');
    expect(result.observed).toEqual({ rows: 5, pages: 0 });
  });
});
