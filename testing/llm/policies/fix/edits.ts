// Edits that may mend a file: for each operator what it is often mistaken for, tried where the tests point first.
import type { TestReading } from './test-output.ts';

/** An excerpt of a file, found once in it, and what to put there. */
export interface Edit {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

interface Candidate extends Edit {
  /** Lower is likelier. */
  readonly rank: number;
  /** The same place with an operator that mends nothing. */
  readonly wrong: Edit;
}

interface Mistake {
  readonly found: string;
  readonly meant: readonly string[];
  readonly wrong: string;
}

/** Operators stand between spaces, so that generics, arrows and signs are no operators. */
const mistakes: readonly Mistake[] = [
  { found: ' <= ', meant: [' < ', ' >= '], wrong: ' != ' },
  { found: ' >= ', meant: [' > ', ' <= '], wrong: ' != ' },
  { found: ' < ', meant: [' <= ', ' > '], wrong: ' != ' },
  { found: ' > ', meant: [' >= ', ' < '], wrong: ' != ' },
  { found: ' === ', meant: [' !== '], wrong: ' < ' },
  { found: ' !== ', meant: [' === '], wrong: ' < ' },
  { found: ' == ', meant: [' != '], wrong: ' < ' },
  { found: ' != ', meant: [' == '], wrong: ' < ' },
  { found: ' + 1', meant: ['', ' - 1'], wrong: ' * 7' },
  { found: ' - 1', meant: ['', ' + 1'], wrong: ' * 7' },
  { found: ' + ', meant: [' - ', ' * '], wrong: ' % ' },
  { found: ' - ', meant: [' + '], wrong: ' % ' },
  { found: ' * ', meant: [' / ', ' + '], wrong: ' % ' },
  { found: ' / ', meant: [' * '], wrong: ' % ' },
  { found: ' % ', meant: [' / '], wrong: ' * ' },
  { found: ' += ', meant: [' -= '], wrong: ' = ' },
  { found: ' -= ', meant: [' += '], wrong: ' = ' },
  { found: ' && ', meant: [' || '], wrong: ' == ' },
  { found: ' || ', meant: [' && '], wrong: ' == ' },
  { found: ' and ', meant: [' or '], wrong: ' == ' },
  { found: ' or ', meant: [' and '], wrong: ' == ' },
  { found: 'Math.min(', meant: ['Math.max('], wrong: 'Math.hypot(' },
  { found: 'Math.max(', meant: ['Math.min('], wrong: 'Math.hypot(' },
];

const definition = /\b(?:function\*?|def|func|fn)\s+(?:\([^)]*\)\s*)?([A-Za-z_]\w*)|\b(?:const|let)\s+([A-Za-z_]\w*)\s*=\s*(?:async\s*)?\(|^\s+(?:(?:async|static|get|set)\s+)*(?!if\b|for\b|while\b|switch\b|catch\b)([A-Za-z_]\w*)\s*\([^)]*\)[^;{]*\{/;

/** A line of a file, and how likely the fault is in it. */
export interface RankedLine {
  readonly line: string;
  readonly index: number;
  /** Lower is likelier. */
  readonly rank: number;
  /** The edit that puts this text in its place. */
  readonly put: (changed: string) => Edit;
}

/** Every edit of a file that the table knows, likeliest first: the line that the output names, then functions that it names. */
export function candidateEdits(path: string, text: string, reading: TestReading): Candidate[] {
  const candidates = rankedLines(path, text, reading).flatMap(({ line, rank, put }) => variants(line).map(([right, wrong]) => ({ ...put(right), rank, wrong: put(wrong) })));
  return candidates.toSorted((a, b) => a.rank - b.rank);
}

/** The lines of a file in their order. */
export function rankedLines(path: string, text: string, { places, words }: TestReading): RankedLine[] {
  const lines = text.split('\n');
  const named = new Set(places.filter((place) => place.path === path || place.path.endsWith(`/${path}`)).map(({ line }) => line));
  let within = '';
  return lines.map((line, index) => {
    within = definition.exec(line)?.slice(1).find((name) => name !== undefined) ?? within;
    const rank = (named.has(index + 1) ? 0 : 4) + (words.has(within) ? 0 : 2) + (/\b(return|if|while|for)\b/.test(line) ? 0 : 1);
    const edit = excerpt(lines, index);
    return { line, index, rank, put: (changed) => ({ path, before: edit.join('\n'), after: [...edit.slice(0, -1), changed].join('\n') }) };
  });
}

/** A line with each of its operators replaced, and beside it the same with one that mends nothing. */
function variants(line: string): [string, string][] {
  const code = withoutTexts(line);
  return mistakes.flatMap(({ found, meant, wrong }) => {
    return positions(code, found).flatMap((start) => {
      const put = (operator: string) => line.slice(0, start) + operator + line.slice(start + found.length);
      return meant.map((operator): [string, string] => [put(operator), put(wrong)]);
    });
  });
}

/** Where a part stands; one that ends with a digit ends a number too. */
function positions(text: string, part: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) if (!/\d$/.test(part) || !/^[\w.]/.test(text.slice(at + part.length))) found.push(at);
  return found;
}

/** Strings and comments as blanks of the same length; what stands in the holes of a template is code. */
export function withoutTexts(line: string): string {
  return line.replaceAll(/"[^"]*"|'[^']*'|`[^`]*`|\/\/.*$|(?<=^|\s)#.*$|\/\*.*?\*\/|^\s*\*.*$/g, (text) => {
    const holes = text.startsWith('`') ? text.split(/(?<=\$\{)([^{}]*)(?=\})/) : [text];
    return holes.map((part, at) => (at % 2 === 0 ? '\u0000'.repeat(part.length) : withoutTexts(part))).join('');
  });
}

/** The line and as many lines before it as make it unique in the file. */
function excerpt(lines: readonly string[], index: number): readonly string[] {
  const text = lines.join('\n');
  for (let from = index; from > 0; from -= 1) {
    const part = lines.slice(from, index + 1);
    if (text.split(part.join('\n')).length === 2) return part;
  }
  return lines.slice(0, index + 1);
}
