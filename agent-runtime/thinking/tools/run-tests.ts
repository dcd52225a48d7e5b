// run_tests: the tests of the workspace as it is now, read as the Tester reads them.
import { z } from 'zod';
import type { RunResult } from '#sandbox/port.ts';
import { locateFailures } from '#agent-runtime/roles/tester/analysis/locate.ts';
import { measureTests } from '#agent-runtime/roles/tester/measure-tests.ts';
import type { RunReading } from '#agent-runtime/roles/tester/read-run.ts';
import type { Failure } from '#agent-runtime/roles/tester/readers/reading.ts';
import { trimmed } from '#agent-runtime/thinking/quote.ts';
import { type Tool, tool } from '#agent-runtime/thinking/tool.ts';
import type { Workbench } from '#agent-runtime/thinking/workbench.ts';

const limits = { seconds: 600, failures: 20, frames: 5, streamBytes: 4000, bytes: 16_000 } as const;

/** Runs the tests in the sandbox, without network. */
export function runTestsTool(bench: Workbench): Tool {
  const { plan, run, ...rest } = bench.surroundings;
  return tool({ name: 'run_tests', sideEffect: 'runs', description: 'Runs the tests of the workspace: counts, failures with their places, and the last of what was printed.', input: z.strictObject({}) }, async () => {
    const planned = await plan({ type: 'Tester', intent: { action: 'RunTests', params: { timeoutSeconds: limits.seconds } } });
    if (planned.kind === 'fault' || planned.action.call.tool !== 'process') {
      bench.ranTests('absent');
      return { note: 'there are no tests: no test framework was recognised in the workspace' };
    }
    const measured = await measureTests({ ...rest, run: (command, options) => run(command, { ...options, offline: true }) }, planned.action, planned.action.call);
    const { failureClass, counts } = measured.reading;
    bench.ranTests(failureClass === 'none' ? 'passed' : failureClass === 'noTests' ? 'absent' : 'failed', measured.run.exitCode);
    const failures = await locateFailures(rest.currentFolder(), measured.reading.failures.slice(0, limits.failures));
    return { note: [endOf(measured.run), countsOf(counts), ...(failureClass === 'none' ? [] : [`kind of failure: ${failureClass}`])].join('\n'), data: trimmed([...failures.map(lineOf), timeless(lastOf(measured.run), rest.currentFolder())].join('\n'), limits.bytes) };
  });
}

/** Times, and the folder of this attempt, tell a model nothing and are others in each run: without them equal work gives equal conversations. */
function timeless(text: string, folder: string): string {
  return text
    .replaceAll(`file://${folder}/`, '')
    .replaceAll(`${folder}/`, '')
    .replaceAll(/^(.*\bduration_ms:?) [\d.]+$/gm, '$1')
    .replaceAll(/ \(\d+(?:\.\d+)?m?s\)$/gm, '')
    .replaceAll(/^((?:ok|FAIL)\s+\S+)\s+\d+(?:\.\d+)?s$/gm, '$1')
    .replaceAll(/ in \d+(?:\.\d+)?s( =*)?$/gm, '$1');
}

function endOf({ ending, exitCode, durationMs }: RunResult): string {
  if (exitCode !== undefined) return `exit code: ${exitCode}`;
  return ending === 'timeout' ? `the tests were killed: they still ran after ${Math.round(durationMs / 1000)} s` : `the tests did not end by themselves: ${ending}`;
}

function countsOf(counts: RunReading['counts']): string {
  return counts === undefined ? 'no test was counted' : `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}

function lineOf({ file, line, test, message, frames }: Failure): string {
  const place = [file, line].filter((part) => part !== undefined).join(':');
  const stack = frames.slice(0, limits.frames).map((frame) => `    at ${frame.file}:${frame.line}`);
  return [`- ${[place, test].filter((part) => part !== undefined && part !== '').join(' ')}: ${message}`, ...stack].join('\n');
}

function lastOf({ stdout, stderr, message }: RunResult): string {
  const streams = { stdout, stderr, sandbox: message ?? '' };
  return Object.entries(streams).flatMap(([name, text]) => (text.trim() === '' ? [] : [`${name}:`, trimmed(text.trim(), limits.streamBytes)])).join('\n');
}
