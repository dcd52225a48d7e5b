// What is asked, and what is not: equal questions are equal bytes, and nothing in them is a secret or changes by itself.
import { describe, expect, test } from 'vitest';
import { intents } from '#api/intents.ts';
import { MissionSpec } from '#api/v1alpha1/mission.ts';
import { canonicalJson } from '#domain/digest.ts';
import { derivedTasks } from '#domain/plan/derived.ts';
import { faultNoPlanMends, neededTasks } from './needs.ts';
import { operatorsActions, pushAction } from './offers.ts';
import { planRequest } from './request.ts';
import { poolOf, questionOf, survey } from './testing.ts';

const pushing = { outputs: { git: { branch: 'fix', mode: 'Push' as const } } };
const bytesOf = (...question: Parameters<typeof questionOf>) => canonicalJson(planRequest(questionOf(...question)));

describe('planRequest', () => {
  test('says what is wanted and what there is', () => {
    const { intents: offered, ...rest } = planRequest(questionOf({ planner: { instructions: 'Be brief.' }, activeDeadlineSeconds: 900, ...pushing }, [poolOf({ agentTypes: ['Tester', 'Wizard'] })]));
    expect(rest).toEqual({
      goal: 'Make the tests pass.',
      goals: [{ name: 'tests-pass', required: true, check: { expression: 'tasks["run-tests"].outcome == "Succeeded"' } }],
      instructions: 'Be brief.',
      workspace: 'the git repository https://git.example/r at HEAD',
      agentTypes: ['Tester', 'Wizard'],
      capabilities: { Tester: [['node-24']], Wizard: [['node-24']] },
      limits: { maxTasks: 20, maxDependenciesPerTask: 64, maxActiveDeadlineSeconds: 900, requiredTaskNames: ['run-tests'], takenTaskNames: ['push-output'], pushBranch: 'fix' },
    });
    expect(Object.keys(offered)).toEqual(['Tester']);
  });

  const workspaces: Record<string, { workspace: object | undefined; want: string }> = {
    'a folder of a repository': { workspace: { git: { url: 'https://git.example/r', ref: 'main', subPath: 'app' } }, want: 'the git repository https://git.example/r at main, folder app' },
    'a user and a password in the address': { workspace: { git: { url: 'https://me:hunter2@git.example/r' } }, want: 'the git repository https://git.example/r at HEAD' },
    'a user whose password has an at': { workspace: { git: { url: 'ssh://git:p@ss@git.example/r' } }, want: 'the git repository ssh://git.example/r at HEAD' },
    'a token behind the path': { workspace: { git: { url: 'https://git.example/r?private_token=s3cret#x' } }, want: 'the git repository https://git.example/r at HEAD' },
    'a Secret': { workspace: { git: { url: 'https://git.example/r', secretRef: { name: 'hush' } } }, want: 'the git repository https://git.example/r at HEAD' },
    'a ConfigMap': { workspace: { configMap: { name: 'files' } }, want: 'files from the keys of a ConfigMap' },
    'none': { workspace: undefined, want: 'an empty folder' },
  };
  test.each(Object.entries(workspaces))('tells the workspace in words: %s', (_, { workspace, want }) => {
    const question = questionOf();
    const { workspace: told } = planRequest({ ...question, mission: { ...question.mission, spec: MissionSpec.parse({ goal: 'g', planner: {}, workspace }) } });
    expect(told).toBe(want);
  });

  const alike: Record<string, { a: Parameters<typeof questionOf>; b: Parameters<typeof questionOf>; same: boolean }> = {
    'pools in another order': { a: [{}, [poolOf(), poolOf({ agentTypes: ['Wizard'] })]], b: [{}, [poolOf({ agentTypes: ['Wizard'] }), poolOf()]], same: true },
    'capabilities in another order': { a: [{}, [poolOf({ capabilities: ['go', 'c'] })]], b: [{}, [poolOf({ capabilities: ['c', 'go'] })]], same: true },
    'pools with other names': { a: [{}, [poolOf()]], b: [{}, [poolOf({}, { name: 'others' })]], same: true },
    'a second pool of the same kind': { a: [{}, [poolOf()]], b: [{}, [poolOf(), poolOf()]], same: true },
    'a pool of somebody else': { a: [{}, [poolOf()]], b: [{}, [poolOf(), poolOf({ agentTypes: ['Wizard'] }, { namespace: 'team-b' })]], same: true },
    'a pool that the selector leaves out': { a: [{ poolSelector: { matchLabels: { gpu: 'yes' } } }, []], b: [{ poolSelector: { matchLabels: { gpu: 'yes' } } }, [poolOf()]], same: true },
    'a mission that is suspended': { a: [], b: [{ operatingMode: 'Suspend' }], same: true },
    'another priority': { a: [], b: [{ priority: 9 }], same: true },
    'another goal': { a: [], b: [{ goal: 'Another.' }], same: false },
    'other instructions': { a: [], b: [{ planner: { instructions: 'Hurry.' } }], same: false },
    'a new role': { a: [], b: [{}, [poolOf(), poolOf({ agentTypes: ['Wizard'] })]], same: false },
    'a new capability': { a: [], b: [{}, [poolOf({ capabilities: ['go'] })]], same: false },
  };
  test.each(Object.entries(alike))('%s', (_, { a, b, same }) => {
    expect(bytesOf(...a) === bytesOf(...b)).toBe(same);
  });

  test('offers every built-in action that a planner may use, with its parameters', () => {
    const { intents: offered } = planRequest(questionOf(pushing));
    const all = Object.values(intents).flatMap((actions) => Object.keys(actions));
    expect(Object.values(offered).flatMap((actions) => Object.keys(actions)).toSorted()).toEqual(all.filter((action) => !operatorsActions.has(action)).toSorted());
    expect(offered['Tester']?.['RunCommand']).toMatchObject({ description: intents.Tester.RunCommand.description, params: { type: 'object', required: ['command'], properties: { command: { type: 'array' } } } });
    expect(canonicalJson(offered)).not.toMatch(/"\$|x-kubernetes|propertyNames/);
  });

  test('offers what thinks, but no judgement of the work', () => {
    const { intents: offered } = planRequest(questionOf());
    expect([offered['Tester'], offered['Analyzer']]).toMatchObject([{ WriteTests: { params: { required: ['instructions'] } } }, { ExplainCode: { params: { required: ['question'] } } }]);
    expect(offered['Tester']).not.toHaveProperty('JudgeWork');
  });

  test('offers a push only to missions that push', () => {
    expect(planRequest(questionOf()).intents['Coder']).not.toHaveProperty(pushAction);
  });

  test('keeps from the planner what the operator plans by itself', () => {
    const goals = [{ name: 'c', check: { command: { command: ['true'] } } }, { name: 'a', check: { artifact: { task: 't', name: 'x', expression: 'true' } } }, { name: 'j', check: { judge: { rubric: 'It is short.' } } }];
    const own = derivedTasks(questionOf({ ...pushing, goals }).mission.spec).map(({ definition }) => definition.intent.action);
    expect(new Set(own)).toEqual(new Set([...operatorsActions, pushAction]));
  });
});

describe('neededTasks', () => {
  test('are found wherever tasks are spoken of, each once', () => {
    const { spec } = questionOf({
      goals: [
        { name: 'a', check: { expression: 'tasks["t-1"].outcome == "Succeeded" && tasks.two.observed.n == 0' } },
        { name: 'b', check: { artifact: { task: 'two', name: 'x' } } },
        { name: 'c', check: { command: { command: ['true'], from: 'three' } } },
        { name: 'd', check: { judge: { rubric: 'x', from: 'seven' } } },
      ],
      outputs: { git: { branch: 'b', from: 'four' } },
      results: [{ name: 'r', task: 'five', field: 'observed.n' }, { name: 's', task: 'last', field: 'observed.n' }],
      finally: [{ ...survey('last'), inputs: [{ name: 'i', task: 'six', field: 'observed.n' }, { name: 'j', task: 'verify-c', field: 'observed.n' }] } as never],
    }).mission;
    expect(neededTasks(spec).map(({ name, field }) => `${name} ${field}`)).toEqual([
      't-1 goals[0].check.expression',
      'two goals[0].check.expression',
      'three goals[2].check.command.from',
      'seven goals[3].check.judge.from',
      'four outputs.git.from',
      'five results[0].task',
      'six finally[0].inputs[0].task',
    ]);
  });
});

describe('faultNoPlanMends', () => {
  const checkedBy = (expression: string) => ({ goals: [{ name: 'g', check: { expression } }] });
  const cases: Record<string, { spec: Parameters<typeof questionOf>[0]; want: string | undefined }> = {
    'a mission that waits for its tasks': { spec: { ...pushing, results: [{ name: 'r', task: 'count', field: 'observed.n' }] }, want: undefined },
    'a mission whose goals need somebody to change files': { spec: { outputs: { git: { branch: 'b' } }, goals: [{ name: 'g', check: { command: { command: ['true'] } } }] }, want: undefined },
    'an expression that is none': { spec: checkedBy('tasks['), want: 'goals[0].check.expression: at' },
    'an expression over claims': { spec: checkedBy('tasks["a"].claimed.ok'), want: 'goals[0].check.expression: at 1: claimed results' },
    'a task that can never be': { spec: checkedBy('tasks["Run Tests"].outcome == "Succeeded"'), want: 'goals[0].check.expression: reads tasks["Run Tests"], but no task can have that name' },
    'more tasks than are allowed': { spec: { ...checkedBy('tasks["a"].outcome == tasks["b"].outcome'), planner: { maxTasks: 1 } }, want: 'speak of 2 tasks, but the plan may have only 1' },
    'a goal that reads its own check': { spec: { goals: [{ name: 'g', check: { command: { command: ['true'] } } }, { name: 'h', check: { expression: 'tasks["verify-g"].outcome == "Succeeded"' } }] }, want: 'tasks[0].name: verify-g is the name' },
    'tasks of finally that wait in a circle': { spec: { finally: [survey('a', 'b'), survey('b', 'a')] as never }, want: 'finally[0].dependsOn: cycle a -> b -> a' },
    'goals in a circle': { spec: { goals: [{ name: 'a', parent: 'b' }, { name: 'b', parent: 'a' }] }, want: 'goals[1].parent: cycle' },
  };
  test.each(Object.entries(cases))('%s', (_, { spec, want }) => {
    const fault = faultNoPlanMends(questionOf(spec).mission.spec);
    if (want === undefined) expect(fault).toBeUndefined();
    else expect(fault).toContain(want);
  });
});
