// What planners get: read as they read it, judged by the schema and the graph rules of missions.
import { describe, expect, test } from 'vitest';
import { intents } from '#api/intents.ts';
import { MissionSpec, MissionTask } from '#api/v1alpha1/mission.ts';
import { firstPlanFault } from '#domain/plan/faults.ts';
import { type Policy, textOf } from '#testing/llm/policy.ts';
import { parseMessages } from '#testing/llm/request.ts';
import { alwaysBad, badThenGood, fencedJson, garbage, planPolicy } from './plan.ts';

interface Question {
  readonly goal?: string;
  readonly goals?: readonly object[];
  readonly agentTypes?: readonly unknown[];
  readonly intents?: object;
  readonly limits?: object;
}

const sentences = { Analyzer: { AnalyzeCode: 'Measures source code.', WriteReport: 'Collects the inputs into a report.' }, Tester: { RunTests: 'Runs the tests of the workspace.' } };
const analyze = { description: 'Measures source code without running it.', params: { type: 'object', properties: { area: { type: 'string' }, measures: { type: 'array', items: { type: 'string', enum: ['size', 'imports', 'duplicates', 'secrets'] } } } } };
const write = { description: 'Collects the inputs into a report.', params: { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] } };
const run = { description: 'Runs one program.', params: { type: 'object', properties: { command: { type: 'array' } }, required: ['command'] } };
const schemas = { Analyzer: { AnalyzeCode: analyze, WriteReport: write }, Tester: { RunCommand: run, RunTests: { description: 'Runs the tests of the workspace.', params: { type: 'object', properties: {} } } } };
const mend = { description: 'Lets a model write code.', params: { type: 'object', properties: { instructions: { type: 'string' } }, required: ['instructions'] } };
const mission: Question = { goal: 'Tell me whether this is in order.', goals: [], agentTypes: ['Analyzer', 'Tester'], intents: sentences, limits: { maxTasks: 10 } };

type Turn = readonly ['user' | 'assistant', string];

function ask(policy: Policy, question: Question, ...later: readonly Turn[]): string {
  const turns: Turn[] = [['user', `Make a plan.\n<mission-json>${JSON.stringify({ ...mission, ...question })}</mission-json>`], ...later];
  const reply = policy(parseMessages({ model: 'm', max_tokens: 100, messages: turns.map(([role, content]) => ({ role, content })) }));
  return reply === undefined ? '' : textOf({ role: 'assistant', blocks: reply.content.filter((block) => block.type === 'text') });
}

interface Planned {
  readonly name: string;
  readonly intent: { readonly action: string; readonly params?: Record<string, unknown> };
  readonly dependsOn?: readonly string[];
  readonly inputs?: readonly object[];
}

function planOf(text: string): { summary: string; tasks: readonly Planned[] } {
  return JSON.parse(text) as { summary: string; tasks: readonly Planned[] };
}

const shape = (tasks: readonly Planned[]) => tasks.map(({ name, intent, dependsOn = [] }) => `${name} ${intent.action}${Object.entries(intent.params ?? {}).map(([key, value]) => ` ${key}=${String(value)}`).join('')}${dependsOn.length === 0 ? '' : ` < ${dependsOn.join(' ')}`}`);

