// Which class an error belongs to, by its own words. The head decides: what an error quotes further down is not what it is.
import type { FailureKind } from './reading.ts';
import { firstLine } from './reading.ts';

const timeouts = /\b(?:Test|Hook|test|hook) timed out (?:in|after) |Exceeded timeout of [\d,]+ ?ms|[Tt]imeout of \d+ ?ms exceeded|TestTimeoutError|Timeout \(?>\s?[\d.]+s|\btest timed out\b/;
const crashes = /Worker (?:exited unexpectedly|forks emitted error|terminated due to reaching memory limit)|\[vitest-pool\].{0,200}(?:emitted error|exited)|A jest worker process \(pid=\d+\) (?:was terminated|crashed)|Jest worker encountered \d+ child process exceptions|JavaScript heap out of memory|worker '\w+' crashed|^-+ Native stack trace -+$|^FATAL ERROR: /m;
const assertions = /^(?:\w+(?:\.\w+)*\.)?(?:\w*Assertion\w*|ComparisonFailure)\b|\[?ERR_ASSERTION|^(?:Error: )?(?:expect(?:\([^)]*\))?[.(]|assert[.(])|^assert\b|^(?:\w+\.)*Failed(?:: |$)|^Error: (?:Snapshot .* mismatched|expected any number of assertion)|^Snapshot .* mismatched|^\[XPASS\(strict\)\]|^expected .+ to (?:be|equal|have|contain|include|match|throw|deeply|strictly|not)\b/;
const load = /SyntaxError|IndentationError|TabError|ModuleNotFoundError|ImportError|ERR_MODULE_NOT_FOUND|ERR_UNKNOWN_FILE_EXTENSION|ERR_INVALID_TYPESCRIPT_SYNTAX|ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX|ERR_PACKAGE_PATH_NOT_EXPORTED|Cannot find (?:module|package) |Failed to (?:resolve import|load url|parse source)|Parse failure|Transform failed|Unexpected token|does not provide an export named|error TS\d+|TSError|Unable to compile|Jest encountered an unexpected token|Could not locate module|Unterminated |Expected ["'`].{1,12}["'`] but found/;

/** Class of what a test or its set-up threw. */
export function classOfError(text: string): FailureKind {
  const head = firstLine(text);
  if (crashes.test(head)) return 'crash';
  if (timeouts.test(head)) return 'timeout';
  return assertions.test(head) ? 'assertion' : 'error';
}

/** Class of what kept a file from being loaded, by its first lines: code frames follow. */
export function classOfLoad(text: string): FailureKind {
  if (crashes.test(text)) return 'crash';
  const head = text.trim().slice(0, 2000);
  if (timeouts.test(head)) return 'timeout';
  if (/No test suite found in file|must contain at least one test/.test(head)) return 'noTests';
  return load.test(head) ? 'compileError' : 'error';
}
