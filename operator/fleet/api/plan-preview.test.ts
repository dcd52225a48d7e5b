// A preview from the request to the plan: who may, who pays, what is asked of the model and how often; never an object.
import { describe, expect, test } from 'vitest';
import { Account } from '#api/llm.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import { aPool } from '#testing/builders/pool.ts';
import { settle } from '#testing/manual-clock.ts';
import { createPlanner, type ModelAnswer } from '../../planner/planner.ts';
import { answer, badPlan, goodPlan, ScriptedModel } from '../../planner/testing.ts';
import { anApi, failureOf } from './testing.ts';

const seen = { name: 'seen', check: { expression: 'tasks["survey"].outcome == "Succeeded"' } };
const specJson = (more: object = {}) => JSON.stringify({ goal: 'Look.', planner: {}, goals: [seen], ...more });
const later: ModelAnswer = { kind: 'later', retryAfterMs: 2000, message: 'overloaded' };
const refused = (type: string): ModelAnswer => ({ kind: 'refused', type, message: 'no' });

function previewing(model: ScriptedModel, { user = 'writer', pools = [aPool().build()], leads = true, gateway = true }: { user?: string; pools?: AgentPool[]; leads?: boolean; gateway?: boolean } = {}) {
  const parts = gateway ? (clock: Parameters<typeof createPlanner>[0]['clock']) => ({ planner: createPlanner({ model, clock, maxTokens: 8000, defaultModel: 'claude-sonnet-5-5' }), pools: { list: () => pools } }) : undefined;
  const api = anApi(leads ? undefined : null, parts);
  const { orchestrator, options } = api.as(user);
  return { ...api, plan: (request: { namespace?: string; specJson?: string } = {}, more: object = {}) => orchestrator.plan({ namespace: 'team-a', specJson: specJson(), ...request }, { ...options, ...more }) };
}

