import { create, type MessageInitShape } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TaskStatus } from '#api/v1alpha1/task.ts';
import { type AgentHelloSchema, type FinishedSchema, ProgressSchema, type TaskOutcomeSchema, WorkResponseSchema } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import type { Order } from '../../task/agents-port.ts';
import { assignMessage, checkFinished, checkHello, checkProgress, checkReference, ProtocolFault } from './messages.ts';
import { aHello, anEnd, digest, processUuid } from './testing.ts';

const sha = 'b'.repeat(64);
const artifact = { name: 'log', uri: `blob:ns/mission/${sha}`, sha256: sha, sizeBytes: 5n, mediaType: 'text/plain' };
const claim = { taskUid: 'uid-a', attempt: 1, epoch: { term: 2, counter: 1 }, finished: false, resultDigest: '' };

/** The fault of a message, or undefined for a good one. */
function faultOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolFault) return error.message;
    throw error;
  }
}

test('an honest hello is taken as it is', () => {
  expect(checkHello(aHello({ claims: [claim, { ...claim, taskUid: 'uid-b', finished: true, resultDigest: digest }] }))).toEqual({
    protocolMin: 1,
    protocolMax: 1,
    processUuid,
    slots: 2,
    agentTypes: ['Tester'],
    capabilities: ['node-24'],
    highestTerm: 1,
    claims: [claim, { ...claim, taskUid: 'uid-b', finished: true, resultDigest: digest }],
    boundary: 'full',
    draining: false,
  });
});

describe('a hello is refused', () => {
  const hellos: Record<string, { hello: MessageInitShape<typeof AgentHelloSchema>; field: string }> = {
    'without slots': { hello: { slots: 0 }, field: 'hello.slots' },
    'with slots without end': { hello: { slots: 65 }, field: 'hello.slots' },
    'without a role': { hello: { agentTypes: [] }, field: 'hello.agentTypes' },
    'with a role that is none': { hello: { agentTypes: ['tester; rm'] }, field: 'hello.agentTypes.0' },
    'with a capability that is none': { hello: { capabilities: ['../x'] }, field: 'hello.capabilities.0' },
    'with capabilities without end': { hello: { capabilities: Array.from({ length: 65 }, (_, index) => `c${index}`) }, field: 'hello.capabilities' },
    'without a process': { hello: { processUuid: '' }, field: 'hello.processUuid' },
    'with a boundary that is none': { hello: { boundary: 'perhaps' }, field: 'hello.boundary' },
    'from a term that no Lease can hold': { hello: { highestTerm: 4_000_000_000 }, field: 'hello.highestTerm' },
    'with claims without end': { hello: { claims: Array.from({ length: 129 }, (_, index) => ({ ...claim, taskUid: `u${index}` })) }, field: 'hello.claims' },
    'with two claims on one task': { hello: { claims: [claim, { ...claim, attempt: 2 }] }, field: 'hello.claims' },
  };
  test.each(Object.entries(hellos))('%s', (_, { hello, field }) => expect(faultOf(() => checkHello(aHello(hello)))).toMatch(new RegExp(`^${field}: `)));

  const claims: Record<string, { claim: Partial<typeof claim>; want: string }> = {
    'with a claim on nothing': { claim: { taskUid: '' }, want: 'hello.claims[0].taskUid: ' },
    'with a claim on a path': { claim: { taskUid: '../../x' }, want: 'hello.claims[0].taskUid: ' },
    'with a claim on attempt zero': { claim: { attempt: 0 }, want: 'hello.claims[0].attempt: ' },
    'with a claim on attempt 1001': { claim: { attempt: 1001 }, want: 'hello.claims[0].attempt: ' },
    'with a claim of a number beyond all': { claim: { epoch: { term: 4_000_000_000, counter: 1 } }, want: 'hello.claims[0].epoch.term: ' },
    'with a finished claim without a digest': { claim: { finished: true }, want: 'hello.claims[0]: only a finished one has a digest' },
    'with a running claim that has a digest': { claim: { resultDigest: digest }, want: 'hello.claims[0]: only a finished one has a digest' },
    'with a digest that is none': { claim: { finished: true, resultDigest: 'abc' }, want: 'hello.claims[0].resultDigest: ' },
  };
  test.each(Object.entries(claims))('%s', (_, { claim: broken, want }) => expect(faultOf(() => checkHello(aHello({ claims: [{ ...claim, ...broken }] })))).toContain(want));

  test('with a claim without a number', () => expect(faultOf(() => checkHello(aHello({ claims: [{ taskUid: 'u', attempt: 1 }] })))).toBe('hello.claims[0].epoch: is missing'));
});

