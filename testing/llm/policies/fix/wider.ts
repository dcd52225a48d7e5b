// Values that are further from what is meant than a slip: numbers that are off by more than one, and literals that other files know. They are
// many and each of them is unlikely, so they come after every mend of repairs.ts.
import { rankedLines, withoutTexts } from './edits.ts';
import type { RankedEdit } from './repairs.ts';
import type { TestReading } from './test-output.ts';

/** Beyond the rank of any nearer mend. */
const beyond = 10;
const most = { edits: 1500, values: 24 } as const;

const offsets = [2, 3, 4, 5, 10];
const factors = [3, 4, 5, 8, 12];

const numeral = /(?<![\w$.])\d[\d_]*(?:\.\d+)?(?![\w$.])/g;
const quoted = /(?<!\w)'[^'\n\\]{0,24}'/g;
const plain = /(?<![\w$])(?:true|false|null|undefined|\[\]|\{\})(?![\w$])/g;
/** A name with its properties where it is read: not declared, called or set. */
const reading = /(?<![\w$.'"#])(?!(?:return|const|let|if|for|of|in|new|await|async|function|export|class|else|this|null|undefined|true|false)\b(?!\.))[A-Za-z]\w*(?:\??\.#?[A-Za-z]\w*)*(?![\w$(.?:'"]| =[^=]|,? =>)/g;
const wholeValue = /(?<=(?:return|=|=>) )[^;={]+(?=;$)/g;
/** A property that stands alone as an argument, an item or a hole of a text. */
const property = /(?<=[([{,] ?)[a-z][\w.?]*\.\w+(?=[\])},])/g;
const signature = /\b(?:function\*?\s*\w*|constructor)\(([^)]+)\)|\(([^()]*)\) =>/g;

/** Unlikely mends of a file in no order; `others` are the texts of further files that were read. */
export function widerRepairs(path: string, text: string, output: TestReading, others: readonly string[]): readonly RankedEdit[] {
  const { spoken, silent } = valuesOf([...others, text], output);
  const edits = rankedLines(path, text, output).flatMap(({ line, rank, put }) => {
    const code = withoutTexts(line);
    if (code.replaceAll('\u0000', '').trim() === '') return [];
    const tiers = [[...offNumbers(code, line), ...withDefault(code, line, spoken)], literals(code, line, spoken), withDefault(code, line, silent), literals(code, line, silent)];
    return tiers.flatMap((tier, further) => tier.map((changed) => ({ ...put(changed), rank: beyond + rank + further * 0.75 })));
  });
  return edits.toSorted((a, b) => a.rank - b.rank).slice(0, most.edits);
}

/** A line with one of its numbers further away, or with a few more or less of what it reads. */
function offNumbers(code: string, line: string): string[] {
  const names = replaced(code, line, reading, (name) => [...offsets.slice(0, -1).flatMap((by) => [`${name} - ${by}`, `${name} + ${by}`]), `${name} * 2`, `${name} / 2`, `${name} * 10`, `${name} / 10`].map((sum) => `(${sum})`));
  const lengths = replaced(code, line, reading, (name) => (name.includes('.') ? [`(${name} - 1)`, `(${name} + 1)`] : []));
  return [...replaced(code, line, numeral, numbersFurther), ...lengths, ...names];
}

/** Numbers that stand in some relation to one, the likelier first. */
export function numbersFurther(digits: string): string[] {
  const number = Number(digits.replaceAll('_', ''));
  const isWhole = !digits.includes('.');
  const scaled = (isWhole ? factors : [10, 100, 2]).flatMap((by) => [number * by, number / by]);
  const all = [...offsets.flatMap((by) => [number + by, number - by]), ...scaled, ...(isWhole ? [Math.floor(number / 2)] : [])];
  // Six digits: what a multiplication of fractions leaves behind is nothing that anybody would write.
  const written = all.filter((other) => other >= 0 && (!isWhole || Number.isInteger(other))).map((other) => String(Number(other.toFixed(6))));
  return [...new Set(written)].filter((other) => other !== String(number));
}

/** A line that says what holds where there is nothing. */
function withDefault(code: string, line: string, values: readonly string[]): string[] {
  // The language forbids the two side by side.
  const signs = (value: string) => ['??', '||'].filter((sign) => !value.includes(sign === '??' ? '||' : '??'));
  const whole = replaced(code, line, wholeValue, (value) => values.flatMap((other) => signs(value).map((sign) => `${value} ${sign} ${other}`)));
  return [...whole, ...replaced(code, line, property, (value) => values.map((other) => `${value} ?? ${other}`)), ...withParameter(code, line, values)];
}

/** A line with another value for one of its literals. */
function literals(code: string, line: string, values: readonly string[]): string[] {
  const other = (literal: string) => values.filter((value) => value !== literal);
  const texts = [...line.matchAll(quoted)].filter(({ index }) => code[index] === '\u0000').flatMap(({ index, 0: literal }) => other(literal).map((value) => line.slice(0, index) + value + line.slice(index + literal.length)));
  return [...texts, ...replaced(code, line, numeral, other), ...replaced(code, line, plain, other)];
}

/** A line in which the last parameter that has no default gets one. */
function withParameter(code: string, line: string, values: readonly string[]): string[] {
  return replaced(code, line, signature, (head) => {
    const name = /([A-Za-z]\w*)\)(?: =>)?$/.exec(head)?.[1];
    return name === undefined || /=[^=>][^,]*$/.test(head) ? [] : values.map((value) => head.replace(/\)(?: =>)?$/, (end) => ` = ${value}${end}`));
  });
}

/** A line once for each thing that may have been meant where the pattern finds code. */
function replaced(code: string, line: string, pattern: RegExp, meant: (found: string) => readonly string[]): string[] {
  return [...code.matchAll(pattern)].flatMap(({ index, 0: { length } }) => meant(line.slice(index, index + length)).map((text) => line.slice(0, index) + text + line.slice(index + length)));
}

/** Texts and numbers that files contain: those that the output speaks of, and some more. Names of fields may be texts elsewhere. */
function valuesOf(texts: readonly string[], { text, words }: TestReading): { readonly spoken: readonly string[]; readonly silent: readonly string[] } {
  const all = texts.join('\n');
  const fields = [...all.matchAll(/(?<=[{,] )[A-Za-z]\w{0,23}(?=: )/g)].map(([name]) => `'${name}'`);
  const literal = [...(all.match(quoted) ?? []), ...fields].filter((value) => !/^'(?:node:|\.)/.test(value));
  const numbers = new Set(text.match(numeral));
  const values = [...new Set([...literal, ...(withoutTexts(all).match(numeral) ?? [])])];
  const isSpoken = (value: string) => numbers.has(value) || words.has(value.slice(1, -1));
  return { spoken: values.filter(isSpoken).slice(0, most.values), silent: values.filter((value) => !isSpoken(value)).slice(0, most.values) };
}
