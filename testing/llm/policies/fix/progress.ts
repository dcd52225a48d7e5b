// What a coder knows after some steps: files as they are now, edits that were tried, and what the tests said last.
import type { Edit } from './edits.ts';
import { placesIn, readTestOutput, type TestReading } from './test-output.ts';
import type { Step } from './transcript.ts';

/** An edit that no test run has judged to be good. */
interface Trial extends Edit {
  readonly isBad: boolean;
}

/** Everything that decides the next step. */
export interface Progress {
  readonly files: ReadonlyMap<string, string>;
  /** Paths that were asked for and could not be read. */
  readonly unreadable: ReadonlySet<string>;
  /** Undefined until files were listed. */
  readonly listing: readonly string[] | undefined;
  readonly found: readonly string[];
  readonly hasSearched: boolean;
  /** Keys of edits that were tried, in their order. */
  readonly tried: ReadonlySet<string>;
  readonly trial: Trial | undefined;
  /** The latest run with nothing but good edits; undefined before the first run. */
  readonly tests: TestReading | undefined;
  readonly isFinished: boolean;
}

const start: Progress = { files: new Map(), unreadable: new Set(), listing: undefined, found: [], hasSearched: false, tried: new Set(), trial: undefined, tests: undefined, isFinished: false };

/** What is known after these steps. */
export function progressAfter(steps: readonly Step[]): Progress {
  return steps.reduce(withStep, start);
}

/** What is known after one more step. */
export function withStep(progress: Progress, step: Step): Progress {
  return { ...progress, ...learn[step.tool](progress, step) };
}

/** Identity of an edit. */
export function keyOf({ path, before, after }: Edit): string {
  return JSON.stringify([path, before, after]);
}

/** The edit that takes another one back. */
export function inverse({ path, before, after }: Edit): Edit {
  return { path, before: after, after: before };
}

const learn: Readonly<Record<Step['tool'], (progress: Progress, step: Step) => Partial<Progress>>> = {
  run_tests: judge,
  edit_file: edit,
  list_files: (_, { output, isError }) => ({ listing: isError ? [] : placesIn(output).map(({ path }) => path.replace(/^\.\//, '')) }),
  // What the others do changes nothing of what it does.
  look_around: () => ({}),
  search: (_, { output }) => ({ hasSearched: true, found: placesIn(output).map(({ path }) => path) }),
  read_file: ({ files, unreadable }, { values: { path = '' }, output, isError }) =>
    isError ? { unreadable: new Set([...unreadable, path]) } : { files: new Map([...files, [path, withoutNumbers(withoutFrame(output))]]) },
  finish: () => ({ isFinished: true }),
};

/** An edit is good when fewer tests fail and no fewer pass: a file that no longer loads can have fewer failures too. */
function judge({ trial, tests }: Progress, { output, isError }: Step): Partial<Progress> {
  const reading = readTestOutput(output, isError);
  if (trial === undefined || tests === undefined) return { tests: reading };
  const isBetter = reading.isPassed || (reading.failures < tests.failures && reading.passes >= tests.passes);
  return isBetter ? { tests: reading, trial: undefined } : { trial: { ...trial, isBad: true } };
}

function edit({ files, trial, tried }: Progress, { values, isError }: Step): Partial<Progress> {
  const { path = '' } = values;
  const text = files.get(path) ?? '';
  const made: Edit = values.before === undefined ? { path, before: text, after: values.content ?? '' } : { path, before: values.before, after: values.after ?? '' };
  if (isError) return { tried: new Set([...tried, keyOf(made)]), trial: undefined };
  const changed = new Map([...files, [path, replaceOnce(text, made)]]);
  if (trial?.isBad === true) return { files: changed, trial: undefined };
  return { files: changed, tried: new Set([...tried, keyOf(made)]), trial: { ...made, isBad: false } };
}

/** The text after an edit. */
export function replaceOnce(text: string, { before, after }: Edit): string {
  return text.replace(before, () => after);
}

/** Some tools put a word of their own and a frame around what they show. */
function withoutFrame(text: string): string {
  return /^(?:[^\n<]*\n)?<([a-z-]+)>\n([\s\S]*)\n<\/\1>\s*$/.exec(text)?.[2] ?? text;
}

/** Some tools number the lines of what they show. */
function withoutNumbers(text: string): string {
  const numbered = /^\s*\d+(?:\t|: ?| ?\| ?|→)/;
  const lines = text.split('\n');
  return lines.every((line) => line === '' || numbered.test(line)) ? lines.map((line) => line.replace(numbered, '')).join('\n') : text;
}
