// A model that writes tests, over real HTTP, in real worktrees and with real tests of node.
import { beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { sha256Hex } from '#domain/digest.ts';
import { gatherFacts } from '#agent-runtime/context/gather-facts.ts';
import { RunnerUnderTest } from '#agent-runtime/execution/testing.ts';
import { contextOver, runIntent } from '#agent-runtime/roles/fixtures.ts';
import { call, modelOf, scripted, servers } from '#agent-runtime/thinking/fake-model.ts';
import { Workbench } from '#agent-runtime/thinking/workbench.ts';
import type { Policy } from '#testing/llm/policy.ts';
import { testerTools } from './write-tests.ts';
import { isTestPath } from './write-tests/paths.ts';
import { promptVersion, systemPrompt } from './write-tests/prompt.v1.ts';

const t = RunnerUnderTest.inEachTest();
const { start } = servers();

const project = { 'package.json': '{"type":"module","scripts":{"test":"node --test"}}\n', 'src/sum.js': 'export const sum = (a, b) => a + b;\n' };
const testOf = (body: string) => `import assert from 'node:assert';\nimport test from 'node:test';\nimport { sum } from '../src/sum.js';\ntest('adds', () => {\n  ${body}\n});\n`;
const right = testOf('assert.equal(sum(2, 3), 5);');
const writes = (text: string, path = 'test/sum.test.js') => call('edit_file', { path, old_text: '', new_text: text });
const runs = call('run_tests', {});
const finishes = call('finish', { summary: 'The sum is tested.' });

beforeEach(() => {
  t.gatherFacts = gatherFacts;
  t.llmGrant = 'grant-1';
});

/** Runs a task over the project. */
async function write(policy: Policy, files: Readonly<Record<string, string>> = {}, params: JsonObject = {}, more: Parameters<typeof t.orderFor>[3] = {}) {
  const { server, llm } = await start(policy);
  t.llm = llm;
  await t.commit({ ...project, ...files });
  return { server, result: await t.perform(t.orderFor('Tester', 'WriteTests', { instructions: 'Test the sum.', ...params }, more)) };
}

test('tests that pass are the output of the task, and the code under test is as it was', async () => {
  const { result, server } = await write(scripted(writes(right), runs, finishes));
  expect(result).toMatchObject({ result: 'Succeeded', outputCommit: expect.any(String), message: 'the model wrote or changed 1 test files, and all tests pass', claimed: { summary: 'The sum is tested.' }, observed: { testFiles: 1, testsRun: 1, lastTestExitCode: 0, turns: 3, toolCalls: 3, model: 'claude-sonnet-5-5' } });
  expect(result.violations).toBeUndefined();
  expect(result.textOf('change.patch')).toContain('+++ b/test/sum.test.js');
  expect(await t.perform(t.orderFor('Tester', 'RunTests', {}, t.after(result)))).toMatchObject({ observed: { passed: 1 } });
  expect(server.requests().every(({ headers }) => headers['coditect-grant'] === 'grant-1')).toBe(true);
});

describe('it fails', () => {
  const cases: Record<string, { policy: Policy; files?: Readonly<Record<string, string>>; message: RegExp }> = {
    'when the new tests do': { policy: scripted(writes(testOf('assert.equal(sum(2, 3), 6);')), runs, finishes), message: /gave up: it called finish although the tests that were run last failed/ },
    'when no test was written': { policy: scripted(runs, finishes), files: { 'test/old.test.js': right }, message: /^the model finished and wrote no test$/ },
    'when its tests never ran': { policy: scripted(writes('x', 'test/x.txt'), runs, finishes), files: { 'package.json': '{}\n', 'src/sum.js': 'x' }, message: /no test framework was recognised/ },
    'when a test changes the code under test': { policy: scripted(writes(testOf("(await import('node:fs')).writeFileSync('src/sum.js', 'export const sum = () => 5;');").replace('() => {', 'async () => {')), runs, finishes), message: /^when the tests ran, files were changed that are no tests: src\/sum\.js$/ },
    'when the model gives up': { policy: scripted(call('finish', { summary: 'I cannot.', give_up: true })), message: /^the model gave up: I cannot\.$/ },
  };
  test.each(Object.entries(cases))('%s', async (_, { policy, files, message }) => {
    expect((await write(policy, files)).result).toMatchObject({ result: 'Failed', reason: 'ActionFailed', message: expect.stringMatching(message) });
  });

  test('when a test changes a file above the working folder', async () => {
    const above = testOf("(await import('node:fs')).writeFileSync('../above.txt', 'x');").replace('() => {', 'async () => {');
    const files = Object.fromEntries(Object.entries(project).map(([path, text]) => [`app/${path}`, text]));
    const { result } = await write(scripted(writes(above), runs, finishes), files, {}, { source: t.source({ subPath: 'app' }) });
    expect(result).toMatchObject({ result: 'Failed', message: 'when the tests ran, files were changed that are no tests: ../above.txt' });
  });

  test('at once without a gateway', async () => expect(await runIntent('Tester', 'WriteTests', { instructions: 'x' }, contextOver('/nowhere'))).toMatchObject({ reason: 'ActionRefused', message: expect.stringContaining('no LLM gateway') }));
});

describe('the model', () => {
  const tiers = ['small-1', 'large-1'];
  const cases: Record<string, { params?: JsonObject; attempt?: number; want: string | undefined }> = {
    'is that of the task': { params: { model: 'own-1' }, want: 'own-1' },
    'is the cheapest one at first': { want: 'small-1' },
    'is the next one when an attempt failed': { attempt: 2, want: 'large-1' },
    'is the strongest one in the end': { attempt: 5, want: 'large-1' },
  };
  test.each(Object.entries(cases))('%s', async (_, { params = {}, attempt = 1, want }) => {
    const model = modelOf(call('finish', { summary: 'x', give_up: true }));
    await runIntent('Tester', 'WriteTests', { instructions: 'x', ...params }, { ...contextOver('/nowhere', { attempt }), model, modelPolicy: { tiers } });
    expect(model.asked.map((request) => request.model)).toEqual([want]);
  });
});

describe('tools', () => {
  test('that the policy of the task keeps out are not offered, those that end the work are', async () => {
    const model = modelOf(call('finish', { summary: 'x', give_up: true }));
    await runIntent('Tester', 'WriteTests', { instructions: 'x' }, { ...contextOver('/nowhere'), model, toolPolicy: { allow: ['read_file', 'finish'], deny: ['finish'] } });
    expect(model.asked[0]?.tools.map(({ name }) => name)).toEqual(['read_file', 'finish']);
  });

  test('that nobody has are told before a model is asked', async () => {
    const model = modelOf(call('finish', { summary: 'x' }));
    expect(await runIntent('Tester', 'WriteTests', { instructions: 'x' }, { ...contextOver('/nowhere'), model, toolPolicy: { deny: ['shell'] } })).toMatchObject({ reason: 'ActionRefused', message: expect.stringContaining('there is no tool shell') });
    expect(model.asked).toEqual([]);
  });
});

describe('the path of a test', () => {
  const cases: Record<string, boolean> = {
    'test/a.js': true, 'tests/unit/a.py': true, 'src/__tests__/a.tsx': true, 'spec/a_spec.rb': true, 'src/a.test.ts': true, 'src/a.spec.mjs': true, 'calc/calc_test.go': true, 'test_calc.py': true, 'src/conftest.py': true, 'testdata/in.json': true, 'src/__snapshots__/a.test.ts.snap': true,
    'src/a.ts': false, 'test': false, 'package.json': false, 'vitest.config.ts': false, 'src/testing.ts': false, 'src/contest.py': false, 'src/latest.js': false, 'src/attest.go': false, 'README.md': false, 'node_modules/x/test/a.js': false, 'vendor/x/x_test.go': false, '../test/a.js': false, 'src/test.js': false,
  };
  test.each(Object.entries(cases))('%s: %s', (path, want) => expect(isTestPath(path)).toBe(want));
});

test('prompt and tools change only with the version', () => {
  const tools = testerTools(new Workbench(contextOver('/nowhere'))).map(({ definition }) => definition);
  expect(tools.map(({ name }) => name)).toEqual(['list_files', 'read_file', 'search', 'read_result', 'edit_file', 'run_tests', 'finish']);
  expect([promptVersion, sha256Hex(systemPrompt)], 'the text of the prompt changed: raise the version').toEqual(['v1', 'ea81067b8a08f6b3cc5cf3bfa0f69601573f8e2dcc8f900e6cf254bd0f976e22']);
});