test('a reference is checked like a claim', () => {
  expect(checkReference({ taskUid: 'u', attempt: 1, epoch: { term: 2, counter: 1 } as never }, 'started')).toEqual({ taskUid: 'u', attempt: 1, epoch: { term: 2, counter: 1 } });
  expect(faultOf(() => checkReference({ taskUid: 'u', attempt: 1 }, 'started'))).toBe('started.epoch: is missing');
});

test('an honest end is taken as it is', () => {
  const trees = { commit: 'a'.repeat(40), treeBefore: 'b'.repeat(40), treeAfter: 'c'.repeat(40), outputCommit: 'd'.repeat(40) };
  expect(checkFinished(anEnd({ artifacts: [artifact], claimedJson: '{"mood":"good"}', ...trees }))).toEqual({
    taskUid: 'uid-a',
    attempt: 1,
    epoch: { term: 2, counter: 1 },
    result: 'Succeeded',
    reason: 'Completed',
    message: 'done',
    output: { digest, durationMs: 1200, observed: { passed: 3 }, claimed: { mood: 'good' }, artifacts: [{ ...artifact, sizeBytes: 5 }], workspace: trees, boundary: 'full' },
  });
});

test('what was expected and what differed is taken in', () => {
  const action = { tool: 'vitest', expectedSeconds: 12, expected: ['exit code 0', '\u001b[31mred'] };
  const violations = [{ kind: 'TestFailed', message: 'expected tests to pass', path: '' }, { kind: 'FileMismatch', message: 'changed', path: 'a.ts' }];
  expect(checkFinished(anEnd({ action, violations })).output).toMatchObject({
    action: { tool: 'vitest', expectedSeconds: 12, expected: ['exit code 0', '\\u001b[31mred'] },
    violations: [{ kind: 'TestFailed', message: 'expected tests to pass' }, { kind: 'FileMismatch', message: 'changed', path: 'a.ts' }],
  });
});

test('what is empty is absent', () => {
  expect(checkFinished(anEnd({ observedJson: '{}', claimedJson: '', boundary: '' })).output).toEqual({ digest, durationMs: 1200 });
});

describe('an end is no message', () => {
  const cases: Record<string, { end: MessageInitShape<typeof FinishedSchema>; field: string }> = {
    'without a task': { end: { taskUid: '' }, field: 'finished.taskUid' },
    'without a digest': { end: { resultDigest: '' }, field: 'finished.resultDigest' },
    'with a duration of centuries': { end: { durationMs: 2n ** 63n }, field: 'finished.durationMs' },
    'of attempt zero': { end: { attempt: 0 }, field: 'finished.attempt' },
  };
  test.each(Object.entries(cases))('%s', (_, { end, field }) => expect(faultOf(() => checkFinished(anEnd({}, end)))).toMatch(new RegExp(`^${field}: `)));
  test('without a number', () => expect(faultOf(() => checkFinished({ ...anEnd(), epoch: undefined } as never))).toBe('finished.epoch: is missing'));
  test('without a result', () => expect(faultOf(() => checkFinished({ ...anEnd(), result: undefined } as never))).toBe('finished.result: is missing'));
});

