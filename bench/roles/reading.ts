// Judges one reading of a test run against its answer: counts to the number, classes one by one.
import type { TestAnswer } from '#testing/corpus/repositories.ts';

export interface ReadFailure {
  readonly class: string;
  readonly test?: string | undefined;
  readonly file?: string | undefined;
  readonly message: string;
}

/** What a Tester made of a run. */
export interface Reading {
  readonly counts: Counts | undefined;
  readonly failureClass: string;
  readonly failures: readonly ReadFailure[];
}

type Counts = Pick<TestAnswer, 'passed' | 'failed' | 'skipped'>;

/** How a run is to be read; without counts they are not judged. */
export interface Answer extends Pick<TestAnswer, 'failureClass'> {
  readonly counts: Counts | undefined;
  readonly failures: readonly TestAnswer['failures'][number][];
}

export interface Judgement {
  /** Undefined when the answer has no counts. */
  readonly areCountsExact: boolean | undefined;
  /** Classes of the run and of each of its failures. */
  readonly classes: number;
  readonly classesRight: number;
  /** A sentence for each difference. */
  readonly misses: readonly string[];
}

/** Compares a reading with the answer. */
export function judgeReading(name: string, answer: Answer, reading: Reading): Judgement {
  const areCountsExact = answer.counts && say(answer.counts) === say(reading.counts);
  const failures = wrongFailures(answer, reading);
  const isClassWrong = reading.failureClass !== answer.failureClass;
  const classes = 1 + answer.failures.length;
  return {
    areCountsExact,
    classes,
    classesRight: classes - failures.length - (isClassWrong ? 1 : 0),
    misses: [
      ...(areCountsExact === false ? [`${name}: counts ${say(reading.counts)}, not ${say(answer.counts)}`] : []),
      ...(isClassWrong ? [`${name}: the run is ${answer.failureClass}, read as ${reading.failureClass}`] : []),
      ...failures.map((words) => `${name}: ${words}`),
    ],
  };
}

function wrongFailures({ failures: expected }: Answer, { failures }: Reading): readonly string[] {
  const open = new Set(failures);
  return expected.flatMap(({ test, class: wanted }) => {
    const match = namedBy(test, [...open]);
    if (match !== undefined) open.delete(match);
    if (match?.class === wanted) return [];
    return [match === undefined ? `no failure is told for ${test} (${wanted})` : `${test} is ${wanted}, read as ${match.class}`];
  });
}

/** The failure of a test, or of a file that was never loaded: runners name them with more or less of their path. */
function namedBy(test: string, failures: readonly ReadFailure[]): ReadFailure | undefined {
  const leaf = test.split(/::|\/(?=[^/]*$)/).at(-1) ?? test;
  const ways: readonly ((failure: ReadFailure) => boolean | undefined)[] = [
    (failure) => failure.test?.endsWith(leaf),
    (failure) => failure.test?.includes(leaf),
    (failure) => failure.test === undefined && (failure.file?.includes(leaf) === true || failure.message.includes(leaf)),
    (failure) => failure.test === undefined && failures.length === 1,
  ];
  return ways.map((way) => failures.find(way)).find((found) => found !== undefined);
}

const none: Counts = { passed: 0, failed: 0, skipped: 0 };

function say(counts: Counts | undefined): string {
  const { passed, failed, skipped } = counts ?? none;
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
