import { describe, expect, test } from 'vitest';
import { floatingTypes, templateFaults, unknownValues } from './chart.ts';
import { duplicateFaults } from './duplicates.ts';
import { lengthFaults } from './lengths.ts';

const lines = (count: number, word = 'line') => Array.from({ length: count }, (_, index) => `${word}(${index});`).join('\n');

describe('lengths', () => {
  test('a file of 400 lines passes, one more does not', () => {
    expect(lengthFaults([{ path: 'a.ts', text: `${lines(400)}\n` }])).toEqual([]);
    expect(lengthFaults([{ path: 'a.ts', text: `${lines(401)}\n` }])).toEqual(['a.ts has 401 lines, the limit is 400']);
  });

  test('tests may have 600', () => {
    expect(lengthFaults([{ path: 'a.test.ts', text: `${lines(600)}\n` }])).toEqual([]);
  });
});

describe('duplicates', () => {
  test('a run of six or more equal lines is told once, with both places', () => {
    const files = [
      { path: 'a.ts', text: `first();\n${lines(12)}\n` },
      { path: 'b.ts', text: `other();\n\n  ${lines(12).replaceAll('\n', '\n  ')}\n` },
    ];
    expect(duplicateFaults(files)).toEqual(['b.ts:3 repeats a.ts:2']);
  });

  test('six equal lines are a duplicate', () => {
    expect(duplicateFaults(['a.ts', 'b.ts'].map((path) => ({ path, text: lines(6) })))).toEqual(['b.ts:1 repeats a.ts:1']);
  });

  test('five equal lines are no duplicate, and imports, comments and braces do not count', () => {
    const noise = "import { a } from './a.ts';\n// word\n}\n".repeat(5);
    const files = ['a.ts', 'b.ts'].map((path) => ({ path, text: `${noise}${lines(5)}\n` }));
    expect(duplicateFaults(files)).toEqual([]);
  });
});

describe('charts', () => {
  const template = (text: string) => ({ path: 'x.yaml', text });
  const head = 'apiVersion: v1\nkind: X\nmetadata:\n  name: x\n';

  test('a whole template passes', () => {
    expect(templateFaults(template(`{{- if .Values.a }}\n---\n${head}spec:\n  {{- if .Values.b }}\n  c: 1\n  {{- else }}\n  c: 2\n  {{- end }}\n{{- end }}\n`))).toEqual([]);
  });

  test.each([
    ['a block that is never closed', `{{- if .Values.a }}\n${head}`, '1 blocks are opened and 0 are closed'],
    ['text that is no YAML', `${head}spec: [\n`, 'x.yaml: '],
    ['a document without a kind', 'apiVersion: v1\nmetadata: {}\n', 'a document has no kind'],
  ])('%s is told', (_, text, want) => {
    expect(templateFaults(template(text)).join('\n')).toContain(want);
  });

  test('a value that nobody can set is told', () => {
    const schema = { properties: { a: { properties: { b: {} } } } };
    expect(unknownValues(template('{{ .Values.a.b }}'), { a: { b: 1 } }, schema)).toEqual([]);
    expect(unknownValues(template('{{ .Values.a.c }}'), { a: { b: 1 } }, schema)).toEqual(['x.yaml: .Values.a.c is not in values.yaml', 'x.yaml: .Values.a.c is not in values.schema.json']);
  });

  test('bare words and versions are told, numbers, booleans and quoted text are not', () => {
    expect(floatingTypes('v', 'a: "x"\nb: 3\nc: true\nd: []\ne: {}\n')).toEqual([]);
    expect(floatingTypes('v', 'a: on\nb: 1.20\nc: 007\n')).toHaveLength(3);
  });
});
