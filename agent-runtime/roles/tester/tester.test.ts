import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { PlannedAction } from '#domain/intent/action.ts';
import type { RunResult } from '#sandbox/port.ts';
import { bindAction, builtInRoles } from '#agent-runtime/roles/registry.ts';
import { contextOver, runIntent } from '#agent-runtime/roles/fixtures.ts';

describe('RunCommand', () => {
  const cases: Record<string, { run: Partial<RunResult>; params?: JsonObject; planned?: Partial<PlannedAction>; want: object }> = {
    'exit code 0 succeeds': { run: { stdout: 'hi', stderr: 'é' }, want: { result: 'Succeeded', reason: 'Completed', observed: { exitCode: 0, durationMs: 7, outputBytes: 4 } } },
    'another exit code fails, and the last words are told': { run: { ending: 'failed', exitCode: 2, stderr: 'no such thing\n' }, want: { result: 'Failed', reason: 'ActionFailed', message: 'tool ended with 2, not 0; it last said: no such thing', observed: { exitCode: 2 } } },
    'the expected exit code succeeds, whatever it is': { run: { ending: 'failed', exitCode: 3 }, params: { expectExitCode: 3 }, want: { result: 'Succeeded', message: 'tool ended with 3' } },
    'exit code 0 fails when another is expected': { run: {}, params: { expectExitCode: 1 }, want: { result: 'Failed', message: 'tool ended with 0, not 1' } },
    'a signal fails without an exit code': { run: { ending: 'failed', exitCode: undefined, signal: 'SIGSEGV' } as never, want: { result: 'Failed', message: 'tool was ended by SIGSEGV', observed: { durationMs: 7, outputBytes: 0 } } },
    'a timeout fails also with exit code 0': { run: { ending: 'timeout', durationMs: 5000 }, want: { result: 'Failed', message: 'tool was killed: it still ran after 5 s' } },
    'too much output is too large': { run: { ending: 'outputCap' }, want: { result: 'Failed', reason: 'OutputTooLarge' } },
    'a missing tool says what to do': { run: { ending: 'missingTool', message: 'tool is not installed on this agent' }, want: { result: 'Failed', message: 'tool could not be started: tool is not installed on this agent; use an agent image that has it' } },
    'counts of tests are observed when recognised': { run: { stdout: 'ℹ tests 3\nℹ pass 2\nℹ fail 0\nℹ cancelled 0\nℹ skipped 1\n' }, want: { observed: { passed: 2, failed: 0, skipped: 1 } } },
    'a plan that runs no program is refused': { run: {}, planned: { call: { tool: 'report' } }, want: { result: 'Failed', reason: 'ActionRefused' } },
  };
  test.each(Object.entries(cases))('%s', async (_, { run, params, planned = { call: { tool: 'process', command: ['tool'], program: 'tool' } }, want }) => {
    expect(await runIntent('Tester', 'RunCommand', { command: ['tool'], ...params }, contextOver('/', { run, planned }))).toMatchObject(want);
  });
});

describe('registry', () => {
  const refusals: Record<string, { role: string; action: string; params?: JsonObject; message: RegExp }> = {
    'an unknown role': { role: 'Painter', action: 'Paint', message: /no role Painter; it has Analyzer, Coder, Tester/ },
    'an unknown action': { role: 'Tester', action: 'Guess', message: /Tester does not know Guess; it knows RunCommand, RunTests/ },
    'an inherited name is no action': { role: 'Tester', action: 'constructor', message: /does not know constructor/ },
    'a wrong parameter': { role: 'Tester', action: 'RunCommand', params: { command: [] }, message: /intent\.params\.command: / },
    'an unknown parameter': { role: 'Analyzer', action: 'AnalyzeCode', params: { depth: 3 }, message: /depth/ },
  };
  test.each(Object.entries(refusals))('%s is refused', (_, { role, action, params = {}, message }) => {
    const bound = bindAction(builtInRoles, role, { action, params });
    expect(bound.kind === 'refused' && bound.message).toMatch(message);
  });
});
