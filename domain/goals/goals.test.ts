import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GoalStatus } from '#api/v1alpha1/mission.ts';
import { type TaskResult, taskResults, TaskSpec } from '#api/v1alpha1/task.ts';
import { changed, decided, done, fact, goal, unchanged } from '#testing/builders/goals.ts';
import { goalsMet } from './decide.ts';
import { type TaskFact, taskFact } from './facts.ts';
import { goalReasons } from './reasons.ts';

function decide(expression: string, tasks: readonly TaskFact[], previous: readonly GoalStatus[] = []): GoalStatus {
  const [status] = decided([goal({ expression })], tasks, { previous });
  return status as GoalStatus;
}

const testsPass = 'tasks["run-tests"].outcome == "Succeeded" && tasks["run-tests"].observed.failed == 0';

describe('decideGoals', () => {
  const cases: Record<string, { expression: string; tasks: TaskFact[]; want: string }> = {
    'a goal waits while its task has not ended': { expression: testsPass, tasks: [fact('run-tests')], want: 'Unknown Waiting | tasks.run-tests: outcome is not known yet, observed.failed is not known yet' },
    'results of a task that has not ended are no facts yet': { expression: testsPass, tasks: [fact('run-tests', { observed: { failed: 0 }, workspace: unchanged })], want: 'Unknown Waiting | tasks.run-tests: outcome is not known yet, observed.failed is not known yet' },
    'a goal is met when its check holds': { expression: testsPass, tasks: [done('run-tests', { failed: 0 })], want: 'Met ExpressionTrue | tasks.run-tests: outcome=Succeeded, observed.failed=0 (tree 1a2b3c4d, attempt 1)' },
    'a goal is not met when its check does not hold': { expression: testsPass, tasks: [done('run-tests', { failed: 2 })], want: 'Unmet ExpressionFalse | tasks.run-tests: outcome=Succeeded, observed.failed=2 (tree 1a2b3c4d, attempt 1)' },
    'a field missing at the end is named': { expression: testsPass, tasks: [done('run-tests', {})], want: 'Unmet FieldMissing | missing: tasks["run-tests"].observed.failed; tasks.run-tests: outcome=Succeeded, observed.failed is missing (tree 1a2b3c4d, attempt 1)' },
    'a task that changed the files proves nothing': { expression: testsPass, tasks: [done('run-tests', { failed: 0 }, { workspace: changed })], want: 'Unmet UnverifiedEvidence | run-tests did not run on the recorded files or changed them; tasks.run-tests: outcome=Succeeded, observed.failed=0 (tree 1a2b3c4d changed to ffff0000, attempt 1)' },
    'a task on other files proves nothing': {
      expression: testsPass,
      tasks: [done('run-tests', { failed: 0 }, { workspace: { treeBefore: 'eeee', treeAfter: 'eeee' } })],
      want: 'Unmet UnverifiedEvidence | run-tests did not run on the recorded files or changed them; tasks.run-tests: outcome=Succeeded, observed.failed=0 (tree eeee, attempt 1)',
    },
    'a task that tells no files though it has some proves nothing': { expression: 'tasks.t.observed.ok', tasks: [done('t', { ok: true }, { workspace: undefined })], want: 'Unmet UnverifiedEvidence | t did not run on the recorded files or changed them; tasks.t: observed.ok=true (attempt 1)' },
    'a task without files counts': { expression: 'tasks.t.observed.ok', tasks: [done('t', { ok: true }, { hasWorkspace: false, workspace: undefined })], want: 'Met ExpressionTrue | tasks.t: observed.ok=true (attempt 1)' },
    'a task without files that made some does not': { expression: 'tasks.t.outcome == "Succeeded"', tasks: [done('t', {}, { hasWorkspace: false, workspace: { treeBefore: '4b825dc642cb6eb9a060e54bf8d69288fbee4904', treeAfter: 'aaaa' } })], want: 'Unmet UnverifiedEvidence | t did not run on the recorded files or changed them; tasks.t: outcome=Succeeded (tree 4b825dc6 changed to aaaa, attempt 1)' },
    'a task that checks what another one changed counts': {
      expression: 'tasks.check.observed.failed == 0',
      tasks: [done('change', {}, { workspace: changed }), done('check', { failed: 0 }, { workspaceFrom: 'change', workspace: { treeBefore: 'ffff0000ffff', treeAfter: 'ffff0000ffff' } })],
      want: 'Met ExpressionTrue | tasks.check: observed.failed=0 (tree ffff0000, attempt 1)',
    },
    'a task that should check the change but saw the old files does not': {
      expression: 'tasks.check.observed.failed == 0',
      tasks: [done('change', {}, { workspace: changed }), done('check', { failed: 0 }, { workspaceFrom: 'change' })],
      want: 'Unmet UnverifiedEvidence | check did not run on the recorded files or changed them; tasks.check: observed.failed=0 (tree 1a2b3c4d, attempt 1)',
    },
    'the task that made the change does not prove itself': { expression: 'tasks.change.outcome == "Succeeded"', tasks: [done('change', {}, { workspace: changed })], want: 'Unmet UnverifiedEvidence | change did not run on the recorded files or changed them; tasks.change: outcome=Succeeded (tree 1a2b3c4d changed to ffff0000, attempt 1)' },
    'a skipped task is visible as such': { expression: 'tasks.t.outcome == "Skipped"', tasks: [fact('t', { outcome: 'Skipped', attempt: 0 })], want: 'Met ExpressionTrue | tasks.t: outcome=Skipped' },
    'a cancelled task has no results': { expression: 'tasks.t.observed.x == 1', tasks: [fact('t', { outcome: 'Cancelled', attempt: 0 })], want: 'Unmet FieldMissing | missing: tasks.t.observed.x; tasks.t: observed.x is missing' },
    'a failed task on the recorded files is visible as such': { expression: 'tasks.t.outcome == "Failed" && tasks.t.observed.exitCode == 1', tasks: [done('t', { exitCode: 1 }, { outcome: 'Failed', attempt: 3 })], want: 'Met ExpressionTrue | tasks.t: outcome=Failed, observed.exitCode=1 (tree 1a2b3c4d, attempt 3)' },
    'what is known decides before the rest ends': { expression: 'tasks.a.observed.n == 1 || tasks.b.observed.n == 1', tasks: [done('a', { n: 1 }), fact('b')], want: 'Met ExpressionTrue | tasks.a: observed.n=1 (tree 1a2b3c4d, attempt 1); tasks.b: observed.n is not known yet' },
    'a missing field does not decide while another task may still do': { expression: 'tasks.a.observed.n == 1 || tasks.b.observed.n == 1', tasks: [done('a', {}), fact('b')], want: 'Unknown Waiting | tasks.a: observed.n is missing (tree 1a2b3c4d, attempt 1); tasks.b: observed.n is not known yet' },
    'an unproven task does not spoil what others prove': { expression: 'tasks.a.observed.n == 1 || tasks.b.observed.n == 1', tasks: [done('a', { n: 1 }), done('b', { n: 1 }, { workspace: changed })], want: 'Met ExpressionTrue | tasks.a: observed.n=1 (tree 1a2b3c4d, attempt 1); tasks.b: observed.n=1 (tree 1a2b3c4d changed to ffff0000, attempt 1)' },
    'a division by zero is an error of the check': { expression: 'tasks.t.observed.a / tasks.t.observed.b > 1', tasks: [done('t', { a: 1, b: 0 })], want: 'Unmet ExpressionError | division by zero; tasks.t: observed.a=1, observed.b=0 (tree 1a2b3c4d, attempt 1)' },
    'a check that should never have been accepted is an error': { expression: 'tasks.t.claimed.ok', tasks: [done('t', {})], want: 'Unmet ExpressionError | claimed results were measured by nobody: read outcome or observed' },
    'a task that is not in the plan is missing': { expression: 'tasks.gone.outcome == "Succeeded"', tasks: [], want: 'Unmet FieldMissing | missing: tasks.gone.outcome; tasks.gone: outcome is not known yet' },
    'nested and odd values are shown as they are': {
      expression: 'tasks.t.observed.m.list[1] == "\\u202e\\n" && tasks.t.observed.m.gone.x == 1',
      tasks: [done('t', { m: { list: [1, '\u202e\n'] } })],
      want: 'Unmet FieldMissing | missing: tasks.t.observed.m.gone.x; tasks.t: observed.m.list.1="\\u202e\\n", observed.m.gone.x is missing (tree 1a2b3c4d, attempt 1)',
    },
  };
  test.each(Object.entries(cases))('%s', (_, { expression, tasks, want }) => {
    const { state, reason, evidence } = decide(expression, tasks);
    expect(`${state} ${reason} | ${evidence}`).toBe(want);
    expect(Object.keys(goalReasons)).toContain(reason);
  });

  test('the time of a decision is kept while the state stays and absent while it is unknown', () => {
    const before = (state: GoalStatus['state']): GoalStatus[] => [{ name: 'g', state, reason: 'x', evidence: 'x', checkedTime: '2025-01-01T00:00:00Z' }];
    const met = [done('run-tests', { failed: 0 })];
    expect(decide(testsPass, met).checkedTime).toBe('2026-01-01T00:00:00Z');
    expect(decide(testsPass, met, before('Met')).checkedTime).toBe('2025-01-01T00:00:00Z');
    expect(decide(testsPass, met, before('Unmet')).checkedTime).toBe('2026-01-01T00:00:00Z');
    expect(decide(testsPass, [fact('run-tests')], before('Met'))).not.toHaveProperty('checkedTime');
  });

  test('evidence fits its field however much is read', () => {
    const tasks = Array.from({ length: 20 }, (_, index) => done(`task-with-a-rather-long-name-${index}`, { text: 'x'.repeat(300) }));
    const { evidence } = decide(tasks.map(({ name }) => `tasks["${name}"].observed.text != ""`).join(' && ').slice(0, 900).replace(/ && [^&]*$/, ''), tasks);
    expect(evidence.length).toBe(512);
    expect(evidence.endsWith('…')).toBe(true);
  });

  const anyTask = (name: string) =>
    fc.record({ outcome: fc.constantFrom<TaskResult>(...taskResults), observed: fc.constantFrom({ x: 1 }, { x: 2 }, {}), workspace: fc.constantFrom(unchanged, changed, undefined) }).map((more) => fact(name, more));
  const anyClause = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('observed.x == 1', 'observed.x > 1', 'outcome == "Failed"')).map(([name, rest]) => `tasks.${name}.${rest}`);
  const anyExpression = fc.array(fc.tuple(anyClause, fc.constantFrom(' && ', ' || ')), { minLength: 1, maxLength: 4 }).map((clauses) => clauses.map(([clause, op], index) => (index === 0 ? clause : `${op}${clause}`)).join(''));

  test('in whatever order tasks end, a decided goal stays decided, and at the end every goal is', () => {
    fc.assert(
      fc.property(anyExpression, fc.tuple(anyTask('a'), anyTask('b'), anyTask('c')), fc.shuffledSubarray([0, 1, 2], { minLength: 3, maxLength: 3 }), (expression, tasks, order) => {
        const states = [0, 1, 2, 3].map((ended) => {
          const known = order.slice(0, ended);
          return decide(expression, tasks.map((task, index) => (known.includes(index) ? task : fact(task.name)))).state;
        });
        const decided = states.slice(states.findIndex((state) => state !== 'Unknown'));
        expect(states[3]).not.toBe('Unknown');
        expect(new Set(decided).size).toBe(1);
      }),
    );
  });
});

