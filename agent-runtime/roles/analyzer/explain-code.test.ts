// A model that answers a question about code, over real HTTP and on a real worktree.
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { sha256Hex } from '#domain/digest.ts';
import { RunnerUnderTest } from '#agent-runtime/execution/testing.ts';
import { contextOver, folderWith, runIntent } from '#agent-runtime/roles/fixtures.ts';
import { call, callBlock, modelOf, scripted, servers } from '#agent-runtime/thinking/fake-model.ts';
import { Workbench } from '#agent-runtime/thinking/workbench.ts';
import type { Policy } from '#testing/llm/policy.ts';
import { analyzerTools } from './explain-code.ts';
import { Notebook } from './explain-code/notebook.ts';
import { promptVersion, systemPrompt } from './explain-code/prompt.v1.ts';

const t = RunnerUnderTest.inEachTest();
const { start } = servers();

const project = { 'lib/sum.js': 'export const sum = (a, b) => a - b;\n', 'lib/deep/x.js': 'one\ntwo\n' };
const finding = (path: string, line: number, more: object = {}) => ({ path, line, text: 'It subtracts.', severity: 'error', ...more });
const finishes = (summary = 'It **subtracts**, see lib/sum.js:1.') => call('finish', { summary });

beforeEach(() => {
  t.llmGrant = 'grant-1';
});

/** Asks about the project. */
async function explain(policy: Policy, params: JsonObject = {}) {
  const { server, llm } = await start(policy);
  t.llm = llm;
  await t.commit(project);
  return { server, result: await t.perform(t.orderFor('Analyzer', 'ExplainCode', { question: 'What does | sum do?', ...params })) };
}

test('the answer comes with findings whose places are there, and no file is changed', async () => {
  const { result } = await explain(scripted(call('record_finding', finding('lib/sum.js', 1)), call('record_finding', finding('lib/deep/x.js', 2, { severity: 'warning', text: 'a | b' })), finishes()));
  expect(result).toMatchObject({ result: 'Succeeded', message: 'the model answered, with 2 findings', observed: { findings: 2, errors: 1, warnings: 1, turns: 3 }, claimed: { summary: 'It **subtracts**, see lib/sum.js:1.' } });
  expect([result.treeAfter, result.violations]).toEqual([result.treeBefore, undefined]);
  expect(result.textOf('explanation.md')).toBe('# Explanation\n\nQuestion: What does \\| sum do?\n\nIt **subtracts**, see lib/sum.js:1.\n\n## Findings\n\n| Severity | Place | Finding |\n| --- | --- | --- |\n| error | lib/sum.js:1 | It subtracts. |\n| warning | lib/deep/x.js:2 | a \\| b |\n');
  expect(JSON.parse(result.textOf('findings.json') ?? '')).toEqual({ findings: [{ rule: 'explained', level: 'error', message: 'It subtracts.', place: { path: 'lib/sum.js', line: 1 } }, { rule: 'explained', level: 'warning', message: 'a | b', place: { path: 'lib/deep/x.js', line: 2 } }] });
  expect(result.textOf('transcript.json')).not.toContain('It subtracts.');
});

test('what is said twice is one finding, and one at the last line counts', async () => {
  const { result } = await explain(scripted({ content: [callBlock('record_finding', finding('lib/deep/x.js', 2)), callBlock('record_finding', finding('./lib//deep/x.js', 2)), callBlock('record_finding', finding('lib/deep/x.js', 3))] }, finishes()));
  expect(result.observed).toMatchObject({ findings: 1 });
});

describe('an area', () => {
  test('is all that can be looked at, and places are told from the workspace', async () => {
    const { result, server } = await explain(scripted({ content: [callBlock('list_files', {}), callBlock('read_file', { path: '../a.txt' }), callBlock('record_finding', finding('x.js', 1))] }, finishes()), { area: 'lib/deep' });
    expect(JSON.parse(result.textOf('findings.json') ?? '')).toMatchObject({ findings: [{ place: { path: 'lib/deep/x.js' } }] });
    expect(server.requests()[1]?.body).not.toContain('sum.js');
  });

  test('that is not there, or that a link leads to, is refused', async () => {
    const folder = await folderWith({ 'lib/a.js': 'a', '.git/config': '[core]' });
    await symlink('/etc', join(folder, 'way'));
    for (const area of ['none', 'way', 'lib/a.js/x', '.git', 'lib/.git']) {
      const model = modelOf(finishes());
      expect(await runIntent('Analyzer', 'ExplainCode', { question: 'x', area }, { ...contextOver(folder), model })).toMatchObject({ reason: 'ActionRefused', message: `area ${area}: the workspace has no such folder` });
      expect(model.asked).toEqual([]);
    }
  });
});

describe('what looks like a secret', () => {
  const secret = 'sk_live_4f9a8b7c6d5e4f3a2b1c0d9e';
  test('is kept out of the answer, and the model may say it without', async () => {
    const { result } = await explain(scripted(call('record_finding', finding('lib/sum.js', 1, { text: `key ${secret}` })), finishes(`The key is ${secret}.`), finishes('There is a key.')));
    expect(result).toMatchObject({ result: 'Succeeded', observed: { findings: 0 }, claimed: { summary: 'There is a key.' } });
    expect([...t.blobs.blobs.values()].map((bytes) => Buffer.from(bytes).toString('latin1')).join('') + result.live).not.toContain(secret);
  });
});

describe('a model that', () => {
  const cases: Record<string, { policy: Policy; message: string }> = {
    'gives up fails': { policy: scripted(call('finish', { summary: 'There is no sum.', give_up: true })), message: 'the model gave up: There is no sum.' },
    'finds no end fails': { policy: ({ turns }) => call('search', { query: `x${turns.length}` }), message: '3 turns' },
  };
  test.each(Object.entries(cases))('%s without an answer', async (_, { policy, message }) => {
    const { result } = await explain(policy, { maxTurns: 3 });
    expect(result).toMatchObject({ result: 'Failed', reason: 'ActionFailed', message: expect.stringContaining(message) });
    expect(result.textOf('explanation.md')).toBeUndefined();
  });
});

test('prompt and tools change only with the version', () => {
  const bench = new Workbench(contextOver('/nowhere'));
  const tools = analyzerTools(bench, new Notebook(bench, '')).map(({ definition }) => definition);
  expect(tools.map(({ name }) => name)).toEqual(['list_files', 'read_file', 'search', 'read_result', 'record_finding', 'finish']);
  expect(tools.filter(({ description }) => !description.endsWith('.'))).toEqual([]);
  expect([promptVersion, sha256Hex(systemPrompt)], 'the text of the prompt changed: raise the version').toEqual(['v1', '052948e71a0d2d659cc3be38cfed7427b0d1ecdeea11bec8147b777b69f0b50c']);
});
