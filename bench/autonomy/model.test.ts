import { expect, test } from 'vitest';
import type { ParsedRequest } from '#testing/llm/request.ts';
import { markOf } from './front.ts';
import { badPlan, scriptedModel, wrongFix } from './model.ts';

type Turn = ParsedRequest['turns'][number];
const text = (role: Turn['role'], words: string): Turn => ({ role, blocks: [{ type: 'text', text: words }] });
const request = (turns: readonly Turn[], tools: ParsedRequest['tools'] = []): ParsedRequest => ({ model: 'flawless', tools, system: [], turns, automaticCache: undefined, maxTokens: 100, isStream: false, stopSequences: [] });

const instructions = { type: 'object', properties: { instructions: { type: 'string' } }, required: ['instructions'] };
const question = (mission: string, more: object = {}) =>
  text('user', `<mission-json>${JSON.stringify({
    goal: `Mend it. ${markOf(mission)}`,
    goals: [{ name: 'proven', description: 'The code is mended.', check: { command: { from: 'mend' } } }],
    agentTypes: ['Coder', 'Tester'],
    intents: { Coder: { WriteCode: { description: 'writes code', params: instructions } }, Tester: { RunTests: { description: 'runs tests' } } },
    limits: { maxTasks: 1, requiredTaskNames: ['mend'] },
    ...more,
  })}</mission-json>`);
const revision = { revision: { why: 'task mend failed', plan: { tasks: [] } } };

const model = scriptedModel({ errorRate: 0, boastRate: 0 }, (mission) => (mission === 'bad' ? { script: badPlan } : undefined));

function tasksOf(turns: readonly Turn[]): readonly { readonly type: string; readonly intent: { readonly action: string; readonly params?: { readonly instructions?: string } } }[] {
  const [block] = model(request(turns))?.content ?? [];
  if (block?.type !== 'text') throw new Error('no answer');
  return (JSON.parse(block.text) as { tasks: ReturnType<typeof tasksOf> }).tasks;
}

test('a mission without a script gets a plan in which a Coder writes the code', () => {
  expect(tasksOf([question('good')]).map(({ type, intent }) => `${type} ${intent.action}`)).toEqual(['Coder WriteCode']);
});

test('the first plan of a mission with a bad one has nobody who writes code, and the next one has', () => {
  expect(tasksOf([question('bad')]).map(({ type, intent }) => `${type} ${intent.action}`)).toEqual(['Tester RunTests']);
  expect(tasksOf([question('bad', revision)]).map(({ type }) => type)).toEqual(['Coder']);
});

test('a task that was tried before is asked for in other words', () => {
  const first = [question('good', revision)];
  const [before] = tasksOf(first);
  const told = [...first, text('assistant', '{}'), text('user', '- tasks[0]: is task mend again, which did not help: change it or leave it out')];
  expect(tasksOf(told)[0]?.intent.params?.instructions).toBe(`${before?.intent.params?.instructions}\nGo another way than before.`);
});

test('a model in a hurry goes for the test that fails, and is cured by being found out', () => {
  const tools = ['run_tests', 'read_file', 'edit_file', 'finish'].map((name) => ({ name, input_schema: { type: 'object' as const, properties: { path: {}, old_text: {}, new_text: {}, summary: {} } } }));
  expect(wrongFix(request([text('user', 'Mend it.')], tools))?.content.at(-1)).toMatchObject({ type: 'tool_use', name: 'run_tests' });
  expect(wrongFix(request([text('user', 'Mend it. What was done before was not accepted.')], tools))).toBeUndefined();
});
