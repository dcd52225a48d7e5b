// What was expected of an action, what it left, and how the difference travels.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { create } from '@bufbuild/protobuf';
import { type ActionResult, action, failed, succeeded, textArtifact } from '#agent-runtime/roles/action.ts';
import { TaskOutcomeSchema } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import type { Order } from '#agent-runtime/order.ts';
import type { AttemptResult } from './result.ts';
import { toWire } from './result.ts';
import { RunnerUnderTest } from './testing.ts';

const anything = z.unknown();
const failing = (observed: ActionResult['observed']) => action(anything, async (_, { run }) => (await run(['sh', '-c', 'exit 1']), failed('ActionFailed', 'bad', { observed })));
const roles = {
  // Stand in for actions of the catalogue: the expectation is that of the intent, what is left behind is made up here.
  Analyzer: { WriteReport: action(anything, async (_, { run }) => (await run(['sh', '-c', 'echo x > stray.txt']), succeeded('done'))) },
  Tester: { RunTests: failing({ passed: 2, failed: 1 }), RunCommand: action(anything, async () => succeeded('done', { claimed: { success: true } })), VerifyCommand: failing({ passed: 0, failed: 0, failureClass: 'compileError' }) },
  Coder: { ApplyPatch: action(anything, async () => succeeded('done', { artifacts: [textArtifact('x', 'text/plain', 'x')] })) },
};
const built = RunnerUnderTest.inEachTest();
const { commit, orderFor, perform, shell, source } = built;
const odd = RunnerUnderTest.inEachTest(roles);

const violations = (result: AttemptResult) => result.violations?.map(({ kind, path }) => (path === undefined ? kind : `${kind} ${path}`));

describe('an expectation', () => {
  test('is recorded before the action, in the result and in the log', async () => {
    const result = await perform(shell('exit 0', { pastSeconds: 3 }));
    const expected = ['sh is installed', 'the command ends with 0', 'it ends within 15 s'];
    expect(result.action).toEqual({ tool: 'sh', expectedSeconds: 3, expected });
    expect(result.live).toContain(`tool: sh\n${expected.map((sentence) => `expected: ${sentence}\n`).join('')}$ sh`);
    expect(result.violations).toBeUndefined();
  });

  test('belongs also to attempts that were cut or whose files were not taken', async () => {
    const [cut, large] = [await perform(shell('sleep 60', { deadlineSeconds: 1 })), await perform(shell('ln -s /etc/passwd out'))];
    expect([cut.reason, cut.action?.tool, violations(cut)]).toEqual(['TimedOut', 'sh', ['Timeout']]);
    expect([large.reason, large.action?.tool]).toEqual(['WorkspaceFailed', 'sh']);
  });

  test('an intent that cannot be carried out here is refused with its field', async () => {
    const result = await perform(orderFor('Coder', 'FormatCode', {}));
    expect(result).toMatchObject({ result: 'Failed', reason: 'ActionRefused', message: expect.stringMatching(/^intent\.params\.command: no formatter was recognised/) });
    expect(result.action).toBeUndefined();
  });

  test('is made from what the files say', async () => {
    built.facts = { ...built.facts, frameworks: ['go'], languages: ['Go'] };
    const result = await perform(orderFor('Tester', 'RunTests', { command: ['true'], framework: 'go' }));
    expect(result.action).toMatchObject({ tool: 'go', expected: expect.arrayContaining(['all tests pass', 'no file changes']) });
  });
});

describe('a difference', () => {
  const cases: Record<string, { order: () => Order; want: readonly string[] | undefined }> = {
    'a program that is not there': { order: () => orderFor('Tester', 'RunCommand', { command: ['coditect-no-such-tool'] }), want: ['MissingTool'] },
    'an exit code that was expected is none': { order: () => orderFor('Tester', 'RunCommand', { command: ['sh', '-c', 'exit 3'], expectExitCode: 3 }), want: undefined },
    'a command that is cut at its own limit': { order: () => orderFor('Tester', 'RunCommand', { command: ['sleep', '60'], timeoutSeconds: 1 }), want: ['Timeout'] },
    'tests that change files': { order: () => orderFor('Tester', 'RunTests', { command: ['sh', '-c', 'echo x > new.txt'] }), want: ['UnexpectedChange new.txt'] },
    'a change outside of the working folder': { order: () => orderFor('Tester', 'RunTests', { command: ['sh', '-c', 'echo x > ../new.txt'] }, { source: source({ subPath: 'sub' }) }), want: ['UnexpectedChange ../new.txt'] },
  };
  test.each(Object.entries(cases))('%s', async (_, { order, want }) => {
    await commit({ 'sub/x': 'x' });
    expect(violations(await perform(order()))).toEqual(want);
  });

  const oddCases: Record<string, { order: () => Order; want: readonly string[] }> = {
    'a stray file and a missing artifact': { order: () => odd.orderFor('Analyzer', 'WriteReport', { title: 'T' }), want: ['MissingArtifact report.md', 'UnexpectedChange stray.txt'] },
    'failed tests': { order: () => odd.orderFor('Tester', 'RunTests', { command: ['x'] }), want: ['TestFailed'] },
    'claims without a run': { order: () => odd.orderFor('Tester', 'RunCommand', { command: ['x'] }), want: ['ClaimWithoutEvidence'] },
    'a diff that changes nothing': { order: () => odd.orderFor('Coder', 'ApplyPatch', { patch: '--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-a\n+b\n' }), want: ['FileMismatch a.txt'] },
  };
  test.each(Object.entries(oddCases))('%s', async (_, { order, want }) => {
    const result = await odd.perform(order());
    expect(violations(result)).toEqual(want);
    for (const { kind, message } of result.violations ?? []) expect(result.live).toContain(`violated: ${kind}: ${message}\n`);
  });

  test('does not decide the attempt', async () => {
    expect(await odd.perform(odd.orderFor('Analyzer', 'WriteReport', { title: 'T' }))).toMatchObject({ result: 'Succeeded', reason: 'Completed', outputCommit: expect.any(String) });
  });
});

describe('on the wire', () => {
  const base: AttemptResult = { result: 'Succeeded', reason: 'Completed', message: 'm', observed: {}, claimed: {}, artifacts: [], action: { tool: 'vitest', expected: ['all tests pass'] }, violations: [{ kind: 'Timeout', message: 'late' }] };

  test('action and violations are told', () => {
    const message = create(TaskOutcomeSchema, toWire({ ...base, action: { tool: 'vitest', expectedSeconds: 4, expected: ['all tests pass'] } }).outcome);
    expect(message.action).toMatchObject({ tool: 'vitest', expectedSeconds: 4, expected: ['all tests pass'] });
    expect(message.violations).toMatchObject([{ kind: 'Timeout', message: 'late', path: '' }]);
    expect(create(TaskOutcomeSchema, toWire(base).outcome).action?.expectedSeconds).toBe(0);
  });

  test('a result that never became an action has none', () => {
    const { action: _, violations: __, ...bare } = base;
    expect(create(TaskOutcomeSchema, toWire(bare).outcome)).toMatchObject({ violations: [] });
    expect(create(TaskOutcomeSchema, toWire(bare).outcome).action).toBeUndefined();
  });

  test('another tool or another violation is another result', () => {
    const digests = [base, { ...base, action: { tool: 'jest', expected: [] } }, { ...base, violations: [] }].map((result) => toWire(result).digest);
    expect(new Set(digests).size).toBe(3);
    expect(toWire({ ...base, message: 'other words', action: { tool: 'vitest', expectedSeconds: 9, expected: [] } }).digest).toBe(digests[0]);
  });
});
