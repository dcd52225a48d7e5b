// What the tools of one attempt share: where its files are, what was written, and how the tests ended last.
import { canonicalJson, sha256Hex } from '#domain/digest.ts';
import type { ActionContext } from '#agent-runtime/roles/action.ts';

/** How the tests ended; `absent`: there are none. */
export type TestsEnd = 'passed' | 'failed' | 'absent';

/** The parts of an action's context that tools use. */
export type Surroundings = Pick<ActionContext, 'currentFolder' | 'plan' | 'run' | 'readOutput' | 'log' | 'signal'>;

/** The state of one piece of work. */
export class Workbench {
  readonly surroundings: Surroundings;
  readonly #written = new Map<string, string>();
  #tests: TestsEnd | 'unknown' = 'unknown';
  #isStale = false;
  #testsRun = 0;
  #exitCode: number | undefined;

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings;
  }

  /** Runs of the tests so far, and how the last of them ended. */
  get tested(): { readonly testsRun: number; readonly lastTestExitCode?: number } {
    return { testsRun: this.#testsRun, ...(this.#exitCode === undefined ? {} : { lastTestExitCode: this.#exitCode }) };
  }

  /** Stands for everything that was written: equal when the same files have the same texts. */
  state(): string {
    return canonicalJson([...this.#written].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  wrote(path: string, text: string): void {
    this.#written.set(path, sha256Hex(text));
    this.#isStale = true;
  }

  /** A program ran that may have changed files. */
  ranCommand(): void {
    this.#isStale = true;
  }

  ranTests(end: TestsEnd, exitCode?: number): void {
    this.#tests = end;
    this.#isStale = false;
    if (end !== 'absent') this.#testsRun += 1;
    this.#exitCode = exitCode ?? this.#exitCode;
  }

  /** Why the work cannot be called finished, or undefined. */
  objection(): string | undefined {
    if (this.#tests === 'unknown') return 'the tests were not run; call run_tests';
    if (this.#isStale) return 'files were changed after the tests ran; call run_tests';
    return this.#tests === 'failed' ? 'the tests that were run last failed; mend what fails, or finish with give_up' : undefined;
  }
}
