// How a strong model comes to its edit: it goes through mends in its head until the tests that it has read would pass.
import { candidateEdits, type Edit } from './edits.ts';
import { Head } from './imagine.ts';
import { replaceOnce } from './progress.ts';
import { repairs } from './repairs.ts';
import { isTestPath, readTestOutput } from './test-output.ts';
import { widerRepairs } from './wider.ts';

/** What it knows: files as it has read them, the sources among them that it suspects, and what the tests printed. */
export interface Known {
  readonly files: readonly (readonly [string, string])[];
  readonly sources: readonly string[];
  readonly output: string;
  /** Edits that it wants to have: one, and more once a good one was none after all, because it broke what nobody had read. */
  readonly wanted: number;
}

/** Edits of which the tests would say that they mend, and that they do not. */
export interface Thought {
  readonly good: readonly Edit[];
  readonly bad: readonly Edit[];
}

const most = { looks: 2500, bad: 8 } as const;

/** Thinks; undefined when the failure cannot be understood by reading alone. */
export function think({ files: entries, sources, output, wanted }: Known): Thought | undefined {
  const files = new Map(entries);
  const tests = [...files.keys()].filter(isTestPath);
  const head = new Head();
  const now = tests.length === 0 ? undefined : head.imagine(files, tests);
  if (now === undefined || now.passed.length === now.all) return undefined;
  const failing = Array.from({ length: now.all }, (_, index) => index).filter((index) => !now.passed.includes(index));
  const judge = (edit: Edit): boolean | undefined => {
    const then = head.imagine(new Map([...files, [edit.path, replaceOnce(files.get(edit.path) ?? '', edit)]]), tests, failing);
    return then && then.passed.length === then.all;
  };
  return sorted(candidates(sources, files, tests, output).slice(0, most.looks), judge, wanted);
}

/** Edits by what is judged of them, until there are enough of both; one that cannot be judged is neither. */
function sorted(edits: readonly Edit[], judge: (edit: Edit) => boolean | undefined, wanted: number): Thought {
  const [good, bad]: [Edit[], Edit[]] = [[], []];
  for (const edit of edits) {
    const isGood = judge(edit);
    if (isGood === true && good.length < wanted) good.push(edit);
    if (isGood === false && bad.length < most.bad) bad.push(edit);
    if (good.length >= wanted && bad.length >= most.bad) break;
  }
  return { good, bad };
}

/** Mends of all sources, likeliest first: what is near the failure, whatever kind of mistake it is. */
function candidates(sources: readonly string[], files: ReadonlyMap<string, string>, tests: readonly string[], output: string): readonly Edit[] {
  const reading = readTestOutput(output, false);
  const others = tests.map((path) => files.get(path) ?? '');
  const read = (path: string) => [...others, ...sources.filter((source) => source !== path).map((source) => files.get(source) ?? '')];
  const all = sources.flatMap((path) => {
    const text = files.get(path) ?? '';
    return [...candidateEdits(path, text, reading), ...repairs(path, text, reading, others), ...widerRepairs(path, text, reading, read(path))];
  });
  return all.toSorted((a, b) => a.rank - b.rank).map(({ path, before, after }) => ({ path, before, after }));
}