describe('a result that is not valid makes the attempt fail', () => {
  const nested = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
  const cases: Record<string, { result: MessageInitShape<typeof TaskOutcomeSchema>; says: string }> = {
    'an outcome that agents do not give': { result: { result: 'Skipped', reason: 'DependencyFailed' }, says: 'result.result' },
    'a reason that is unknown': { result: { result: 'Failed', reason: 'BadWeather' }, says: 'result.reason' },
    'a reason that is ours to give': { result: { result: 'Failed', reason: 'LeaderLost' }, says: 'result.reason' },
    'a success for the reason of a failure': { result: { result: 'Succeeded', reason: 'TimedOut' }, says: 'result.reason' },
    'a failure that says it is complete': { result: { result: 'Failed', reason: 'Completed' }, says: 'result.reason' },
    'observed values that are no JSON': { result: { observedJson: '{' }, says: 'result.observed: is not JSON' },
    'observed values that are a list': { result: { observedJson: '[1]' }, says: 'observed: must be an object' },
    'claimed values that are null': { result: { claimedJson: 'null' }, says: 'claimed: must be an object' },
    'a fraction': { result: { observedJson: '{"a":0.5}' }, says: 'observed.a: must be a whole number' },
    'values nested without end': { result: { observedJson: nested(9) }, says: 'nested deeper' },
    'values that are too large together': { result: { observedJson: JSON.stringify({ a: 'x'.repeat(1500) }), claimedJson: JSON.stringify({ a: 'x'.repeat(1500) }) }, says: 'together' },
    'text without end': { result: { observedJson: ' '.repeat(5000) }, says: 'longer than 4096' },
    'an artifact with a path': { result: { artifacts: [{ ...artifact, name: '../../etc/passwd' }] }, says: 'result.artifacts[0].name' },
    'an artifact whose name colours the terminal': { result: { artifacts: [{ ...artifact, name: '\u001b[31mlog' }] }, says: 'result.artifacts[0].name' },
    'an artifact with a header in its media type': { result: { artifacts: [{ ...artifact, mediaType: 'text/plain\r\nx: y' }] }, says: 'result.artifacts[0].mediaType' },
    'an artifact without a digest': { result: { artifacts: [{ ...artifact, sha256: '' }] }, says: 'result.artifacts[0].sha256' },
    'an artifact larger than anything': { result: { artifacts: [{ ...artifact, sizeBytes: 2n ** 63n }] }, says: 'result.artifacts[0].sizeBytes' },
    'two artifacts of one name': { result: { artifacts: [artifact, artifact] }, says: 'two have the same name' },
    'artifacts without end': { result: { artifacts: Array.from({ length: 17 }, (_, index) => ({ ...artifact, name: `a${index}` })) }, says: 'result.artifacts' },
    'a tree that is none': { result: { treeBefore: 'HEAD', treeAfter: 'HEAD' }, says: 'result.tree_before' },
    'a tree before without one after': { result: { treeBefore: 'b'.repeat(40) }, says: 'result.tree_after' },
    'a commit that is an option': { result: { treeBefore: 'b'.repeat(40), treeAfter: 'b'.repeat(40), commit: '--upload-pack=x' }, says: 'result.commit' },
    'a violation of an unknown kind': { result: { action: { tool: 't' }, violations: [{ kind: 'BadMood', message: '' }] }, says: 'result.violations[0].kind' },
    'violations without end': { result: { action: { tool: 't' }, violations: Array.from({ length: 17 }, () => ({ kind: 'Timeout', message: '' })) }, says: 'result.violations: 17' },
    'an action without a tool': { result: { action: { tool: '' } }, says: 'result.action.tool' },
    'a boundary that is none': { result: { boundary: 'perhaps' }, says: 'result.boundary' },
  };
  test.each(Object.entries(cases))('%s', (_, { result, says }) => {
    const report = checkFinished(anEnd(result));
    expect(report).toMatchObject({ taskUid: 'uid-a', attempt: 1, result: 'Failed', reason: 'AgentError', output: { digest, durationMs: 1200 } });
    expect(report.message).toContain(says);
    expect(Object.keys(report.output).toSorted()).toEqual(['digest', 'durationMs']);
  });

  test('eight levels are allowed, as agents count them', () => {
    expect(checkFinished(anEnd({ observedJson: nested(7) })).result).toBe('Succeeded');
  });
});

describe('progress', () => {
  const epoch = { term: 2, counter: 1 };
  const checkpoint = { talk: { ...artifact, name: 'checkpoint.json' }, bundle: artifact, commit: 'c'.repeat(40), turns: 3 };
  const read = (more: object) => checkProgress(create(ProgressSchema, { taskUid: 'uid-a', epoch, percent: 500, message: 'turn 3', ...more }));

  test('is at most all of it, and brings no checkpoint unless it says so', () => {
    expect(read({})).toEqual({ taskUid: 'uid-a', percent: 100, message: 'turn 3' });
  });

  test('brings a checkpoint with its number, with changed files or without', () => {
    const talk = { ...checkpoint.talk, sizeBytes: 5 };
    expect(read({ checkpoint }).kept).toEqual({ epoch, checkpoint: { talk, bundle: { ...artifact, sizeBytes: 5 }, commit: 'c'.repeat(40), turns: 3 } });
    const { bundle: _bundle, ...unchanged } = checkpoint;
    expect(read({ checkpoint: { ...unchanged, commit: '' } }).kept).toEqual({ epoch, checkpoint: { talk, commit: '', turns: 3 } });
  });

  const faults: Record<string, { more: object; field: string }> = {
    'with a checkpoint of no number': { more: { checkpoint, epoch: undefined }, field: 'progress.epoch' },
    'with a checkpoint without a conversation': { more: { checkpoint: { ...checkpoint, talk: undefined } }, field: 'progress.checkpoint.talk' },
    'with a checkpoint whose digest is none': { more: { checkpoint: { ...checkpoint, bundle: { ...artifact, sha256: 'x' } } }, field: 'progress.checkpoint.bundle.sha256' },
    'with a checkpoint whose commit is none': { more: { checkpoint: { ...checkpoint, commit: 'HEAD' } }, field: 'progress.checkpoint.commit' },
    'with a checkpoint before the first turn': { more: { checkpoint: { ...checkpoint, turns: 0 } }, field: 'progress.checkpoint.turns' },
  };
  test.each(Object.entries(faults))('%s is a fault', (_, { more, field }) => expect(faultOf(() => read(more))).toContain(field));
});

