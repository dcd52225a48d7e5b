import { afterAll, describe, expect, test } from 'vitest';
import type { PlannedAction } from '#domain/intent/action.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import { type Answers, artifactText, contextOver, folderWith, runIntent } from '#agent-runtime/roles/fixtures.ts';

const folders: string[] = [];
afterAll(() => Promise.all(folders.map(removeTree)));

const planned = (more: Partial<PlannedAction> = {}): Partial<PlannedAction> => ({ call: { tool: 'process', command: ['npx', 'vitest', 'run'], program: 'vitest' }, framework: 'vitest', params: {}, ...more });

async function runTests(answers: Answers, files: Readonly<Record<string, string>> = {}) {
  const folder = await folderWith(files);
  folders.push(folder);
  const context = contextOver(folder, { planned: planned(), ...answers });
  return { context, result: await runIntent('Tester', 'RunTests', {}, context) };
}

const vitestSays = (tests: string) => ` Test Files  1 file (1)\n      Tests  ${tests}\n`;
const junit = (name: string, failure = '') => `<testsuite><testcase name="${name}" file="a.test.ts">${failure}</testcase></testsuite>`;
const report = { params: { report: 'out/report.xml' } };
const pytestFailure = 'FAILED tests/test_cart.py::test_total - assert 3 == 4\n=== 1 failed, 2 passed in 0.1s ===\n';

describe('RunTests', () => {
  test('runs the planned command and no other', async () => {
    const { context } = await runTests({ run: { stdout: vitestSays('3 passed (3)') } });
    expect(context.commands).toEqual([['npx', 'vitest', 'run']]);
  });

  test('nothing of Python is compiled among the files', async () => {
    const options: unknown[] = [];
    const context = contextOver('/nowhere', { planned: planned() });
    await runIntent('Tester', 'RunTests', {}, { ...context, run: async (command, asked) => (options.push(asked?.env), context.run(command)) });
    expect(options).toEqual([{ PYTHONDONTWRITEBYTECODE: '1' }]);
  });

  test('passing tests are counted', async () => {
    const { result } = await runTests({ run: { stdout: vitestSays('3 passed | 1 skipped (4)') } });
    expect(result).toMatchObject({ result: 'Succeeded', message: '3 tests passed, 1 were skipped', observed: { framework: 'vitest', passed: 3, failed: 0, skipped: 1, exitCode: 0, failureClass: 'none' }, artifacts: [] });
  });

  test('a failure is told by place, with the change that is likely behind it', async () => {
    const files = { 'shop/cart.py': '', 'tests/test_cart.py': 'from shop.cart import total\n' };
    const { result } = await runTests({ planned: planned({ framework: 'pytest' }), changedPaths: ['shop/cart.py', 'README.md'], run: { stdout: pytestFailure, ending: 'failed', exitCode: 1 } }, files);
    expect(result).toMatchObject({ result: 'Failed', reason: 'ActionFailed', observed: { passed: 2, failed: 1, failureClass: 'assertion', failedTests: ['test_total'] } });
    expect(result.message).toContain('likely cause: shop/cart.py');
    expect(JSON.parse(artifactText(result, 'failures.json') ?? '')).toMatchObject([{ test: 'test_total', file: 'tests/test_cart.py', suspected: 'shop/cart.py' }]);
    expect(artifactText(result, 'failures.md')).toContain('1 of 3 tests failed');
  });

  test('the report of the run goes before what was printed', async () => {
    const { result } = await runTests({ planned: planned(report), outputs: { 'out/report.xml': junit('one') }, run: { stdout: vitestSays('9 passed (9)') } });
    expect(result.observed).toMatchObject({ passed: 1, failed: 0 });
  });

  test('a report that lay there before, and is the same, is not believed', async () => {
    const old = { 'out/report.xml': junit('one') };
    const { result } = await runTests({ planned: planned(report), outputs: old, run: { stdout: vitestSays('1 failed (1)'), ending: 'failed', exitCode: 1 } }, old);
    expect(result).toMatchObject({ result: 'Failed', observed: { passed: 0, failed: 1 } });
  });

  test('a failing report fails the task even when the runner ended with 0', async () => {
    const { result } = await runTests({ planned: planned(report), outputs: { 'out/report.xml': junit('one', '<failure message="no"/>') } });
    expect(result).toMatchObject({ result: 'Failed', observed: { failed: 1, exitCode: 0 } });
  });

  const endings: Record<string, { answers: Answers; want: object }> = {
    'no tests are a failure': { answers: { run: { stdout: 'No test files found, exiting with code 0\n' } }, want: { result: 'Failed', observed: { failureClass: 'noTests' } } },
    'an unknown report with exit code 0 succeeds, and says that nothing was counted': { answers: { run: { stdout: 'fine\n' } }, want: { result: 'Succeeded', message: /no test was counted/ } },
    'an unknown report with another exit code fails': { answers: { run: { stdout: 'bad\n', ending: 'failed', exitCode: 4 } }, want: { result: 'Failed', observed: { failureClass: 'error' } } },
    'a deadline is a timeout': { answers: { run: { ending: 'timeout', durationMs: 5000 } }, want: { result: 'Failed', observed: { failureClass: 'timeout' } } },
    'a missing program is a missing tool': { answers: { run: { ending: 'missingTool', message: 'npx is not installed' } }, want: { result: 'Failed', message: /use an agent image that has the tool/, observed: { failureClass: 'missingTool' } } },
    'too much output is too large': { answers: { run: { ending: 'outputCap' } }, want: { result: 'Failed', reason: 'OutputTooLarge' } },
    'a plan that runs no program is refused': { answers: { planned: { call: { tool: 'report' } } }, want: { result: 'Failed', reason: 'ActionRefused', message: /^intent\.params\.command: / } },
  };
  test.each(Object.entries(endings))('%s', async (_, { answers, want }) => {
    const { message, ...expected } = want as { message?: RegExp };
    const { result } = await runTests(answers);
    expect(result).toMatchObject(expected);
    if (message !== undefined) expect(result.message).toMatch(message);
  });

  test('a test outside the workspace is not read', async () => {
    const { result } = await runTests({ changedPaths: ['a.py'], planned: planned({ framework: 'pytest' }), run: { stdout: 'FAILED ../../etc/passwd::x - assert 1\n=== 1 failed in 0.1s ===\n', ending: 'failed', exitCode: 1 } });
    expect(JSON.parse(artifactText(result, 'failures.json') ?? '')[0]).not.toHaveProperty('suspected');
  });
});
