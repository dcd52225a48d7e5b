import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { RunResult } from '#sandbox/port.ts';
import { bindAction, builtInRoles } from '#agent-runtime/roles/registry.ts';
import { contextOver, folderWith, runIntent } from '#agent-runtime/roles/fixtures.ts';
import { readCounts, type TestCounts } from './counts.ts';
import { detectFramework } from './run-tests.ts';

describe('RunCommand', () => {
  const cases: Record<string, { run: Partial<RunResult>; params?: JsonObject; want: object }> = {
    'exit code 0 succeeds': { run: { stdout: 'hi', stderr: 'é' }, want: { result: 'Succeeded', reason: 'Completed', observed: { exitCode: 0, durationMs: 7, outputBytes: 4 } } },
    'another exit code fails, and the last words are told': { run: { ending: 'failed', exitCode: 2, stderr: 'no such thing\n' }, want: { result: 'Failed', reason: 'ActionFailed', message: 'tool ended with 2, not 0; it last said: no such thing', observed: { exitCode: 2 } } },
    'the expected exit code succeeds, whatever it is': { run: { ending: 'failed', exitCode: 3 }, params: { expectExitCode: 3 }, want: { result: 'Succeeded', message: 'tool ended with 3' } },
    'exit code 0 fails when another is expected': { run: {}, params: { expectExitCode: 1 }, want: { result: 'Failed', message: 'tool ended with 0, not 1' } },
    'a signal fails without an exit code': { run: { ending: 'failed', exitCode: undefined, signal: 'SIGSEGV' } as never, want: { result: 'Failed', message: 'tool was ended by SIGSEGV', observed: { durationMs: 7, outputBytes: 0 } } },
    'a timeout fails also with exit code 0': { run: { ending: 'timeout', durationMs: 5000 }, want: { result: 'Failed', message: 'tool was killed: it still ran after 5 s' } },
    'too much output is too large': { run: { ending: 'outputCap' }, want: { result: 'Failed', reason: 'OutputTooLarge' } },
    'a missing tool says what to do': { run: { ending: 'missingTool', message: 'tool is not installed on this agent' }, want: { result: 'Failed', message: 'tool could not be started: tool is not installed on this agent; use an agent image that has it' } },
    'counts of tests are observed when recognised': { run: { stdout: '# pass 2\n# fail 0\n# skipped 1\n' }, want: { observed: { passed: 2, failed: 0, skipped: 1 } } },
  };
  test.each(Object.entries(cases))('%s', async (_, { run, params, want }) => {
    expect(await runIntent('Tester', 'RunCommand', { command: ['tool'], ...params }, contextOver('/', { run }))).toMatchObject(want);
  });
});

describe('counts', () => {
  const cases: Record<string, { output: string; want: TestCounts | undefined }> = {
    'node --test, spec reporter': { output: 'ℹ tests 4\nℹ suites 0\nℹ pass 2\nℹ fail 1\nℹ cancelled 0\nℹ skipped 1\nℹ todo 0\n', want: { passed: 2, failed: 1, skipped: 1 } },
    'node --test, TAP reporter': { output: 'TAP version 13\nok 1 - a\n1..1\n# tests 1\n# pass 1\n# fail 0\n# cancelled 0\n# skipped 0\n# todo 0\n', want: { passed: 1, failed: 0, skipped: 0 } },
    'vitest with colours': { output: '\u001B[2m Test Files \u001B[22m \u001B[1m1 passed\u001B[22m (1)\n\u001B[2m      Tests \u001B[22m 1 failed | 29 passed | 2 skipped (32)\n', want: { passed: 29, failed: 1, skipped: 2 } },
    'vitest, all well': { output: '      Tests  31 passed (31)\n', want: { passed: 31, failed: 0, skipped: 0 } },
    pytest: { output: '..F\n=========== 1 failed, 2 passed, 3 skipped in 0.12s ===========\n', want: { passed: 2, failed: 1, skipped: 3 } },
    'pytest -q with an error': { output: '2 passed, 1 error in 1.02s\n', want: { passed: 2, failed: 1, skipped: 0 } },
    'go test -json': { output: '{"Action":"run","Test":"A"}\n{"Action":"pass","Package":"p","Test":"A"}\n{"Action":"fail","Package":"p","Test":"B"}\n{"Action":"fail","Package":"p"}\n', want: { passed: 1, failed: 1, skipped: 0 } },
    'go test -v': { output: '=== RUN A\n--- PASS: A (0.00s)\n    --- SKIP: A/b (0.00s)\n', want: { passed: 1, failed: 0, skipped: 1 } },
    'TAP without a summary': { output: '1..4\nok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP later\n    ok 1 - nested\nok 4\n', want: { passed: 2, failed: 1, skipped: 1 } },
    'words about tests are no counts': { output: '3 passed the gate\nok, fine\nTests passed: 5\n', want: undefined },
    'nothing': { output: '', want: undefined },
  };
  test.each(Object.entries(cases))('%s', (_, { output, want }) => expect(readCounts(output)).toEqual(want));
});

describe('RunTests', () => {
  const frameworks: Record<string, { files: Record<string, string>; want: string | undefined }> = {
    'vitest by its script': { files: { 'package.json': '{"scripts":{"test":"vitest run"}}' }, want: 'vitest' },
    'node --test by its script': { files: { 'package.json': '{"scripts":{"test":"node --experimental-x --test"}}' }, want: 'node' },
    'go by its module': { files: { 'go.mod': 'module x' }, want: 'go' },
    'pytest by its section': { files: { 'pyproject.toml': '[tool.pytest.ini_options]' }, want: 'pytest' },
    'a broken package.json is no framework': { files: { 'package.json': '{' }, want: undefined },
    'a package without tests is no framework': { files: { 'package.json': '{"scripts":{"test":"echo none"}}' }, want: undefined },
  };
  test.each(Object.entries(frameworks))('%s', async (_, { files, want }) => expect(await detectFramework(await folderWith(files))).toBe(want));

  test('runs the command of the framework and names it', async () => {
    const context = contextOver(await folderWith({ 'go.mod': 'module x' }));
    expect(await runIntent('Tester', 'RunTests', {}, context)).toMatchObject({ result: 'Succeeded', observed: { framework: 'go', exitCode: 0 } });
    expect(context.commands).toEqual([['go', 'test', '-json', './...']]);
  });

  test('a command of the task goes before the framework', async () => {
    const context = contextOver(await folderWith({ 'go.mod': 'module x' }));
    await runIntent('Tester', 'RunTests', { command: ['make', 'test'] }, context);
    expect(context.commands).toEqual([['make', 'test']]);
  });

  test('without a framework and a command nothing is guessed', async () => {
    const context = contextOver(await folderWith({}));
    expect(await runIntent('Tester', 'RunTests', {}, context)).toMatchObject({ result: 'Failed', reason: 'ActionRefused' });
    expect(context.commands).toEqual([]);
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
