// What else than an operator people get wrong in JavaScript: for each kind of mistake the ways to mend a line. It knows languages, never a file.
import { type Edit, rankedLines, withoutTexts } from './edits.ts';
import type { TestReading } from './test-output.ts';

/** Names that are taken for each other. */
const confused: readonly (readonly string[])[] = [
  ['Math.floor', 'Math.round', 'Math.ceil', 'Math.trunc'],
  ['some', 'every'],
  ['startsWith', 'endsWith', 'includes'],
  ['push', 'unshift'],
  ['shift', 'pop'],
  ['indexOf', 'lastIndexOf'],
  ['find', 'findLast'],
  ['toUpperCase', 'toLowerCase'],
  ['padStart', 'padEnd'],
  ['slice', 'splice'],
  ['sort', 'toSorted'],
  ['reverse', 'toReversed'],
  ['replace', 'replaceAll'],
  ['trim', 'trimStart', 'trimEnd'],
  ['keys', 'values', 'entries'],
  ['map', 'flatMap', 'filter'],
  ['Promise.all', 'Promise.race', 'Promise.allSettled'],
  ['true', 'false'],
  ['break', 'continue'],
  ['encodeURIComponent', 'decodeURIComponent', 'encodeURI'],
];

/** A pattern of code, and what may have been meant where it stands. */
interface Rule {
  readonly found: RegExp;
  readonly meant: (match: RegExpExecArray) => readonly string[];
}

