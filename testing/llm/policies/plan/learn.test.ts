// The planner that learns: from its own plan that failed, and from lessons of others.
import { expect, test } from 'vitest';
import { parseMessages } from '#testing/llm/request.ts';
import { learningPolicy } from './learn.ts';

const write = { description: 'Lets a model write code.', params: { type: 'object', properties: { instructions: { type: 'string' } }, required: ['instructions'] } };
const mission = { goal: 'Tidy up.', goals: [{ name: 'tidy', description: 'The format of the code is right.', check: { command: { from: 'mend' } } }], agentTypes: ['Coder'], intents: { Coder: { FormatCode: 'Formats the code.', WriteCode: write } }, limits: { maxTasks: 10, requiredTaskNames: ['mend'] } };
const failed = { verdict: 'Failed', plan: ['mend: Coder/FormatCode'] };
const worked = { verdict: 'Worked', plan: ['mend: Coder/WriteCode after x'] };

const cases: Record<string, { more: object; want: readonly string[] }> = {
  'what fits best by its words is tried first': { more: {}, want: ['FormatCode'] },
  'what failed in this mission is not tried again': { more: { revision: { why: 'goal tidy not met', plan: { tasks: [{ name: 'mend', type: 'Coder', intent: { action: 'FormatCode' } }] } } }, want: ['WriteCode'] },
  'nor what failed before that': { more: { agentTypes: ['Coder', 'Tester'], intents: { ...mission.intents, Tester: { CheckFormat: 'Checks the format of code.' } }, revision: { why: 'goal tidy not met', plan: { tasks: [{ name: 'mend', type: 'Coder', intent: { action: 'FormatCode' } }] }, earlier: [{ name: 'mend', type: 'Tester', intent: { action: 'CheckFormat' } }] } }, want: ['WriteCode'] },
  'what failed in another mission is not tried at all': { more: { lessons: [failed, worked] }, want: ['WriteCode'] },
  'what failed once and worked once may be tried': { more: { lessons: [failed, { ...failed, verdict: 'Worked' }] }, want: ['FormatCode'] },
  'what worked in another mission is done, though something else fits better': { more: { lessons: [worked] }, want: ['WriteCode'] },
  'what worked elsewhere and failed here is not': { more: { lessons: [{ ...failed, verdict: 'Worked' }], revision: { why: 'goal tidy not met', plan: { tasks: [{ name: 'mend', type: 'Coder', intent: { action: 'FormatCode' } }] } } }, want: ['WriteCode'] },
  'a lesson that says nothing changes nothing': { more: { lessons: [{ verdict: 'Failed', plan: ['nonsense'] }] }, want: ['FormatCode'] },
};
test.each(Object.entries(cases))('%s', (_, { more, want }) => {
  const reply = learningPolicy(parseMessages({ model: 'm', max_tokens: 100, messages: [{ role: 'user', content: `Plan.\n<mission-json>${JSON.stringify({ ...mission, ...more })}</mission-json>` }] }));
  const [block] = reply?.content ?? [];
  const { tasks } = JSON.parse(block?.type === 'text' ? block.text : '{"tasks":[]}') as { tasks: { intent: { action: string } }[] };
  expect(tasks.map(({ intent }) => intent.action)).toEqual(want);
});

test('what is no mission is not its business', () => expect(learningPolicy(parseMessages({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'hello' }] }))).toBeUndefined());