test('goals keep the order of the spec and are counted', () => {
  const goals = [['z', '== 1'], ['a', '== 2'], ['m', '> 0']].map(([name = '', rest]) => goal({ expression: `tasks.t.observed.n ${rest ?? ''}` }, { name }));
  const statuses = decided(goals, [done('t', { n: 1 })]);
  expect(statuses.map(({ name }) => name)).toEqual(['z', 'a', 'm']);
  expect(goalsMet(statuses)).toBe('2/3');
});

describe('taskFact', () => {
  const spec = TaskSpec.parse({ type: 'Tester', intent: { action: 'RunTests' }, dependsOn: ['a'], workspaceFrom: 'a', verifies: ['a'] });

  test('a task without an object has no facts', () => {
    expect(taskFact('t', spec, undefined)).toEqual(fact('t', { workspaceFrom: 'a', attempt: 0, verifies: ['a'] }));
  });

  test('takes result, measurements, claims to be shown, files, artifacts, attempt and agents from the status', () => {
    const outcome = { result: 'Failed' as const, reason: 'ActionFailed', message: 'it failed', time: '2026-01-01T00:00:00Z' };
    const artifacts = [{ name: 'log', uri: 'blob:x', sha256: 'a'.repeat(64), sizeBytes: 1, mediaType: 'text/plain' }];
    const epoch = { term: 1, counter: 1 };
    const assignment = { pool: 'p', poolNamespace: 'n', agent: 'agent-2', agentUid: 'u', epoch, assignedTime: '', matchReason: '' };
    const attempts = [{ attempt: 1, agent: 'agent-1', epoch, reason: 'AgentLost', message: '', endTime: '' }, { attempt: 2, epoch, reason: 'AgentLost', message: '', endTime: '' }];
    const status = { attempt: 3, attempts, assignment, observed: { n: 1 }, claimed: { n: 9 }, artifacts, workspace: unchanged, outcome };
    expect(taskFact('t', spec, status)).toEqual(fact('t', { workspaceFrom: 'a', verifies: ['a'], attempt: 3, outcome: 'Failed', message: 'it failed', observed: { n: 1 }, claimed: { n: 9 }, artifacts, workspace: unchanged, agent: 'agent-2', agents: ['agent-2', 'agent-1'] }));
  });
});
