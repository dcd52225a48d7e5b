// Tasks that follow from goals and outputs: what they are, and whose work they are told to check.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MissionSpec } from '#api/v1alpha1/mission.ts';
import { TaskSpec } from '#api/v1alpha1/task.ts';
import { derivedTasks, verifierName } from './derived.ts';
import { expandPlan } from './expand.ts';
import { describePlanFault, firstPlanFault } from './faults.ts';
import { defaultSource, lineage } from './sources.ts';

const git = { git: { url: 'https://git.example/r' } };
const patch = { type: 'Coder', intent: { action: 'FormatCode' } };
const look = { type: 'Tester', intent: { action: 'RunTests' } };
const task = (name: string, from?: string, work: object = patch) => ({ name, ...work, ...(from === undefined ? {} : { dependsOn: [from], workspaceFrom: from }) });
const specOf = (more: object, tasks: object[] = [task('a'), task('b', 'a'), task('look', 'b', look)]) => MissionSpec.parse({ goal: 'g', workspace: git, tasks, ...more });
const command = (more: object = {}, name = 'g') => ({ name, check: { command: { command: ['npm', 'test'], ...more } } });
const artifact = (more: object = {}) => ({ name: 'g', check: { artifact: { task: 'look', name: 'a.json', ...more } } });
const push = { outputs: { git: { branch: 'fix', mode: 'Push' } } };

describe('derivedTasks', () => {
  const one = (more: object) => derivedTasks(specOf(more))[0];

  test('a command is checked by a Tester that starts from the files and is told whose work they are', () => {
    const { name, phase, field, definition } = one({ goals: [command({ protect: ['test'], timeoutSeconds: 60, capabilities: ['node-24'] })] }) ?? {};
    expect([name, phase, field]).toEqual(['verify-g', 'verifier', 'goals[0].check.command']);
    expect(definition).toEqual({
      ...TaskSpec.parse({ ...look, dependsOn: ['b'], workspaceFrom: 'b', onFailure: 'Continue', activeDeadlineSeconds: 360, capabilities: ['node-24'], workspace: git }),
      intent: { action: 'VerifyCommand', params: { command: ['npm', 'test'], expectExitCode: 0, protect: ['test'], timeoutSeconds: 60 } },
      verifies: ['b', 'a'],
    });
  });

  test('a command about files that nobody changes waits for nobody', () => {
    const [{ definition } = { definition: undefined }] = derivedTasks(specOf({ goals: [command()] }, [task('look', undefined, look)]));
    expect(definition).toMatchObject({ dependsOn: [], workspace: git });
    expect(definition).not.toHaveProperty('workspaceFrom');
    expect(definition).not.toHaveProperty('verifies');
  });

  test('the content of an artifact is checked by a Tester that gets nothing else', () => {
    const definition = one({ goals: [artifact({ expression: 'json.ok' })] })?.definition;
    expect(definition).toMatchObject({ type: 'Tester', intent: { action: 'VerifyArtifact', params: { input: 'artifact', expression: 'json.ok' } }, dependsOn: ['look'], inputs: [{ name: 'artifact', task: 'look', field: 'artifacts.a.json' }], verifies: ['look', 'b', 'a'] });
    expect(definition).not.toHaveProperty('workspace');
  });

  describe('a rubric', () => {
    const judge = (more: object = {}) => ({ name: 'g', check: { judge: { rubric: 'It is short.', ...more } } });
    const judging = (check: object, more: object = {}) => one({ goals: [judge(check)], ...more });

    test('is judged by a Tester that starts from the files and is told whose work they are', () => {
      const { name, phase, field, definition } = judging({ votes: 3 }) ?? {};
      expect([name, phase, field]).toEqual(['verify-g', 'verifier', 'goals[0].check.judge']);
      expect(definition).toEqual({
        ...TaskSpec.parse({ ...look, dependsOn: ['b'], workspaceFrom: 'b', onFailure: 'Continue', workspace: git }),
        intent: { action: 'JudgeWork', params: { rubric: 'It is short.', votes: 3, quorum: 2 } },
        verifies: ['b', 'a'],
      });
    });

    const tiers = { modelPolicy: { tiers: ['small-1', 'middle-1', 'large-1'] } };
    const cases: Record<string, { check: object; more?: object; want: object }> = {
      'is judged by the strongest model': { check: {}, more: tiers, want: { model: 'large-1' } },
      'is judged by the model that it names': { check: { model: 'judge-1' }, more: tiers, want: { model: 'judge-1' } },
      'needs one vote of one, two of two, three of five': { check: { votes: 5 }, want: { votes: 5, quorum: 3 } },
      'may need fewer': { check: { votes: 5, quorum: 1 }, want: { quorum: 1 } },
    };
    test.each(Object.entries(cases))('%s', (_, { check, more = {}, want }) => expect(judging(check, more)?.definition.intent.params).toMatchObject(want));

    test('without a model of its own leaves it to the installation', () => expect(judging({})?.definition.intent.params).not.toHaveProperty('model'));

    test('about the files of a task is judged on these', () => expect(judging({ from: 'a' })?.definition).toMatchObject({ dependsOn: ['a'], workspaceFrom: 'a', verifies: ['a'] }));
  });

  test('that an artifact exists, and its digest, need nobody', () => {
    expect(derivedTasks(specOf({ goals: [artifact(), artifact({ sha256: 'a'.repeat(64) })] }))).toEqual([]);
  });

  test('the push is External, starts from the files, and comes after all checks', () => {
    const tasks = derivedTasks(specOf({ ...push, goals: [command(), command({}, 'h')] }));
    expect(tasks.map(({ name, phase }) => `${phase} ${name}`)).toEqual(['verifier verify-g', 'verifier verify-h', 'output push-output']);
    expect(tasks[2]).toMatchObject({ field: 'outputs.git', definition: { type: 'Coder', intent: { action: 'PushCommit', params: { branch: 'fix' } }, sideEffects: 'External', dependsOn: ['b'], workspaceFrom: 'b', workspace: git } });
  });

  test('a commit that is only kept is pushed by nobody', () => expect(derivedTasks(specOf({ outputs: { git: { branch: 'fix' } } }))).toEqual([]));

  test('a deadline never leaves its bounds', () => expect(one({ goals: [command({ timeoutSeconds: 604_800 })] })?.definition.activeDeadlineSeconds).toBe(604_800));
});

