// RunTests: runs the planned command, reads its report and says of each failure what it is, where it is, and which change is likely behind it.
import { RunTests } from '#api/intents.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { RunResult } from '#sandbox/port.ts';
import { readPlainText } from '#agent-runtime/context/plain-file.ts';
import { action, type ActionContext, type ActionResult, failed, succeeded } from '#agent-runtime/roles/action.ts';
import { type Analysed, analyse, testFileOf } from './analysis/analyse.ts';
import { failedTests, failureArtifacts, sentence } from './analysis/failures-report.ts';
import { locateFailures } from './analysis/locate.ts';
import { measuredOf } from './command.ts';
import { measureTests } from './measure-tests.ts';
import type { RunReading } from './read-run.ts';

const limits = { testFiles: 50, testBytes: 256 * 1024 } as const;

/** Fails unless there are tests and all of them pass. */
export const runTests = action(RunTests, async (_, context) => {
  const { call, framework } = context.planned;
  if (call.tool !== 'process') return failed('ActionRefused', `intent.params.command: ${call.tool} is no program; give the command that runs the tests`);
  context.log(`framework: ${framework ?? 'unknown'}\n`);
  const { run, reading } = await measureTests(context, context.planned, call);
  const failures = await explained(context, reading);
  const observed = observedOf(run, reading, failures, framework);
  return conclude(run, call.command, { reading, failures, observed });
});

async function explained({ folder, changedPaths }: ActionContext, { failures }: RunReading): Promise<readonly Analysed[]> {
  const located = await locateFailures(folder, failures);
  if (changedPaths.length === 0) return located;
  const tests = new Set(located.map(testFileOf).filter((path) => path !== undefined));
  const texts = new Map<string, string>();
  // Paths that were not found among the files may lead anywhere.
  for (const path of [...tests].filter(isInside).slice(0, limits.testFiles)) texts.set(path, (await readPlainText(folder, path, limits.testBytes)) ?? '');
  return analyse(located, { paths: changedPaths, textOf: (path) => texts.get(path) });
}

function isInside(path: string): boolean {
  return !path.startsWith('/') && !path.split('/').includes('..');
}

function observedOf(run: RunResult, { counts, failureClass }: RunReading, failures: readonly Analysed[], framework: string | undefined): JsonObject {
  const names = failedTests(failures);
  return { ...(framework === undefined ? {} : { framework }), ...counts, ...measuredOf(run), failureClass, ...(names.length === 0 ? {} : { failedTests: names }) };
}

interface Explained {
  readonly reading: RunReading;
  readonly failures: readonly Analysed[];
  readonly observed: JsonObject;
}

function conclude(run: RunResult, command: readonly string[], { reading, failures, observed }: Explained): ActionResult {
  const { counts, failureClass } = reading;
  if (run.ending === 'outputCap') return failed('OutputTooLarge', 'the tests were killed: they printed more than is kept', { observed });
  if (failureClass !== 'none') return failed('ActionFailed', sentence(failures, reading), { observed, artifacts: failureArtifacts(failures, reading) });
  if (counts === undefined) return succeeded(`${command.join(' ').slice(0, 100)} ended with 0; its report has no form that is known, so no test was counted`, { observed });
  return succeeded(`${counts.passed} tests passed${counts.skipped === 0 ? '' : `, ${counts.skipped} were skipped`}`, { observed });
}
