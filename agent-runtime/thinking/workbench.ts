// What the tools of one attempt share: where its files are, what was written, and how the tests ended last.
import { canonicalJson, sha256Hex } from '#domain/digest.ts';
import type { ActionContext } from '#agent-runtime/roles/action.ts';

/** How the tests ended; `absent`: there are none. */
export type TestsEnd = 'passed' | 'failed' | 'absent';

/** The parts of an action's context that tools use. */
export type Surroundings = Pick<ActionContext, 'currentFolder' | 'plan' | 'run' | 'runCode' | 'readOutput' | 'inputs' | 'artifact' | 'lookAround' | 'files' | 'log' | 'signal'>;

/** What a bench knows of the files, as another one takes it over with them. */
export interface BenchState {
  /** Paths with the digests of their texts. */
  readonly written: readonly (readonly [string, string])[];
  readonly tests: TestsEnd | 'unknown';
  readonly isStale: boolean;
  readonly testsRun: number;
  readonly exitCode?: number | undefined;
  readonly tree?: string | undefined;
}

const untouched: BenchState = { written: [], tests: 'unknown', isStale: false, testsRun: 0 };

/** The state of one piece of work. */
export class Workbench {
  readonly surroundings: Surroundings;
  readonly #mayTest: boolean;
  readonly #written: Map<string, string>;
  #tests: TestsEnd | 'unknown';
  #tree: string | undefined;
  #isStale: boolean;
  #testsRun: number;
  #exitCode: number | undefined;

  /** `mayTest`: false where the model is not offered the tests, and so cannot be asked to run them. `from`: what another bench left. */
  constructor(surroundings: Surroundings, mayTest = true, from = untouched) {
    this.surroundings = surroundings;
    this.#mayTest = mayTest;
    this.#written = new Map(from.written);
    this.#tests = from.tests;
    this.#tree = from.tree;
    this.#isStale = from.isStale;
    this.#testsRun = from.testsRun;
    this.#exitCode = from.exitCode;
  }

  /** What another bench needs to take over. */
  get left(): BenchState {
    return { written: [...this.#written], tests: this.#tests, isStale: this.#isStale, testsRun: this.#testsRun, exitCode: this.#exitCode, tree: this.#tree };
  }

  /** Runs of the tests so far, and how the last of them ended. */
  get tested(): { readonly testsRun: number; readonly lastTestExitCode?: number } {
    return { testsRun: this.#testsRun, ...(this.#exitCode === undefined ? {} : { lastTestExitCode: this.#exitCode }) };
  }

  /** How the tests ended last, as far as that still says something. */
  get tests(): TestsEnd | 'unknown' {
    return this.#isStale ? 'unknown' : this.#tests;
  }

  /** Paths that edits have written, sorted. */
  get written(): readonly string[] {
    return [...this.#written.keys()].toSorted();
  }

  /** Stands for everything that was written: equal when the same files have the same texts. */
  state(): string {
    const written = [...this.#written].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return canonicalJson(this.#tree === undefined ? written : [...written, this.#tree]);
  }

  wrote(path: string, text: string): void {
    this.#written.set(path, sha256Hex(text));
    this.#isStale = true;
  }

  /** Code ran, and the files are not those that they were. `tree`: what they are now, where that is known. */
  codeChanged(tree: string | undefined): void {
    this.#tree = tree ?? this.#tree;
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
    if (!this.#mayTest) return undefined;
    if (this.#tests === 'unknown') return 'the tests were not run; call run_tests';
    if (this.#isStale) return 'files were changed after the tests ran; call run_tests';
    return this.#tests === 'failed' ? 'the tests that were run last failed; mend what fails, or finish with give_up' : undefined;
  }
}