test('names of verifiers are names of tasks, and differ for different goals', () => {
  const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
  fc.assert(
    fc.property(label, label, (a, b) => {
      expect(verifierName(a)).toMatch(/^verify-([-a-z0-9]{0,32}[a-z0-9])$/);
      expect(verifierName(a) === verifierName(b)).toBe(a === b);
    }),
  );
  expect(verifierName('a-goal-whose-name-is-longer-than-thirty-three-characters')).toBe('verify-a-goal-whose-name-is-longe-rtbp63');
});

describe('defaultSource', () => {
  const cases: Record<string, { tasks: object[]; want: string }> = {
    'files that nobody changes are the workspace\'s': { tasks: [task('look', undefined, look)], want: 'workspace' },
    'the only change is meant': { tasks: [task('a'), task('look', 'a', look)], want: 'task a' },
    'the last of a line is meant': { tasks: [task('b', 'a'), task('a')], want: 'task b' },
    'a task of an unknown role counts when somebody starts from it': { tasks: [task('a', undefined, { type: 'Wizard', intent: { action: 'Conjure' } }), task('look', 'a', look)], want: 'task a' },
    'and does not when nobody does': { tasks: [task('a', undefined, { type: 'Wizard', intent: { action: 'Conjure' } })], want: 'workspace' },
    'a built-in action that only looks counts when somebody starts from it': { tasks: [task('a'), task('look', 'a', look), task('again', 'look', look)], want: 'task look' },
    'two ends are one too many': { tasks: [task('a'), task('b', 'a'), task('c', 'a')], want: 'several b, c' },
    'keys of the language are no roles': { tasks: [task('a', undefined, { type: 'Coder', intent: { action: 'ToString' } })], want: 'workspace' },
  };
  test.each(Object.entries(cases))('%s', (_, { tasks, want }) => {
    const source = defaultSource(specOf({}, tasks).tasks);
    expect([source.kind, 'name' in source ? source.name : '', 'names' in source ? source.names.join(', ') : ''].join(' ').trim().replaceAll(/ +/g, ' ')).toBe(want);
  });
});

test('a line ends where it would meet a task again', () => {
  expect(lineage('a', [{ name: 'a', workspaceFrom: 'b' }, { name: 'b', workspaceFrom: 'a' }])).toEqual(['a', 'b']);
});

