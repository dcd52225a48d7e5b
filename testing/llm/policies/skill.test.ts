import { describe, expect, test } from 'vitest';
import { type ParsedRequest, parseMessages } from '#testing/llm/request.ts';
import { fixPolicy } from './fix/fix.ts';
import { bySkill, flawless } from './skill.ts';

const tool = (name: string, properties: object) => ({ name, input_schema: { type: 'object', properties } });
const text = { type: 'string' };
const tools = [tool('list_files', {}), tool('read_file', { path: text }), tool('edit_file', { path: text, old_text: text, new_text: text }), tool('run_tests', {}), tool('finish', { summary: text, give_up: { type: 'boolean' } })];
const files: Record<string, string> = {
  'src/sum.js': 'export function sum(a, b) {\n  return a - b;\n}\n',
  'test/sum.test.js': "import assert from 'node:assert';\nimport test from 'node:test';\nimport { sum } from '../src/sum.js';\ntest('sum', () => assert.equal(sum(2, 3), 5));\n",
};

function request(model: string, messages: readonly object[], more: object = {}): ParsedRequest {
  return parseMessages({ model, max_tokens: 1000, tools, messages, ...more });
}

/** Plays a conversation about the files; the names of the calls of each turn, and how it ended. */
function play(policy: ReturnType<typeof bySkill>, model: string, { task = 'Mend it.', more = {} }: { readonly task?: string; readonly more?: object } = {}) {
  const now = new Map(Object.entries(files));
  const messages: object[] = [{ role: 'user', content: task }];
  const turns: string[][] = [];
  const answers: Record<string, (input: Record<string, string>) => string> = {
    list_files: () => [...now.keys()].join('\n'),
    read_file: ({ path = '' }) => `lines 1 to 9 of 9\n<tool-output>\n${now.get(path)}\n</tool-output>`,
    edit_file: ({ path = '', old_text: before = '', new_text: after = '' }) => (now.set(path, (now.get(path) ?? '').replace(before, () => after)), 'the file was changed'),
    run_tests: () => (now.get('src/sum.js')?.includes('a + b') === true ? '1 passed, 0 failed' : '0 passed, 1 failed\n- test/sum.test.js:4 sum: -1 !== 5'),
  };
  for (let turn = 0; turn < 40; turn += 1) {
    const calls = (policy(request(model, messages, more))?.content ?? []).flatMap((block, index) => (block.type === 'tool_use' ? [{ ...block, id: `t${turn}_${index}` }] : []));
    turns.push(calls.map(({ name }) => name));
    const finish = calls.find(({ name }) => name === 'finish');
    if (finish !== undefined || calls.length === 0) return { turns, finish: finish?.input };
    messages.push({ role: 'assistant', content: calls }, { role: 'user', content: calls.map(({ id, name, input }) => ({ type: 'tool_result', tool_use_id: id, content: answers[name]?.(input as Record<string, string>) ?? '' })) });
  }
  throw new Error('it never finished');
}

describe('a flawless model', () => {
  const policy = bySkill({});

  test('says at once what needs no answer in between', () => {
    const { turns, finish } = play(policy, 'strong');
    expect(turns).toEqual([['run_tests', 'list_files'], ['read_file'], ['read_file'], ['edit_file', 'run_tests'], ['finish']]);
    expect(finish).toMatchObject({ summary: expect.stringContaining('The tests pass') });
  });

  test('makes one call a turn where the caller wants that', () => {
    const { turns } = play(policy, 'strong', { more: { tool_choice: { type: 'auto', disable_parallel_tool_use: true } } });
    expect(turns.every((calls) => calls.length === 1)).toBe(true);
    expect(turns.flat()).toEqual(['run_tests', 'list_files', 'read_file', 'read_file', 'edit_file', 'run_tests', 'finish']);
  });
});

describe('a model that errs', () => {
  test('gives up a task that is too much for it, and says so', () => {
    const { turns, finish } = play(bySkill({ weak: { errorRate: 1 } }), 'weak');
    expect(finish).toMatchObject({ give_up: true });
    expect(turns.flat().filter((name) => name === 'run_tests')).toHaveLength(5);
  });

  test('is weak by its name alone', () => {
    expect(play(bySkill({ weak: { errorRate: 1 } }), 'strong').finish).not.toHaveProperty('give_up');
  });

  test('fails at about the share of tasks that it is said to', () => {
    const tasks = Array.from({ length: 200 }, (_, index) => `task ${index}`);
    const lost = tasks.filter((task) => play(fixPolicy({ lostRate: 0.3, isThinking: true, callsAtOnce: true, maxEdits: 1 }), 'any', { task }).finish?.['give_up'] === true);
    expect(lost.length).toBeGreaterThan(40);
    expect(lost.length).toBeLessThan(80);
  });

  test('makes plans that are wrong at first', () => {
    const document = { goal: 'g', goals: [{ name: 'x', check: { command: { from: 'a' } } }], agentTypes: ['Coder'], intents: { Coder: { WriteCode: 'Writes code.' } } };
    const ask = (errorRate: number) => bySkill({ weak: { errorRate } })(parseMessages({ model: 'weak', max_tokens: 1000, messages: [{ role: 'user', content: `<mission-json>${JSON.stringify(document)}</mission-json>` }] }));
    expect([JSON.stringify(ask(1)).includes('dependsOn'), JSON.stringify(ask(0)).includes('dependsOn')]).toEqual([true, false]);
    expect(flawless.errorRate).toBe(0);
  });
});
