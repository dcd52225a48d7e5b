// Finds code that stands twice: runs of equal lines, white space aside. Imports, braces and comments do not count.
import type { SourceFile } from './sources.ts';

/** Shortest run of equal lines that is reported; shorter ones are mostly coincidence. */
const minLines = 6;

interface Line {
  readonly text: string;
  readonly number: number;
}

/** A sentence for each run of `minLines` or more equal lines in two places. Tests are left out: a test may repeat itself to be read alone. */
export function duplicateFaults(files: readonly SourceFile[]): string[] {
  const seen = new Map<string, string>();
  const faults: string[] = [];
  for (const { path, text } of files.filter((file) => file.path.endsWith('.ts') && !file.path.endsWith('.test.ts'))) {
    const lines = meaningfulLines(text);
    let repeatedAt = Number.NEGATIVE_INFINITY;
    for (let at = 0; at + minLines <= lines.length; at += 1) {
      const window = lines.slice(at, at + minLines).map((line) => line.text).join('\n');
      const here = `${path}:${lines[at]?.number ?? 0}`;
      const first = seen.get(window);
      if (first === undefined) seen.set(window, here);
      else {
        // A window right after another repeated one belongs to the same run.
        if (at > repeatedAt + 1) faults.push(`${here} repeats ${first}`);
        repeatedAt = at;
      }
    }
  }
  return faults;
}

function meaningfulLines(text: string): Line[] {
  return text
    .split('\n')
    .map((line, index): Line => ({ text: line.trim(), number: index + 1 }))
    .filter(({ text: line }) => !/^(|import\b.*|export \{.*|[\])}>;,]*|\/\/.*|\/?\*.*)$/.test(line));
}
