// Events of go test -json, one a line. What a test prints arrives inside an event, so that it cannot be taken for one.
import { buildFailure, goFailures, packageFailure } from './go-output.ts';
import { parsedObject, textOf } from './json.ts';
import { type Failure, type Reader, reading } from './reading.ts';

/** Characters kept of what one test or package prints. */
const keptOutput = 16_384;

const endings = ['pass', 'fail', 'skip'] as const;
type Ending = (typeof endings)[number];

const event = /^\{"(?:Time|Action|ImportPath)":.*\}$/;

interface Progress {
  ending: Ending | undefined;
  output: string;
}

interface Package extends Progress {
  build: string | undefined;
  readonly tests: Map<string, Progress>;
}

/** Reads the events; a test that began and never ended has failed. */
export const goJson: Reader = ({ whole }) => {
  const packages = new Map<string, Package>();
  const builds = new Map<string, string>();
  for (const line of whole.split('\n')) if (event.test(line)) takeEvent(parsedObject(line) ?? {}, packages, builds);
  if (packages.size === 0) return undefined;
  const all = [...packages.values()].flatMap(({ tests }) => [...tests.values()].map(({ ending }) => ending));
  const count = (...wanted: (Ending | undefined)[]) => all.filter((ending) => wanted.includes(ending)).length;
  const failures = [...packages].flatMap(([name, tested]) => failuresOf(name, tested, builds));
  return reading({ passed: count('pass'), failed: count('fail', undefined), skipped: count('skip') }, failures);
};

function takeEvent(event: Readonly<Record<string, unknown>>, packages: Map<string, Package>, builds: Map<string, string>): void {
  const [action, name, built] = [event['Action'], event['Package'], event['ImportPath']].map(textOf);
  if (action === 'build-output' && built !== undefined) builds.set(built, kept(builds.get(built) ?? '', event['Output']));
  if (action === undefined || name === undefined) return;
  const tested = packages.get(name) ?? { ending: undefined, output: '', build: undefined, tests: new Map<string, Progress>() };
  packages.set(name, tested);
  tested.build ??= textOf(event['FailedBuild']);
  takeProgress(progressOf(tested, textOf(event['Test'])), tested, action, event['Output']);
}

function takeProgress(progress: Progress, tested: Package, action: string, output: unknown): void {
  progress.ending = endings.find((ending) => ending === action) ?? progress.ending;
  if (action === 'output') for (const part of new Set([progress, tested])) part.output = kept(part.output, output);
}

/** Progress of a test, or of the package when no test is named. */
function progressOf(tested: Package, test: string | undefined): Progress {
  if (test === undefined) return tested;
  const progress = tested.tests.get(test) ?? { ending: undefined, output: '' };
  tested.tests.set(test, progress);
  return progress;
}

function kept(output: string, more: unknown): string {
  return output.length >= keptOutput ? output : `${output}${textOf(more) ?? ''}`.slice(0, keptOutput);
}

function failuresOf(name: string, { ending, build, output, tests }: Package, builds: ReadonlyMap<string, string>): readonly Failure[] {
  if (build !== undefined || /\[(?:build|setup) failed\]/.test(output)) return [buildFailure(name, builds.get(build ?? '') ?? output)];
  const failed = [...tests].filter(([, test]) => test.ending === 'fail' || test.ending === undefined);
  if (ending === 'fail' && failed.length === 0) return [packageFailure(name, output)];
  return goFailures(name, failed.map(([test, { output: own, ending: end }]) => ({ name: test, output: own, hasEnded: end !== undefined })), output);
}