test('a message of an agent cannot command a terminal', () => {
  expect(checkFinished(anEnd({ message: `\u001b]0;owned\u0007${'x'.repeat(5000)}` })).message).toMatch(/^\\u001b/);
  expect(checkFinished(anEnd({ message: 'x'.repeat(5000) })).message).toHaveLength(1024);
});

test('whatever an agent says of a result, what comes through the door fits into a status', () => {
  const text = fc.oneof(fc.string(), fc.json(), fc.constantFrom('', '{}', 'Succeeded', 'Failed', 'Completed', 'ActionFailed', 'full'));
  fc.assert(
    fc.property(fc.record({ result: text, reason: text, message: fc.string({ unit: 'binary' }), observedJson: text, claimedJson: text, boundary: text, commit: text, treeBefore: text, treeAfter: text, outputCommit: text }), (result) => {
      const { output, ...report } = checkFinished(anEnd(result));
      const { digest: resultDigest, durationMs: _ms, ...facts } = output;
      const status = { ...facts, outcome: { result: report.result, reason: report.reason, message: report.message, resultDigest, time: '2026-01-01T00:00:00Z' } };
      expect(TaskStatus.safeParse(status).error).toBeUndefined();
    }),
  );
});

describe('an order on the wire', () => {
  const order: Order = { taskUid: 'u', namespace: 'team-a', name: 'a', attempt: 2, epoch: { term: 2, counter: 1 }, specJson: '{}', inputsJson: '{}', workspace: {}, blobGrant: 'g', llmGrant: 'l', namespaceUid: 'ns', ownerUid: 'o', deadlineSeconds: 60, pastSeconds: 0 };
  const assignOf = (workspace: Order['workspace']) => {
    const { message } = create(WorkResponseSchema, { message: assignMessage({ ...order, workspace }) });
    return message.case === 'assign' ? message.value : undefined;
  };

  test('names the task and what it may cost', () => {
    expect(assignOf({})).toMatchObject({ taskUid: 'u', task: { namespace: 'team-a', name: 'a' }, attempt: 2, epoch: { term: 2, counter: 1 }, blobGrant: 'g', llmGrant: 'l', deadlineSeconds: 60, workspace: { source: { case: undefined }, bundleCommit: '' } });
  });

  test('carries what to go on from', () => {
    const checkpoint = { talk: { ...artifact, sizeBytes: 5 }, bundle: { ...artifact, sizeBytes: 6 }, commit: 'c', turns: 3 };
    const { message } = create(WorkResponseSchema, { message: assignMessage({ ...order, checkpoint }) });
    expect(message.value).toMatchObject({ checkpoint: { talk: { ...artifact, sizeBytes: 5n }, bundle: { ...artifact, sizeBytes: 6n }, commit: 'c', turns: 3 } });
    expect(assignOf({})?.checkpoint).toBeUndefined();
  });

  test('carries the repository, or files, and the output of a dependency', () => {
    const git = { url: 'https://example.org/r.git', ref: 'main', subPath: '', commit: 'c', secret: 's' };
    expect(assignOf({ git })?.workspace?.source).toMatchObject({ case: 'git', value: git });
    expect(assignOf({ files: { 'a.txt': new Uint8Array([1]) } })?.workspace?.source).toMatchObject({ case: 'files', value: { files: { 'a.txt': new Uint8Array([1]) } } });
    expect(assignOf({ bundle: { ...artifact, sizeBytes: 5 }, bundleCommit: 'c' })?.workspace).toMatchObject({ bundle: { ...artifact, sizeBytes: 5n }, bundleCommit: 'c' });
  });
});
