import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { AssignSchema } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import { readAssign } from './order.ts';

const spec = { type: 'Tester', intent: { action: 'RunCommand', params: { command: ['true'] } } };
const read = (more: MessageInitShape<typeof AssignSchema>) => readAssign(create(AssignSchema, { taskUid: 'u', attempt: 1, specJson: JSON.stringify(spec), deadlineSeconds: 60, ...more }));
const git = { url: 'https://example.org/x', ref: 'main', subPath: 'sub', commit: 'c0ffee', secret: 'deploy' };

describe('an assignment', () => {
  const cases: Record<string, { assign: MessageInitShape<typeof AssignSchema>; want: object }> = {
    'names the task, or else its uid': { assign: { task: { namespace: 'team', name: 'x' } }, want: { order: { task: 'team/x' } } },
    'carries all that is known of a repository': { assign: { workspace: { source: { case: 'git', value: git } } }, want: { order: { source: { kind: 'git', ...git } } } },
    'without files is empty': { assign: {}, want: { order: { task: 'u', source: { kind: 'empty' }, inputs: {} } } },
    'with files brings them': { assign: { workspace: { source: { case: 'files', value: { files: { a: Uint8Array.of(1) } } } } }, want: { order: { source: { kind: 'files', files: { a: Uint8Array.of(1) } } } } },
    'can start from an output': { assign: { workspace: { source: { case: undefined }, bundle: { uri: 'blob:n/o/s', sha256: 's' }, bundleCommit: 'c' } }, want: { order: { bundle: { blob: { uri: 'blob:n/o/s', sha256: 's' }, commit: 'c' } } } },
    'tells how long it took in the past': { assign: { pastSeconds: 7 }, want: { order: { pastSeconds: 7 } } },
    'with a spec that is none is a fault': { assign: { specJson: '{"type": 5}' }, want: { kind: 'fault', message: 'spec_json is not a Task spec that this agent understands' } },
    'with inputs that are none is a fault': { assign: { inputsJson: '[1]' }, want: { kind: 'fault', message: 'inputs_json is not an object' } },
  };
  test.each(Object.entries(cases))('%s', (_, { assign, want }) => expect(read(assign)).toMatchObject(want));

  test('leaves out what the wire leaves empty', () => {
    const answer = read({ workspace: { source: { case: 'git', value: { url: 'https://example.org/x' } } } });
    if (answer.kind === 'fault') return expect.fail(answer.message);
    expect(answer.order.source).toEqual({ kind: 'git', url: 'https://example.org/x', ref: 'HEAD' });
    expect(answer.order).not.toHaveProperty('pastSeconds');
  });
});
