// Which changed file is likely behind a failure. Only what is there to see counts: the stack, the imports of the test, its name. Nothing is guessed.
import { posix } from 'node:path';
import type { Failure } from '#agent-runtime/roles/tester/readers/reading.ts';
import { importedAt } from './imports.ts';

/** What is known of the changes that the tests ran on. */
export interface Changes {
  /** Paths that earlier tasks changed. */
  readonly paths: readonly string[];
  /** Text of a test by its path. */
  readonly textOf: (path: string) => string | undefined;
}

/** A changed file that is likely the cause, and what speaks for it. */
export interface Suspect {
  readonly path: string;
  readonly because: 'stack' | 'import' | 'name' | 'itself';
}

export interface Analysed extends Failure {
  readonly suspected?: Suspect;
}

/** Names a suspect for each failure that has one. */
export function analyse(failures: readonly Failure[], changes: Changes): readonly Analysed[] {
  return failures.map((failure) => {
    const suspected = changes.paths.length === 0 ? undefined : suspectOf(failure, changes);
    return suspected === undefined ? failure : { ...failure, suspected };
  });
}

const testName = /(?:^|[._-])(?:test|tests|spec)(?=[._-]|$)/;

/** The file of the test itself: the outermost place in the stack that is named like a test, else where it failed. */
export function testFileOf({ file, frames }: Failure): string | undefined {
  return frames.findLast((frame) => testName.test(stemOf(frame.file)))?.file ?? file;
}

function suspectOf(failure: Failure, { paths, textOf }: Changes): Suspect | undefined {
  const changed = new Set(paths);
  const test = testFileOf(failure);
  // The test is in every stack; it says nothing against the code that it tests.
  const inStack = failure.frames.find(({ file }) => file !== test && changed.has(file))?.file;
  if (inStack !== undefined) return { path: inStack, because: 'stack' };
  if (test === undefined) return undefined;
  const imported = firstImported({ path: test, text: textOf(test) ?? '' }, paths);
  if (imported !== undefined) return { path: imported, because: 'import' };
  const twin = paths.find((path) => isTwin(test, path));
  if (twin !== undefined) return { path: twin, because: 'name' };
  return changed.has(test) ? { path: test, because: 'itself' } : undefined;
}

/** Of several the one named like the test, then the one that is imported first. */
function firstImported(test: { readonly path: string; readonly text: string }, paths: readonly string[]): string | undefined {
  const found = paths.flatMap((path) => {
    const at = path === test.path ? undefined : importedAt(test, path);
    return at === undefined ? [] : [{ path, at: isTwin(test.path, path) ? -1 : at }];
  });
  return found.toSorted((a, b) => a.at - b.at)[0]?.path;
}

/** `add.test.ts` and `add.ts`, `test_add.py` and `add.py`, `add_test.go` and `add.go`. */
function isTwin(test: string, path: string): boolean {
  const tested = stemOf(test).replace(/^(?:test|spec)[._-]|[._-](?:test|tests|spec)$/, '');
  return path !== test && tested !== stemOf(test) && tested === stemOf(path) && familyOf(test) === familyOf(path);
}

function stemOf(path: string): string {
  return posix.basename(path, posix.extname(path));
}

/** JavaScript and TypeScript test each other. */
function familyOf(path: string): string {
  return posix.extname(path).replace(/^\.[cm]?[jt]sx?$/, '.js');
}
