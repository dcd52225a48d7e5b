// The operator's answers in the plugin's words, over the real messages.
import { Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import { MissionTask } from '#api/v1alpha1/mission.ts';
import { OrchestratorService, type PlanRequest } from '#platform/rpc/generated/coditect/v1alpha1/orchestrator_pb.ts';
import { errorLine } from '../failure.ts';
import { operatorCalls } from './operator.ts';

const survey = MissionTask.parse({ name: 'survey', type: 'Analyzer', intent: { action: 'AnalyzeCode' } });
const answer = { verdict: 'Accepted', tasksJson: JSON.stringify([survey]), faults: [], summary: 'Looks.', model: 'wise-1', rounds: 1, costUsd: '0.01', inputTokens: 12n, outputTokens: 3n };

function planning(plan: (request: PlanRequest) => typeof answer) {
  const transport = createRouterTransport((router) => void router.service(OrchestratorService, { plan }));
  return operatorCalls(createClient(OrchestratorService, transport), 'demo').plan('{"goal":"g"}', new AbortController().signal);
}

test('a preview has tasks and plain numbers', async () => {
  let asked: PlanRequest | undefined;
  const preview = await planning((request) => ((asked = request), answer));
  expect(preview).toEqual({ verdict: 'Accepted', tasks: [survey], faults: [], summary: 'Looks.', model: 'wise-1', rounds: 1, costUsd: '0.01', inputTokens: 12, outputTokens: 3 });
  expect(asked).toMatchObject({ namespace: 'demo', specJson: '{"goal":"g"}' });
});

test.each([
  [Code.PermissionDenied, /ask for create on missions\.coditect\.ai .* ServiceAccount coditect-cli of the namespace/],
  [Code.Unauthenticated, /log in again/],
  [Code.InvalidArgument, /correct the field/],
  [Code.FailedPrecondition, /do what the message says, or write the task graph/],
  [Code.ResourceExhausted, /raise budget\.maxCostUsd/],
  [Code.Unavailable, /repeat the command in a moment/],
  [Code.Unimplemented, /upgrade the installation/],
  [Code.Internal, /read the log of the operator/],
])('code %i comes with the next step', async (code, next) => {
  const line = await planning(() => {
    throw new ConnectError('because', code);
  }).catch(errorLine);
  expect(line).toMatch(/^error: plan: \w+: because ; next: /);
  expect(line).toMatch(next);
});

test.each(['[{"name":"survey"}]', '{}', 'not JSON'])('tasks such as %s are refused in one line', async (tasksJson) => {
  expect(await planning(() => ({ ...answer, tasksJson })).catch(errorLine)).toBe("error: read the plan that the operator sent: its tasks have a form that this plugin does not know ; next: use the plugin of the installation's version");
});