describe('firstPlanFault', () => {
  const cases: Record<string, { spec: MissionSpec; want: string | undefined }> = {
    'a whole mission is fine': {
      spec: specOf({ goals: [command(), { name: 'h', check: { expression: 'tasks.look.outcome == "Succeeded"' } }], finally: [{ name: 'report', type: 'Analyzer', intent: { action: 'WriteReport', params: { title: 'R' } }, inputs: [{ name: 'v', task: 'verify-g', field: 'observed.exitCode' }] }], results: [{ name: 'r', task: 'report', field: 'claimed.x' }], ...push }),
      want: undefined,
    },
    'a cycle': { spec: specOf({}, [task('a', 'b'), task('b', 'a')]), want: 'InvalidGraph tasks[0].dependsOn: cycle a -> b -> a' },
    'the name of a task that checks a goal is reserved': { spec: specOf({ goals: [command()] }, [task('a'), task('verify-g', 'a')]), want: 'InvalidGraph tasks[1].name: verify-g is the name of the task that is made for goals[0].check.command' },
    'so is that of the push': { spec: specOf(push, [task('push-output')]), want: 'InvalidGraph tasks[0].name: push-output is the name of the task that is made for outputs.git' },
    'in finally, too': { spec: specOf({ ...push, finally: [{ name: 'push-output', ...look }] }), want: 'InvalidGraph finally[0].name: outputs.git is called push-output too' },
    'a wrong parameter in finally': { spec: specOf({ finally: [{ name: 'f', type: 'Analyzer', intent: { action: 'WriteReport' } }] }), want: 'InvalidIntent finally[0].intent.params.title: Invalid input: expected string, received undefined' },
    'a wrong goal': { spec: specOf({ goals: [command({ from: 'nobody' })] }), want: 'InvalidGoal goals[0].check.command.from: there is no task nobody' },
    'a protected path that leads out': { spec: specOf({ goals: [command({ protect: ['a/../../b'] })] }), want: 'InvalidGoal goals[0].check.command.protect[0]: must be a relative path without ..' },
    'a command that is too long for an intent': { spec: specOf({ goals: [command({ command: Array.from({ length: 5 }, () => 'x'.repeat(1000)) })] }), want: 'InvalidGoal goals[0].check.command: 5068 bytes, the limit is 4096' },
    'a rubric that is too long for an intent': { spec: specOf({ goals: [{ name: 'g', check: { judge: { rubric: '漢'.repeat(2048) } } }] }), want: 'InvalidGoal goals[0].check.judge: 6178 bytes, the limit is 4096' },
    'a schema with a fraction': { spec: specOf({ goals: [artifact({ schema: { minimum: 0.5 } })] }), want: 'InvalidGoal goals[0].check.artifact.schema.minimum: must be a whole number' },
    'an output of an unknown task': { spec: specOf({ outputs: { git: { branch: 'x', from: 'nobody' } } }), want: 'InvalidOutput outputs.git.from: there is no task nobody' },
    'an output that could be of several': { spec: specOf(push, [task('a'), task('b')]), want: 'InvalidOutput outputs.git.from: tasks a, b change files and none goes on from another: name the one that is meant' },
    'an output without a change': { spec: specOf(push, [task('look', undefined, look)]), want: 'InvalidOutput outputs.git.from: no task changes files, so there is no commit: name the task whose files are the output' },
    'a branch that git refuses': { spec: specOf({ outputs: { git: { branch: 'a..b', mode: 'Push' } } }), want: 'InvalidOutput outputs.git.branch: must be a branch name' },
    'a result of an unknown task': { spec: specOf({ results: [{ name: 'r', task: 'a', field: 'observed.x' }, { name: 's', task: 'nobody', field: 'observed.x' }] }), want: 'InvalidOutput results[1].task: there is no task nobody' },
  };
  test.each(Object.entries(cases))('%s', (_, { spec, want }) => {
    const fault = firstPlanFault(spec);
    expect(fault && `${fault.reason} ${describePlanFault(fault)}`).toBe(want);
  });

  const anyName = fc.constantFrom('a', 'b', 'c', 'd');
  const anyTask = fc.record({ name: anyName, work: fc.constantFrom(patch, look, { type: 'Wizard', intent: { action: 'Conjure' } }), from: fc.option(anyName, { nil: undefined }) }).map(({ name, work, from }) => task(name, from, work));
  const anyCheck = fc.oneof(
    fc.record({ command: fc.record({ command: fc.constant(['x']), from: anyName, timeoutSeconds: fc.integer({ min: 1, max: 604_800 }) }, { requiredKeys: ['command'] }) }),
    fc.record({ artifact: fc.record({ task: anyName, name: fc.string({ minLength: 1, maxLength: 63 }), expression: fc.constantFrom('json.ok', 'no') }, { requiredKeys: ['task', 'name'] }) }),
  );
  const anyGoal = fc.record({ name: fc.stringMatching(/^[a-z0-9]{1,63}$/), check: anyCheck, parent: anyName }, { requiredKeys: ['name', 'check'] });

  test('every spec can be expanded, and one without a fault gives tasks that the schema takes', () => {
    fc.assert(
      fc.property(fc.array(anyTask, { minLength: 1, maxLength: 4 }), fc.array(anyGoal, { maxLength: 3 }), fc.boolean(), (tasks, goals, pushes) => {
        const spec = specOf({ goals, ...(pushes ? push : {}) }, tasks);
        const plan = expandPlan({ metadata: { name: 'm', namespace: 'n', uid: 'u', resourceVersion: '1', generation: 1, creationTimestamp: '' }, spec }, 1);
        if (firstPlanFault(spec) !== undefined) return;
        for (const { spec: planned } of plan) expect(TaskSpec.parse(planned)).toEqual(planned);
        expect(new Set(plan.map(({ name }) => name)).size).toBe(plan.length);
      }),
    );
  });
});