describe('a plan', () => {
  const cases: Record<string, { question: Question; want: readonly string[] }> = {
    'measures and tests side by side, with a report over both': { question: {}, want: ['tests RunTests', 'survey AnalyzeCode', 'report WriteReport title=Tell me whether this is in order. < tests survey'] },
    'splits the measures when the schema lists them': {
      question: { intents: schemas },
      want: ['tests RunTests', 'measure-size-imports AnalyzeCode measures=size,imports', 'measure-duplicates-secrets AnalyzeCode measures=duplicates,secrets', 'report WriteReport title=Tell me whether this is in order. < tests measure-size-imports measure-duplicates-secrets'],
    },
    'has the tasks that goals read, by the names that goals give them': {
      question: { goals: [{ name: 'green', check: { expression: 'tasks["unit"].observed.failed == 0 && tasks["measured"].outcome == "Succeeded"' } }, { name: 'test', description: 'the unit tests', check: { expression: 'tasks["unit"].observed.tests > 3' } }] },
      want: ['unit RunTests', 'measured AnalyzeCode', 'report WriteReport title=Tell me whether this is in order. < unit measured'],
    },
    'measures for a goal what explains the result that it reads, and leaves the rest to others': {
      question: { intents: schemas, agentTypes: [{ name: 'Analyzer' }], goals: [{ name: 'g', check: { expression: "tasks['survey'].observed.importCycles == 0" } }] },
      want: ['survey AnalyzeCode measures=imports', 'measure-size AnalyzeCode measures=size', 'measure-duplicates AnalyzeCode measures=duplicates', 'measure-secrets AnalyzeCode measures=secrets', 'report WriteReport title=Tell me whether this is in order. < survey measure-size measure-duplicates measure-secrets'],
    },
    'measures everything when a result is explained by no measure': {
      question: { intents: schemas, agentTypes: ['Analyzer'], goals: [{ name: 'g', check: { expression: 'tasks["survey"].observed.importCycles + tasks["survey"].observed.oddity == 0' } }] },
      want: ['survey AnalyzeCode', 'report WriteReport title=Tell me whether this is in order. < survey'],
    },
    'uses no role without agents': { question: { agentTypes: ['Tester'] }, want: ['tests RunTests'] },
    'keeps what goals need when there is room for little': { question: { limits: { maxTasks: 1 }, goals: [{ name: 'g', check: { expression: 'tasks["unit"].observed.failed == 0' } }] }, want: ['unit RunTests'] },
    'leaves room for the report': { question: { limits: { maxTasks: 2 } }, want: ['tests RunTests', 'report WriteReport title=Tell me whether this is in order. < tests'] },
    'has the tasks that the limits require and shuns names that are taken': { question: { limits: { requiredTaskNames: ['gather-report'], takenTaskNames: ['tests', 'report'] } }, want: ['gather-report WriteReport title=gather-report', 'survey AnalyzeCode'] },
    'tells the goal to whoever writes code': {
      question: { goal: 'Mend the fault.', intents: { Coder: { WriteCode: mend } }, agentTypes: ['Coder'], goals: [{ name: 'g', description: 'The code was written well.', check: { command: { from: 'mend' } } }] },
      want: ['mend WriteCode instructions=Mend the fault.'],
    },
    'is empty where nobody can do anything': { question: { agentTypes: [] }, want: [] },
  };
  test.each(Object.entries(cases))('%s', (_, { question, want }) => {
    expect(shape(planOf(ask(planPolicy, question)).tasks)).toEqual(want);
  });

  test('tests that may fail at first do not end a mission that mends', () => {
    const onFailure = (goal: string) => (planOf(ask(planPolicy, { goal })).tasks[0] as { onFailure?: string }).onFailure;
    expect([onFailure('Mend what fails.'), onFailure('Look around.')]).toEqual(['Continue', undefined]);
  });

  test('its report reads the results that goals read', () => {
    const { tasks, summary } = planOf(ask(planPolicy, { goals: [{ name: 'g', check: { expression: 'tasks["unit"].observed.failed == 0' } }] }));
    expect(tasks.at(-1)?.inputs).toEqual([{ name: 'unit-failed', task: 'unit', field: 'observed.failed' }]);
    expect(summary).toBe('3 tasks for the goal "Tell me whether this is in order.": unit, survey, report.');
  });

  test('is right by the rules of missions, with the intents that there are', () => {
    const goals = [{ name: 'no-cycles', check: { expression: 'tasks["survey"].observed.importCycles == 0' } }, { name: 'green', check: { expression: 'tasks["test"].observed.failed == 0' } }];
    const known = Object.fromEntries(Object.entries(intents).map(([role, actions]) => [role, Object.fromEntries(Object.entries(actions).map(([action, { description, params }]) => [action, { description, params: params.toJSONSchema({ io: 'input' }) }]))]));
    const { tasks } = planOf(ask(planPolicy, { intents: known, goals, agentTypes: ['Analyzer', 'Coder', 'Tester'], limits: { maxTasks: 20 } }));
    const strict = MissionTask.strict().array().parse(tasks);
    expect(strict.length).toBeGreaterThanOrEqual(5);
    expect(firstPlanFault({ ...MissionSpec.parse({ goal: 'g', goals }), tasks: strict })).toBeUndefined();
  });

  test('is made of the latest document, and of what users say only', () => {
    const another: Turn = ['user', `<mission-json>${JSON.stringify({ ...mission, goal: 'Another one' })}</mission-json>`];
    expect(planOf(ask(planPolicy, {}, another)).summary).toContain('"Another one"');
    expect(planOf(ask(planPolicy, {}, another, ['assistant', '<mission-json>{"goal":"mine"}</mission-json>'], ['user', 'go on'])).summary).toContain('"Another one"');
  });

  const none: Record<string, string> = { 'no document': 'hello', 'a document that is no JSON': '<mission-json>{</mission-json>', 'a document without a goal': '<mission-json>{"goals":[]}</mission-json>' };
  test.each(Object.entries(none))('%s is not its business', (_, content) => {
    expect(planPolicy(parseMessages({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content }] }))).toBeUndefined();
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('variants', () => {
  const isCyclic = (text: string) => {
    const [first, second] = planOf(text).tasks;
    return first?.dependsOn?.includes(second?.name ?? '') === true && second?.dependsOn?.includes(first.name) === true;
  };

  test('a fenced answer holds the plain one, with prose around it', () => {
    const text = ask(fencedJson, {});
    const inside = /^\S[^]*```json\n([^]*)\n```\n\n\S/.exec(text)?.[1] ?? '';
    expect(JSON.parse(inside)).toEqual(JSON.parse(ask(planPolicy, {})));
  });

  test('the bad one mends its cycle once it is told, as often as it is asked', () => {
    const bad = ask(badThenGood, {});
    expect(isCyclic(bad)).toBe(true);
    for (const faults of ['- tasks: cycle tests -> survey -> tests', '1. there is a cycle', '<faults-json>\n["x"]\n</faults-json>']) expect(ask(badThenGood, {}, ['assistant', bad], ['user', faults])).toBe(ask(planPolicy, {}));
    expect(isCyclic(ask(badThenGood, { goal: 'List the faults of all tasks.' }, ['assistant', bad], ['user', 'Go on.']))).toBe(true);
  });

  test('the worst one never learns', () => {
    expect(isCyclic(ask(alwaysBad, {}, ['assistant', 'x'], ['user', '- a fault'], ['assistant', 'x'], ['user', '- a fault']))).toBe(true);
  });

  test('a cycle needs no second task', () => {
    expect(shape(planOf(ask(alwaysBad, { agentTypes: ['Tester'] })).tasks)).toEqual(['tests RunTests < tests']);
  });

  test('garbage holds no object that could be read', () => {
    const text = ask(garbage, {});
    const braces = Array.from(text).flatMap((character, at) => (character === '{' ? [at] : []));
    expect(braces.length).toBeGreaterThan(1);
    expect(braces.flatMap((start) => Array.from({ length: text.length - start }, (_, size) => text.slice(start, start + size + 1))).filter(isJson)).toEqual([]);
  });
});
