// Another plan for a goal that was not met: what is kept, what is done anew, and what those who mend are told.
import { expect, test } from 'vitest';
import { parseMessages } from '#testing/llm/request.ts';
import { planPolicy } from './plan.ts';

const write = { description: 'Lets a model write code.', params: { type: 'object', properties: { instructions: { type: 'string' } }, required: ['instructions'] } };
const intents = { Analyzer: { AnalyzeCode: 'Measures source code.', WriteReport: 'Collects the inputs into a report.' }, Coder: { WriteCode: write }, Tester: { RunTests: 'Runs the tests of the workspace.' } };
const mission = { goal: 'Mend the bug quickly.', goals: [{ name: 'works', description: 'Somebody lets a model write code.', check: { command: { from: 'mend' } } }], agentTypes: ['Analyzer', 'Coder', 'Tester'], intents, limits: { maxTasks: 10, requiredTaskNames: ['mend'] } };

interface Answer {
  readonly keep?: readonly string[];
  readonly tasks: readonly { readonly name: string; readonly dependsOn?: readonly string[]; readonly intent: { readonly params?: { readonly instructions?: string } } }[];
}

function ask(document: object): Answer {
  const reply = planPolicy(parseMessages({ model: 'm', max_tokens: 100, messages: [{ role: 'user', content: `Plan.\n<mission-json>${JSON.stringify(document)}</mission-json>` }] }));
  const [block] = reply?.content ?? [];
  return JSON.parse(block?.type === 'text' ? block.text : 'null') as Answer;
}

const first = ask(mission);
const revision = (mayKeep: readonly string[]) => ({ why: 'goal works not met', plan: { summary: '', tasks: first.tasks }, goals: [{ name: 'works', state: 'Unmet', evidence: '1 protected file differed and was restored' }], mayKeep });

test('what is as good as before is kept, with all that it rests on; the rest is done anew under names that are free', () => {
  expect(first.tasks.map(({ name }) => name)).toEqual(['mend', 'tests', 'survey', 'report']);
  const { keep, tasks } = ask({ ...mission, revision: revision(['mend', 'tests', 'survey', 'report']) });
  expect(keep).toEqual(['tests', 'survey']);
  expect(tasks.map(({ name, dependsOn = [] }) => [name, ...dependsOn])).toEqual([['mend'], ['report-2', 'mend', 'tests', 'survey']]);
});

test('who mends is told what was found out', () => {
  const { tasks } = ask({ ...mission, revision: revision([]) });
  expect(tasks[0]?.intent.params?.instructions).toMatch(/not accepted.*goal works not met.*works: 1 protected file differed/s);
});

test('names of plans before that one are not free either', () => {
  const earlier = first.tasks.map((task) => ({ ...task, name: `${task.name}-2` }));
  expect(ask({ ...mission, revision: { ...revision([]), earlier } }).tasks.map(({ name }) => name)).toEqual(['mend', 'tests-3', 'survey-3', 'report-3']);
});

test('what may not be kept is done anew', () => {
  expect(ask({ ...mission, revision: revision(['survey']) }).tasks.map(({ name }) => name)).toEqual(['mend', 'tests-2', 'report-2']);
});
