// Messages as an honest agent sends them, to be broken one field at a time.
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { resultDigest } from '#domain/task/resultDigest.ts';
import { type AgentHello, AgentHelloSchema, type Finished, FinishedSchema, type TaskOutcomeSchema } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';

type Init<T extends Parameters<typeof create>[0]> = MessageInitShape<T>;

export const digest = resultDigest({ result: 'Succeeded', reason: 'Completed' });
export const processUuid = '0b8c7a52-26b2-4b7e-9c7c-0e8f7d0c1a11';

export function aHello(changes: Init<typeof AgentHelloSchema> = {}): AgentHello {
  return create(AgentHelloSchema, { protocolMin: 1, protocolMax: 1, processUuid, slots: 2, agentTypes: ['Tester'], capabilities: ['node-24'], highestTerm: 1, claims: [], boundary: 'full', draining: false, ...changes });
}

export function anEnd(result: Init<typeof TaskOutcomeSchema> = {}, changes: Init<typeof FinishedSchema> = {}): Finished {
  const outcome = { result: 'Succeeded', reason: 'Completed', message: 'done', observedJson: '{"passed":3}', claimedJson: '', artifacts: [], boundary: 'full', ...result } as Init<typeof TaskOutcomeSchema>;
  const whole = { taskUid: 'uid-a', attempt: 1, epoch: { term: 2, counter: 1 }, resultDigest: digest, durationMs: 1200n, result: outcome, ...changes };
  return create(FinishedSchema, whole as Init<typeof FinishedSchema>);
}
