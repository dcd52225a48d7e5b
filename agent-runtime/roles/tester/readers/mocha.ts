// The reports of mocha: its JSON, and what its spec and dot reporters print at the end.
import { classOfError } from './classify.ts';
import { framesIn } from './frames.ts';
import { countIn, fieldsOf, itemsOf, parsedObject, textOf } from './json.ts';
import { blocks, type Failure, type FailureKind, failureOf, maxFailures, type Reader, reading, type Reading } from './reading.ts';

const hook = /"(?:before|after)(?: each| all)" hook/;

/** Places that look like a report and are tried, from the end. */
const candidates = 5;

/** Reads the report among what tests print themselves: the last object that is a whole report. */
export const mochaJson: Reader = ({ whole }) => {
  const lines = whole.split('\n');
  const starts = [...lines.keys()].filter((at) => lines[at] === '{' && (lines[at + 1] ?? '').startsWith('  "stats"'));
  for (const start of starts.slice(-candidates).toReversed()) {
    const end = lines.indexOf('}', start);
    const found = end === -1 ? undefined : readMochaJson(lines.slice(start, end + 1).join('\n'));
    if (found !== undefined) return found;
  }
  return undefined;
};

/** Reads a text that is nothing but the report. */
export function readMochaJson(text: string): Reading | undefined {
  const report = parsedObject(text);
  const stats = fieldsOf(report?.['stats']);
  const [passed, failed, skipped] = [stats['passes'], stats['failures'], stats['pending']].map(countIn);
  if (report === undefined || passed === undefined || failed === undefined || skipped === undefined) return undefined;
  return reading({ passed, failed, skipped }, itemsOf(report['failures']).slice(0, maxFailures).map((failure) => jsonFailure(fieldsOf(failure))));
}

function jsonFailure({ fullTitle, file, err }: Readonly<Record<string, unknown>>): Failure {
  const { stack, message, code, name } = fieldsOf(err);
  const words = textOf(message) ?? '';
  const text = textOf(stack) ?? words;
  const test = textOf(fullTitle) ?? '';
  const isAssertion = code === 'ERR_ASSERTION' || name === 'AssertionError';
  const frames = framesIn(text);
  return failureOf(kindOf(test, isAssertion ? 'assertion' : classOfError(text)), words === '' ? text : words, { test, frames, ...(frames.length === 0 ? { file: textOf(file) } : {}) });
}

/** Reads `3 passing`, `1 pending` and `2 failing`, and the numbered failures below them. */
export const mochaText: Reader = ({ lines }) => {
  const start = lines.findLastIndex((line) => /^ {2}\d+ passing \([\d.]+\w+\)$/.test(line));
  if (start === -1) return undefined;
  const summary = lines.slice(start, start + 4);
  const count = (word: string) => Number(summary.map((line) => new RegExp(String.raw`^ {2}(\d+) ${word}\b`).exec(line)?.[1]).find((found) => found !== undefined) ?? 0);
  const items = blocks(lines.slice(start), (line) => /^ {2}\d+\) (.+)$/.exec(line)?.[1]);
  return reading({ passed: count('passing'), failed: count('failing'), skipped: count('pending') }, items.slice(0, maxFailures).map(({ head, body }) => textFailure(head, body)));
};

/** Titles stand one below the other, the last one ends with a colon; the error follows with less space before it. */
function textFailure(head: string, body: readonly string[]): Failure {
  const last = head.endsWith(':') ? -1 : body.findIndex((line) => /^ {6,}\S.*:$/.test(line));
  const titles = [head, ...body.slice(0, last + 1)].map((line) => line.trim());
  const test = titles.join(' ').replace(/:$/, '');
  const text = body.slice(last + 1).join('\n');
  return failureOf(kindOf(test, classOfError(text.trim())), text, { test, frames: framesIn(text) });
}

/** A hook that fails is set-up, whatever it checks. */
function kindOf(test: string, kind: FailureKind): FailureKind {
  return hook.test(test) && kind === 'assertion' ? 'error' : kind;
}
