import { expect, test } from 'vitest';
import { importsOf, type Import } from './imports.ts';

const cases: Record<string, { source: string; want: readonly Import[] }> = {
  'a named import': { source: "import { a, type B, c as d } from './x.ts';", want: [{ specifier: './x.ts', isType: false, names: ['a', 'B', 'c'] }] },
  'an import over several lines': { source: "import {\n  a,\n  b,\n} from './x.ts';", want: [{ specifier: './x.ts', isType: false, names: ['a', 'b'] }] },
  'a type-only import': { source: "import type { A } from './x.ts';", want: [{ specifier: './x.ts', isType: true, names: ['A'] }] },
  'a default import': { source: "import winston from 'winston';", want: [{ specifier: 'winston', isType: false, names: ['default'] }] },
  'a namespace import': { source: "import * as x509 from '@peculiar/x509';", want: [{ specifier: '@peculiar/x509', isType: false, names: ['*'] }] },
  'a side-effect import': { source: "import 'reflect-metadata';", want: [{ specifier: 'reflect-metadata', isType: false, names: ['*'] }] },
  'a re-export': { source: "export { a } from './x.ts';", want: [{ specifier: './x.ts', isType: false, names: ['a'] }] },
  'a type-only re-export': { source: "export type { A } from './x.ts';", want: [{ specifier: './x.ts', isType: true, names: ['A'] }] },
  'an import without semicolon or spaces': { source: 'import{a}from"./x.ts"', want: [{ specifier: './x.ts', isType: false, names: ['a'] }] },
  'a dynamic import in an expression': { source: "const { a } = await import('./x.ts');", want: [{ specifier: './x.ts', isType: false, names: ['*'] }] },
  'two imports on neighbouring lines': {
    source: "import { a } from './a.ts';\nimport type { B } from './b.ts';",
    want: [{ specifier: './a.ts', isType: false, names: ['a'] }, { specifier: './b.ts', isType: true, names: ['B'] }],
  },
  'a line comment': { source: "// import { a } from './x.ts';", want: [] },
  'a block comment with a quote in it': { source: "/* it's\nimport { a } from './x.ts';\n*/", want: [] },
  'a template literal': { source: "const t = `\nimport { a } from './x.ts';\n`;", want: [] },
  'a string that speaks of an import': { source: "const t = 'await import(\\'./x.ts\\')';\nconst u = \"import { a } from './y.ts'\";", want: [] },
  'an import after a string with comment signs': { source: "const url = 'http://x/*';\nimport { a } from './x.ts';", want: [{ specifier: './x.ts', isType: false, names: ['a'] }] },
  'an export that is no re-export': { source: "export const from = 'x';\nexport function f(): string {\n  return 'y';\n}", want: [] },
};

test.each(Object.entries(cases))('%s', (_, { source, want }) => {
  expect(importsOf(source)).toEqual(want);
});
