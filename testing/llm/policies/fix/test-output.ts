// What the output of a test run says to somebody who has not seen it before: how many failed, and which files and names it speaks of.

/** A place that an output names. */
export interface Place {
  readonly path: string;
  readonly line: number | undefined;
}

/** An output, read. */
export interface TestReading {
  readonly isPassed: boolean;
  readonly failures: number;
  readonly passes: number;
  readonly places: readonly Place[];
  readonly words: ReadonlySet<string>;
  /** What was said of the failures, without the whole output where that follows. */
  readonly text: string;
}

const failedCounts = [/# fail (\d+)/, /"(?:failed|failures)":\s*(\d+)/, /(\d+) (?:tests? )?failed/i, /fail(?:ed|ures)?\s*[:=]\s*(\d+)/i];
const passedCounts = [/# pass (\d+)/, /"(?:passed|passes)":\s*(\d+)/, /(\d+) (?:tests? )?passed/i, /pass(?:ed|es)?\s*[:=]\s*(\d+)/i];
const exitCode = /exit(?:ed|s)?(?:[ _]?(?:code|status|with))*"?\s*[:=]?\s*(-?\d+)/i;
const failedLine = /^\s*(?:not ok\b|✖|✕|×|--- FAIL|FAIL|FAILED|E\s|ERROR\b|\w*Error:)/gm;
const source = String.raw`[\w@.+/-]*[\w+-]\.(?:tsx?|mts|cts|jsx?|mjs|cjs|py|go|rs)\b`;
const placed = new RegExp(String.raw`(${source})(?::(\d+)|", line (\d+)|\((\d+),\d+\))?`, 'g');

/** Reads the output of a test run; `isError` when the tool itself said so. */
export function readTestOutput(text: string, isError: boolean): TestReading {
  const exit = firstNumber([exitCode], text);
  const failures = firstNumber(failedCounts, text) ?? (exit === 0 ? 0 : (text.match(failedLine)?.length ?? 0));
  const isPassed = !isError && (exit ?? 0) === 0 && failures === 0;
  return { isPassed, failures: isPassed ? 0 : Math.max(failures, 1), passes: firstNumber(passedCounts, text) ?? 0, places: placesIn(text), words: new Set(text.match(/[A-Za-z_]\w+/g)), text: text.replace(/^stdout:$[\s\S]*/m, '') };
}

/** Source files that a text names, once each, with the first line that it gives. */
export function placesIn(text: string): Place[] {
  const places = new Map<string, number | undefined>();
  for (const [, path = '', ...lines] of text.matchAll(placed)) {
    if (/node_modules|internal\//.test(path)) continue;
    const line = lines.find((number) => number !== undefined);
    places.set(path, places.get(path) ?? (line === undefined ? undefined : Number(line)));
  }
  return [...places].map(([path, line]) => ({ path, line }));
}

/** Whether a path is that of a test. */
export function isTestPath(path: string): boolean {
  return /(^|\/)(tests?|__tests__|specs?)\/|[._-](test|spec)\.|(^|\/)test_|_test\./.test(path);
}

function firstNumber(patterns: readonly RegExp[], text: string): number | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) return Number(found);
  }
  return undefined;
}