/** In-process transports hand messages on over several turns. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await settle();
}

describe('a preview', () => {
  test('is the plan, with what it cost; nothing is created', async () => {
    const { plan, objects } = previewing(new ScriptedModel(goodPlan));
    const { tasksJson, ...rest } = await plan();
    expect(rest).toMatchObject({ verdict: 'Accepted', summary: 'Looks.', faults: [], model: 'a-model', rounds: 1, costUsd: '0.001', inputTokens: 134n, outputTokens: 20n });
    expect(JSON.parse(tasksJson)).toMatchObject([{ name: 'survey', type: 'Analyzer', intent: { action: 'AnalyzeCode' } }]);
    expect(objects.size).toBe(0);
  });

  test('is paid by the tenant, within the budget that the spec names', async () => {
    const model = new ScriptedModel(goodPlan, goodPlan);
    const { plan } = previewing(model);
    await plan();
    await plan({ specJson: specJson({ budget: { maxCostUsd: '0.50' } }) });
    const uid = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;
    const payer = { namespace: 'team-a', namespaceUid: 'uid-of-team-a', mission: 'preview', missionUid: uid, purpose: 'preview' };
    expect(model.asked.map(({ account }) => account)).toEqual([payer, { ...payer, maxCostUsd: '0.50' }]);
    expect(model.asked.map(({ account }) => Account.safeParse(account).success)).toEqual([true, true]);
    expect(new Set(model.asked.map(({ account }) => account.missionUid)).size).toBe(2);
  });

  test('has its repairs, and may be rejected in the end', async () => {
    const { plan } = previewing(new ScriptedModel(badPlan, answer('no'), answer('still no')));
    expect(await plan()).toMatchObject({ verdict: 'Rejected', tasksJson: '[]', rounds: 3, faults: ['the answer holds no JSON object'], costUsd: '0.003' });
  });

  test('is given by followers too', async () => expect(await previewing(new ScriptedModel(goodPlan), { leads: false }).plan()).toMatchObject({ verdict: 'Accepted' }));

  test('waits out a pause of the model once a round was paid for, and pays for none twice', async () => {
    const model = new ScriptedModel(badPlan, later, new Error('connection reset'), goodPlan);
    const { plan, clock } = previewing(model);
    const planned = plan();
    await quiet();
    await clock.advance(2000);
    await quiet();
    await clock.advance(1000);
    expect([await planned, model.asked.length]).toMatchObject([{ verdict: 'Accepted', rounds: 2 }, 4]);
  });

  test('gives up after five tries', async () => {
    const model = new ScriptedModel(badPlan, ...Array.from({ length: 6 }, () => later));
    const { plan, clock } = previewing(model);
    const failure = failureOf(plan());
    for (let turn = 0; turn < 6; turn++) {
      await quiet();
      await clock.advance(2000);
    }
    expect([await failure, model.asked.length]).toEqual(['Unavailable overloaded', 6]);
  });

  test('of a caller who has gone asks nobody any more', async () => {
    const model = new ScriptedModel(badPlan, later, goodPlan);
    const { plan, clock } = previewing(model);
    const gone = new AbortController();
    const failure = failureOf(plan({}, { signal: gone.signal }));
    await quiet();
    gone.abort();
    expect(await failure).toMatch(/^Canceled /);
    await quiet();
    expect(clock.pending).toBe(0);
    await clock.advance(60_000);
    await quiet();
    expect(model.asked).toHaveLength(2);
  });
});

describe('no preview', () => {
  const unasked: Record<string, { options?: Parameters<typeof previewing>[1]; request?: Parameters<ReturnType<typeof previewing>['plan']>[0]; want: RegExp }> = {
    'for who may only read': { options: { user: 'reader' }, want: /^PermissionDenied user reader may not create missions/ },
    'for an agent': { options: { user: 'agent' }, want: /^Unauthenticated / },
    'in a namespace that is none': { request: { namespace: '..' }, want: /^InvalidArgument namespace: / },
    'without a gateway': { options: { gateway: false }, want: /^FailedPrecondition this installation has no LLM gateway, .*; install it, or write the task graph/ },
    'without a pool to plan with': { options: { pools: [] }, want: /^FailedPrecondition no AgentPool serves missions of namespace team-a .*; create one$/ },
    'without a planner': { request: { specJson: '{"goal":"g"}' }, want: /^InvalidArgument spec_json\.planner: must be set/ },
    'of tasks that are there': { request: { specJson: specJson({ tasks: [{ name: 'a', type: 'Tester', intent: { action: 'RunTests' } }] }) }, want: /^InvalidArgument spec_json\.tasks: planner makes the task graph/ },
    'of a spec that no plan could mend': { request: { specJson: specJson({ goals: [{ name: 'g', check: { expression: 'tasks["a"].claimed.ok' } }] }) }, want: /^InvalidArgument spec_json\.goals\[0\]\.check\.expression: / },
    'of an unknown field': { request: { specJson: specJson({ x: 1 }) }, want: /^InvalidArgument spec_json\.x: / },
  };
  test.each(Object.entries(unasked))('%s, and nobody is asked', async (_, { options, request, want }) => {
    const model = new ScriptedModel(goodPlan);
    const { plan } = previewing(model, options);
    expect(await failureOf(plan(request))).toMatch(want);
    expect(model.asked).toEqual([]);
  });

  const said: Record<string, { line: ModelAnswer | Error; want: string }> = {
    'when the budget is spent': { line: refused('budget_exceeded'), want: 'ResourceExhausted budget_exceeded: no' },
    'when the gateway refuses': { line: refused('permission_error'), want: 'FailedPrecondition permission_error: no' },
    'while the model cannot answer': { line: later, want: 'Unavailable overloaded' },
    'when the call breaks': { line: new Error('connection reset'), want: 'Unavailable connection reset' },
  };
  test.each(Object.entries(said))('%s', async (_, { line, want }) => expect(await failureOf(previewing(new ScriptedModel(line)).plan())).toBe(want));

  test('beyond four at once; a place that is given back is free again', async () => {
    const ends: (() => void)[] = [];
    const held = () => new Promise<ModelAnswer>((resolve) => ends.push(() => resolve(goodPlan)));
    const { plan } = previewing(new ScriptedModel(held, held, held, held, goodPlan));
    const first = [plan(), plan(), plan(), plan()];
    await quiet();
    expect(await failureOf(plan())).toMatch(/^ResourceExhausted this replica previews 4 plans already/);
    ends.forEach((end) => end());
    await Promise.all(first);
    expect(await plan()).toMatchObject({ verdict: 'Accepted' });
  });
});
