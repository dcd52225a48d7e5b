// The class of a run as a whole: by its gravest failure, by how its process ended, and where no report explains it by the words of tools.
import { failureClasses } from '#domain/consistency/state.ts';
import type { Ending } from '#sandbox/port.ts';
import { framesIn } from './frames.ts';
import { type Failure, type FailureKind, failureOf, type Reading } from './reading.ts';

/** How the process of a run ended. */
export interface Ended {
  readonly ending: Ending;
  /** Undefined when a signal ended it or it never started. */
  readonly exitCode?: number | undefined;
}

/** The gravest of some failures' classes; undefined when there are none. */
export function gravest(failures: readonly Failure[]): FailureKind | undefined {
  return failures.map((failure) => failure.class).toSorted((a, b) => failureClasses.indexOf(b) - failureClasses.indexOf(a))[0];
}

/** What the end of the process says that no single failure does, or undefined. */
export function endFailure({ ending, exitCode }: Ended, text: string): Failure | undefined {
  const kind = endings[ending];
  if (kind !== undefined) return failureOf(kind, endingWords[kind] ?? ending);
  if (ending !== 'failed') return undefined;
  if (exitCode === undefined) return failureOf('crash', 'a signal ended the run');
  if (exitCode === timeoutExit) return failureOf('timeout', 'the command timeout ended the run');
  if (exitCode === missingExit) return failureOf('missingTool', lineWith(text, tools) ?? 'a program was not found');
  return signalExits.has(exitCode) ? failureOf('crash', lineWith(text, deaths) ?? `signal ${exitCode - 128} ended a process of the run`) : undefined;
}

const endings: Readonly<Partial<Record<Ending, FailureKind>>> = { missingTool: 'missingTool', outOfMemory: 'crash', timeout: 'timeout' };
const endingWords: Readonly<Partial<Record<FailureKind, string>>> = { missingTool: 'the program is not installed', crash: 'the run needed more memory than its limit', timeout: 'the run was killed at its limit' };

/** Exit codes of shells, launchers and timeout(1). */
const timeoutExit = 124;
const missingExit = 127;
/** 128 + SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGSEGV. */
const signalExits: ReadonlySet<number> = new Set([132, 133, 134, 135, 136, 137, 139]);

const tools = /(?:^|: )[\w./@+-]+: (?:command )?not found$|command not found: |python[\d.]*: No module named (?:pytest|tox|nox|unittest2)\b|npx canceled due to missing packages|could not determine executable to run|^error Command "\S+" not found|ERR_PNPM_RECURSIVE_EXEC_FIRST_FAIL|Command "\S+" not found|Couldn't find a (?:script|binary) named|^error: no such (?:sub)?command: |linker `\S+` not found|env: .*: No such file or directory|executable file not found in \$PATH|^make.*: \S+: No such file or directory|Cannot find module '[^']*\/node_modules\/(?:\.bin\/)?(?:vitest|jest|mocha)\b|\bspawn \S+ ENOENT|npm (?:error|ERR!) (?:code (?:ENOTFOUND|EAI_AGAIN|ENOTCACHED)|request to \S+ failed)|toolchain '[^']*' is not installed|^MISSING DEPENDENCY {2}Cannot find dependency/m;
const deaths = /\b(?:Segmentation fault|Bus error|Illegal instruction|Floating point exception)\b|^(?:.*: line \d+: +\d+ )?(?:Aborted|Killed)\b|^FATAL ERROR: |heap out of memory|^Fatal Python error: |^INTERNALERROR> |^fatal error: |^signal: \w+|^Node\.js v.*crashed|stack overflow$|has overflowed its stack/m;
const limits = /^\++ Timeout \++$|\bTimeout \(>[\d.]+s\) from pytest-timeout/m;
const noTests = /No test files? found|No tests? found|No test suite found|\bno tests ran in|^collected 0 items|matched no packages|no packages to test|no tests to run|\[no test files\]|Missing script: "?test"?|No rule to make target '\w*test\w*'|ERR_PNPM_NO_SCRIPT|^Could not find '|no test target|no test specified/m;
const loading = /^(?:\S*: )?(?:Uncaught )?(?:SyntaxError|IndentationError|TabError|ModuleNotFoundError|ImportError|ReferenceError \[ERR_|TSError)\b|^E {2,}(?:\w*ImportError|ModuleNotFoundError|SyntaxError)|ERR_MODULE_NOT_FOUND|ERR_REQUIRE_ESM|ERR_UNKNOWN_FILE_EXTENSION|Cannot find (?:module|package) |ImportError while loading conftest|error TS\d{4,5}:|could not compile `|\[(?:build|setup) failed\]|^error\[E\d{4}\]|Parse failure|Transform failed|failed to load config|Unexpected token|does not provide an export/m;

/** In this order: a tool that is missing says so in words that others use as well. */
const explanations: readonly (readonly [FailureKind, RegExp])[] = [
  ['missingTool', tools],
  ['crash', deaths],
  ['timeout', limits],
  ['compileError', loading],
  ['noTests', noTests],
];

/** Why a run failed that has no report, or one that shows no failure; by the first line that says so. */
export function explain({ exitCode }: Ended, text: string, { counts }: Reading): Failure {
  const total = counts === undefined ? 0 : counts.passed + counts.failed + counts.skipped;
  // Where tests were counted the tool was there and they were loaded: words about that are words of a test.
  const possible = total > 0 ? explanations.filter(([kind]) => kind === 'crash' || kind === 'timeout') : explanations;
  for (const [kind, pattern] of possible) {
    const message = lineWith(text, pattern);
    if (message !== undefined) return failureOf(kind, message, { frames: framesIn(text.slice(Math.max(0, text.search(pattern) - 500))) });
  }
  if (counts !== undefined && total === 0) return failureOf('noTests', 'no test was found');
  if (counts !== undefined && counts.failed > 0) return failureOf('assertion', `${counts.failed} tests failed; the report does not say how`);
  return failureOf('error', `the run ended with ${exitCode ?? 'a signal'} for a reason that no test tells${lastWords(text)}`);
}

function lastWords(text: string): string {
  const last = text.trim().split('\n').at(-1) ?? '';
  return last === '' ? '' : `; it last said: ${last}`;
}

function lineWith(text: string, pattern: RegExp): string | undefined {
  const at = text.search(pattern);
  return at === -1 ? undefined : text.slice(at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1).split('\n', 2).find((line) => line.trim() !== '');
}
