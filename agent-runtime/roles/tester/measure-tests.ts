// Runs planned tests and reads what they say: the same for the Tester and for a Coder who wants to know where it stands.
import type { PlannedAction, ToolCall } from '#domain/intent/action.ts';
import type { RunResult } from '#sandbox/port.ts';
import { readOutput as readFrom } from '#agent-runtime/execution/outputs.ts';
import type { ActionContext } from '#agent-runtime/roles/action.ts';
import { readRun, type RunReading } from './read-run.ts';

/** A run of tests, and what is certain about it. */
export interface MeasuredTests {
  readonly run: RunResult;
  readonly reading: RunReading;
}

/** Runs the tests; nothing of Python is compiled among the files. */
export async function measureTests(context: Pick<ActionContext, 'run' | 'readOutput' | 'currentFolder' | 'log'>, { framework, params }: Pick<PlannedAction, 'framework' | 'params'>, { command, timeoutSeconds }: Extract<ToolCall, { tool: 'process' }>): Promise<MeasuredTests> {
  const reportPath = typeof params['report'] === 'string' ? params['report'] : undefined;
  const before = reportPath === undefined ? undefined : await readFrom([context.currentFolder()], reportPath);
  const run = await context.run(command, { timeoutSeconds, env: { PYTHONDONTWRITEBYTECODE: '1' } });
  const report = reportPath === undefined ? undefined : await newReport(context, reportPath, before);
  return { run, reading: readRun({ ...run, framework, report }) };
}

/** The report of this very run: one that lay there before, and is still the same, is of another. */
async function newReport({ readOutput, log }: Pick<ActionContext, 'readOutput' | 'log'>, path: string, before: string | undefined): Promise<string | undefined> {
  const report = await readOutput(path);
  if (report !== undefined && report !== before) return report;
  log(`report ${path} was not written; what was printed is read\n`);
  return undefined;
}