const rules: readonly Rule[] = [
  ...confused.map((names): Rule => ({ found: new RegExp(String.raw`(?<![\w$])(?:${names.map((name) => name.replace('.', '[.]')).join('|')})(?![\w$])`, 'g'), meant: ([name]) => names.filter((other) => other !== name) })),
  { found: /(?<=\()([^(),]+), ([^(),]+)(?=\))/g, meant: ([, first = '', second = '']) => [`${second}, ${first}`] },
  { found: /([\w.]+) ([-/]) ([\w.]+)/g, meant: ([, left = '', sign = '', right = '']) => [`${right} ${sign} ${left}`] },
  { found: /(?<![\w$.])\d[\d_]*(?![\w$.])/g, meant: ([digits]) => numbersNear(Number(digits.replaceAll('_', ''))) },
  { found: /\?\?/g, meant: () => ['||'] },
  { found: /\|\|/g, meant: () => ['??'] },
  { found: /\.(sort|toSorted)\(\)/g, meant: ([, name = '']) => [`.${name}((a, b) => a - b)`] },
  { found: /(?<=(?:= |return |\(|=> |^\s+))(?!await\b|new\b|async\b|if\b|for\b|while\b|function\b|return\b)[\w.#]+\(/g, meant: ([call]) => [`await ${call}`] },
  { found: /(?<=[\w)\]])\.(?=[A-Za-z])/g, meant: () => ['?.'] },
  { found: /(?<=(?:return|=) )([^;=]+)(?=;$)/g, meant: ([value]) => [`${value} ?? 0`, `${value} ?? []`, `${value} ?? ''`, `[...${value}]`, `{ ...${value} }`, `!${value}`, `Math.max(0, ${value})`] },
  { found: /(?<=\bif \()(.+)(?=\)(?: \{$| \S))/g, meant: ([condition]) => [`!(${condition})`] },
  { found: /!(?=[\w(])/g, meant: () => [''] },
  { found: /(?<=(?:=> |return |&& |\|\| |\())(?=[a-z][\w.]*\()/g, meant: () => ['!'] },
  { found: /(?<=\w)\[(?=\w)/g, meant: () => ['?.['] },
  { found: /(?<![\w$.'"#])(?!(?:return|const|let|if|for|of|new|await|function|export|class|null|undefined|true|false)\b)[a-z]\w*(?![\w$(:'"]| =[^=]|,? =>)/g, meant: ([name]) => [`(${name} - 1)`, `${name} + 1`, `-${name}`, `Math.abs(${name})`] },
  { found: /(?<=[( ])\(([^()]+)\)/g, meant: ([, inner = '']) => [`Math.abs(${inner})`] },
  { found: /(?<=Object\.assign\()(?=[\w.])/g, meant: () => ['{}, '] },
  { found: /\/(?![/*])((?:\\.|\[[^\]]*\]|[^/\n\\])+)\/([a-z]*)/g, meant: ([, body = '', flags = '']) => patternsNear(body, flags) },
];

/** An edit, and how likely it is that the fault lies there; lower is likelier. */
export interface RankedEdit extends Edit {
  readonly rank: number;
}

/** Mends of a file in no order; `others` are files whose texts may be missing here, such as its tests. */
export function repairs(path: string, text: string, reading: TestReading, others: readonly string[]): readonly RankedEdit[] {
  const missing = literalsOf(others.join('\n')).filter((literal) => !text.includes(literal));
  const statements = [...new Set(text.split('\n').filter((line) => /^\s{2,}\S.*;$/.test(line) && !/^\s*(?:const|let|return|\/\/|\*)/.test(line)).map((line) => line.trim()))];
  const values = [...new Set([...numbersIn(text), ...literalsOf(text)])].slice(0, mostValues);
  return rankedLines(path, text, reading).flatMap(({ line, rank, put }) => {
    const code = withoutTexts(line);
    if (code.replaceAll('\u0000', '').trim() === '') return [];
    const near = [...ruled(line, code), ...withValue(line, code, values)].map((changed) => ({ ...put(changed), rank }));
    const further = [...renamed(line, code, text), ...withLiteral(line, missing)].map((changed) => ({ ...put(changed), rank: rank + 0.5 }));
    const far = /[;{]$/.test(line) ? statements.map((statement) => ({ ...put(withStatement(line, statement)), rank: rank + 2 })) : [];
    return [...near, ...further, ...far];
  });
}

function ruled(line: string, code: string): string[] {
  return rules.flatMap(({ found, meant }) =>
    [...line.matchAll(found)].flatMap((match) => {
      // What begins inside a text or a comment is no code.
      if (code[match.index] === '\u0000') return [];
      return meant(match).map((text) => line.slice(0, match.index) + text + line.slice(match.index + match[0].length));
    }),
  );
}

const mostNames = 12;
const mostValues = 24;

const numeral = /(?<![\w$.])\d[\d_]*(?![\w$.])/g;
/** Ends of what may be nothing: a whole value, and a look into a table. */
const ends = [/(?<=(?:return|=) )[^;=]+(?=;$)/g, /\w\](?=[;) ])/g];

/** A line with another value of the file for one of its numbers, or as what is meant where there is none. */
function withValue(line: string, code: string, values: readonly string[]): string[] {
  const put = (start: number, end: number, text: string) => line.slice(0, start) + text + line.slice(end);
  const numbers = [...code.matchAll(numeral)].flatMap(({ index, 0: digits }) => values.filter((value) => /^\d/.test(value) && value !== digits).map((value) => put(index, index + digits.length, value)));
  const defaults = ends.flatMap((pattern) => [...code.matchAll(pattern)].map(({ index, 0: part }) => index + part.length)).flatMap((end) => values.map((value) => put(end, end, ` ?? ${value}`)));
  return [...numbers, ...defaults];
}

function numbersIn(text: string): string[] {
  return [...new Set([...withoutTexts(text).matchAll(numeral)].map(([digits]) => digits))];
}

const keywords = new Set('return const let if for of in while new await async function class export import from throw this else try catch finally typeof null undefined true false static get set'.split(' '));

/** A line that says one name where another one of the file was meant: properties for properties, variables for variables near it. */
function renamed(line: string, code: string, text: string): string[] {
  const properties = namesIn(text, /\.([A-Za-z_]\w*)\b(?!\()/g);
  const variables = namesIn(around(text, line), /(?<![.\w$#])([a-z_]\w*)\b(?!\()/gi).filter((name) => !keywords.has(name));
  return [...code.matchAll(/(\.?)(?<![\w$#])([A-Za-z_]\w*)\b(?!\()/g)].flatMap(({ index, 0: whole, 1: dot = '', 2: name = '' }) => {
    if (keywords.has(name)) return [];
    return (dot === '' ? variables : properties).filter((other) => other !== name).slice(0, mostNames).map((other) => line.slice(0, index) + dot + other + line.slice(index + whole.length));
  });
}

function namesIn(text: string, pattern: RegExp): string[] {
  return [...new Set([...withoutTexts(text).matchAll(pattern)].map(([, name = '']) => name))];
}

/** The function around a line: from the last line without indentation before it to the next one after it. */
function around(text: string, line: string): string {
  const at = Math.max(0, text.indexOf(line));
  const start = Math.max(0, text.lastIndexOf('\nexport ', at), text.lastIndexOf('\nfunction ', at), text.lastIndexOf(') {\n', at - 1) < 0 ? 0 : text.lastIndexOf('\n', text.lastIndexOf(') {\n', at - 1)));
  const end = text.indexOf('\n}', at);
  return text.slice(start, end < 0 ? text.length : end);
}

/** Literals that a list, a comparison or a case may lack. */
function withLiteral(line: string, missing: readonly string[]): string[] {
  return missing.flatMap((literal) => [
    ...(/['"]\]/.test(line) ? [line.replace(/(['"])\]/, `$1, ${literal}]`)] : []),
    ...(/^\s*case ['"][^'"]*['"]:/.test(line) ? [line.replace(/case/, `case ${literal}:\n      case`)] : []),
    ...[...line.matchAll(/(\w+) === ['"][^'"]*['"]/g)].map(({ index, 0: whole, 1: name = '' }) => `${line.slice(0, index)}(${whole} || ${name} === ${literal})${line.slice(index + whole.length)}`),
  ]);
}

function literalsOf(text: string): string[] {
  return [...new Set([...text.matchAll(/(?<![\w])'[\w./-]{1,24}'/g)].map(([literal]) => literal))].filter((literal) => !/^'(?:node:|\.)/.test(literal));
}

/** A line and another statement of the file after it. */
function withStatement(line: string, statement: string): string {
  const indent = `${/^\s*/.exec(line)?.[0] ?? ''}${line.endsWith('{') ? '  ' : ''}`;
  return `${line}\n${indent}${statement}`;
}

function numbersNear(number: number): string[] {
  const near = [number + 1, number - 1, ...[10, 60, 100, 1000, 24, 7, 2].flatMap((factor) => [number * factor, number / factor]), 0, 1];
  return [...new Set(near)].filter((other) => other !== number && Number.isInteger(other) && other >= 0).map(String);
}

/** Patterns with an end, a beginning, a flag or a repetition more or less. */
function patternsNear(body: string, flags: string): string[] {
  const bodies = [`^${body}`, `${body}$`, `^${body}$`, body.replace(/^\^/, ''), body.replace(/\$$/, ''), `${body}+`, ...['+:*', '*:+', String.raw`\d:\w`, String.raw`\w:\d`, String.raw`\d:[\d.]`, String.raw`\w:[\w-]`, '.:[.]'].flatMap((pair) => swapsOf(body, pair))];
  const others = ['g', 'i', 'm', 'u'].map((flag) => (flags.includes(flag) ? flags.replace(flag, '') : flags + flag));
  return [...bodies.filter((other) => other !== body).map((other) => `/${other}/${flags}`), ...others.map((other) => `/${body}/${other}`)];
}

function swapsOf(text: string, pair: string): string[] {
  const [from = '', to = ''] = pair.split(':');
  return text.split(from).slice(1).map((_, index) => {
    const parts = text.split(from);
    return parts.slice(0, index + 1).join(from) + to + parts.slice(index + 1).join(from);
  });
}
