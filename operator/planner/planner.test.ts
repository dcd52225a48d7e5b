// One question from the first answer to a plan or to none, by a model that follows a script.
import { describe, expect, test } from 'vitest';
import type { Lesson } from '#api/memory.ts';
import { PlanSpec } from '#api/v1alpha1/plan.ts';
import { sha256Hex } from '#domain/digest.ts';
import { planFor } from '#domain/plan/question.ts';
import { aMission } from '#testing/builders/mission.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { createPlanner, type PlanDraft, type PlannerQuestion, type PlanOutcome, type Round } from './planner.ts';
import { answer, badPlan, goodPlan, plannedMission, questionAbout, ScriptedModel } from './testing.ts';

const signal = new AbortController().signal;
const ask = (model: ScriptedModel, question: PlannerQuestion = questionAbout(), paid?: Round[]) => createPlanner({ model, clock: new ManualClock(), maxTokens: 8000, defaultModel: 'claude-sonnet-5-5' }).plan(question, signal, paid);
const made = (outcome: PlanOutcome): PlanDraft => {
  if (outcome.kind !== 'made') throw new Error(`expected a plan, got ${outcome.kind}: ${outcome.message}`);
  return outcome.plan;
};
const keptAs = (plan: PlanDraft) => PlanSpec.parse({ ...plan, missionRef: { name: 'm', uid: 'u' }, revision: 1 });

describe('a good answer', () => {
  test('is a plan, with what it cost and where it came from', async () => {
    const model = new ScriptedModel(goodPlan);
    const plan = made(await ask(model));
    expect(plan).toMatchObject({ verdict: 'Accepted', summary: 'Looks.', tasks: [{ name: 'survey', onFailure: 'Fail' }], faults: [], rounds: 1, model: 'a-model', promptVersion: 'v2', answerDigest: sha256Hex(goodPlan.text), plannedTime: '2026-01-01T00:00:00Z' });
    expect(plan.usage).toEqual({ inputTokens: 134, outputTokens: 20, costUsd: '0.001' });
    expect(keptAs(plan)).toMatchObject(plan);
  });

  test('is found again by what the mission asks', async () => {
    const { mission } = questionAbout();
    const plan = { apiVersion: 'coditect.ai/v1alpha1', kind: 'Plan', metadata: mission.metadata, spec: keptAs(made(await ask(new ScriptedModel(goodPlan)))) } as const;
    expect(planFor(mission.spec, [plan])).toBe(plan);
  });

  test('was asked for once, by whoever pays, of the model that the mission names', async () => {
    const model = new ScriptedModel(goodPlan);
    const mission = aMission().spec({ planner: { model: 'wise-1' } }).build();
    await ask(model, questionAbout(mission));
    expect(model.asked).toEqual([{ model: 'wise-1', system: expect.stringContaining('You plan missions'), messages: [{ role: 'user', content: expect.stringContaining('<mission-json>') }], maxTokens: 8000, account: questionAbout(mission).account }]);
  });

  test('leaves the choice of the model to the installation', async () => {
    const model = new ScriptedModel(goodPlan);
    await ask(model);
    expect(model.asked[0]).not.toHaveProperty('model');
  });
});

describe('a bad answer', () => {
  test('is sent back with its faults, and the repair counts', async () => {
    const model = new ScriptedModel(badPlan, goodPlan);
    const plan = made(await ask(model));
    expect(plan).toMatchObject({ verdict: 'Accepted', rounds: 2, usage: { inputTokens: 268, outputTokens: 40, costUsd: '0.002' } });
    expect(model.asked[1]?.messages).toEqual([model.asked[0]?.messages[0], { role: 'assistant', content: badPlan.text }, { role: 'user', content: expect.stringContaining('survey depends on itself') }]);
  });

  test('is sent back twice, then the mission has no plan', async () => {
    const model = new ScriptedModel(badPlan, answer('no'), answer('still no'));
    const plan = made(await ask(model));
    expect(plan).toMatchObject({ verdict: 'Rejected', tasks: [], faults: ['the answer holds no JSON object'], rounds: 3, answerDigest: sha256Hex('still no'), usage: { costUsd: '0.003' } });
    expect(plan).not.toHaveProperty('summary');
    expect(keptAs(plan)).toMatchObject(plan);
  });

  test('of an earlier round is not sent again', async () => {
    const model = new ScriptedModel(badPlan, answer('no'), goodPlan);
    await ask(model);
    expect(model.asked[2]?.messages.map(({ content }) => content).slice(1)).toEqual(['no', expect.stringContaining('no JSON object')]);
  });

  test('that was cut is told so, even if what is there could be read', async () => {
    const model = new ScriptedModel(answer(goodPlan.text, 'max_tokens'), goodPlan);
    expect(made(await ask(model)).rounds).toBe(2);
    expect(model.asked[1]?.messages[2]?.content).toContain('the answer was cut at 8000 tokens');
  });

  test('that ended early says how', async () => {
    const plan = made(await ask(new ScriptedModel(...[1, 2, 3].map(() => answer('', 'refusal')))));
    expect(plan.faults).toEqual(['the answer ended early: refusal', 'the answer holds no JSON object']);
  });
});

describe('what is no answer', () => {
  test('a refusal is an outcome of its own, also in a repair', async () => {
    const refused = { kind: 'refused', type: 'budget_exceeded', message: 'the budget of 1.00 is spent' } as const;
    expect(await ask(new ScriptedModel(refused))).toEqual(refused);
    expect(await ask(new ScriptedModel(badPlan, refused))).toEqual(refused);
  });

  test('later is the caller\'s to wait for, and rounds that were paid are not asked again', async () => {
    const later = { kind: 'later', retryAfterMs: 700, message: 'overloaded' } as const;
    const model = new ScriptedModel(badPlan, later, goodPlan);
    const paid: Round[] = [];
    expect(await ask(model, questionAbout(), paid)).toEqual(later);
    expect(made(await ask(model, questionAbout(), paid))).toMatchObject({ verdict: 'Accepted', rounds: 2, usage: { costUsd: '0.002' } });
    expect(model.asked).toHaveLength(3);
  });

  test('an error is the caller\'s too, and keeps what was paid', async () => {
    const model = new ScriptedModel(badPlan, new Error('connection reset'), goodPlan);
    const paid: Round[] = [];
    await expect(ask(model, questionAbout(), paid)).rejects.toThrow('connection reset');
    expect(made(await ask(model, questionAbout(), paid)).rounds).toBe(2);
  });
});

describe('nobody is asked', () => {
  test('for a repair of a question that was cancelled meanwhile', async () => {
    const abort = new AbortController();
    const model = new ScriptedModel(async () => (abort.abort(), badPlan), goodPlan);
    const planning = createPlanner({ model, clock: new ManualClock(), maxTokens: 8000, defaultModel: 'claude-sonnet-5-5' }).plan(questionAbout(), abort.signal);
    await expect(planning).rejects.toThrow('aborted');
    expect(model.asked).toHaveLength(1);
  });

  test('about a mission that no plan could mend', async () => {
    const model = new ScriptedModel(goodPlan);
    const mission = aMission().spec({ planner: {} }).withGoal('g', 'tasks["a"].claimed.ok').build();
    expect(await ask(model, questionAbout(mission))).toEqual({ kind: 'refused', type: 'mission_invalid', message: expect.stringMatching(/^spec\.goals\[0\]\.check\.expression: .*; no plan could mend that$/) });
    expect(model.asked).toEqual([]);
  });

  test('while no pool serves the mission', async () => {
    const model = new ScriptedModel(goodPlan);
    expect(await ask(model, { ...questionAbout(plannedMission()), pools: [] })).toMatchObject({ kind: 'later', message: expect.stringContaining('no AgentPool serves missions of namespace team-a') });
    expect(model.asked).toEqual([]);
  });
});

describe('lessons', () => {
  const lesson = (id: string): Lesson => ({ id, goal: 'Look.', verdict: 'Worked', because: 'met: seen', plan: ['survey: Analyzer/AnalyzeCode'], goals: [], language: '', costUsd: '0.10', seconds: 3 });
  const asked: (readonly [string, string])[] = [];
  const planning = (model: ScriptedModel, lessons: readonly Lesson[], question = questionAbout(), paid?: Round[]) => {
    const memory = { recall: async (namespace: string, text: string) => (asked.push([namespace, text]), lessons) };
    return createPlanner({ model, memory, clock: new ManualClock(), maxTokens: 8000, defaultModel: 'claude-sonnet-5-5' }).plan(question, signal, paid);
  };

  test('are asked for by what the mission is about, told to the model, and cited by the plan', async () => {
    const model = new ScriptedModel(goodPlan);
    const plan = made(await planning(model, [lesson('l-1'), lesson('l-2')]));
    expect(asked.at(-1)).toEqual(['team-a', expect.stringMatching(/\nseen$/)]);
    expect(model.asked[0]?.messages[0]?.content).toContain('"lessons":[{"because":"met: seen"');
    expect(plan).toMatchObject({ promptVersion: 'v3', lessons: ['l-1', 'l-2'] });
    expect(keptAs(plan)).toMatchObject(plan);
  });

  test('of which there are none leave everything as it was', async () => {
    const [model, plain] = [new ScriptedModel(goodPlan), new ScriptedModel(goodPlan)];
    expect(made(await planning(model, []))).toEqual(made(await ask(plain)));
    expect(model.asked).toEqual(plain.asked);
  });

  test('are the same in the whole talk, also when it is gone on with later', async () => {
    const model = new ScriptedModel(badPlan, { kind: 'later', retryAfterMs: 1, message: 'busy' }, goodPlan);
    const paid: Round[] = [];
    await planning(model, [lesson('l-1')], questionAbout(), paid);
    expect(made(await planning(model, [lesson('another')], questionAbout(), paid))).toMatchObject({ lessons: ['l-1'], rounds: 2 });
    expect(model.asked[2]?.messages[0]).toEqual(model.asked[0]?.messages[0]);
  });

  test('are not asked for where the mission wants none, nor where nobody is asked at all', async () => {
    const before = asked.length;
    expect(made(await planning(new ScriptedModel(goodPlan), [lesson('l-1')], questionAbout(aMission().spec({ planner: { lessons: 'None' } }).withGoal('seen', 'tasks["survey"].outcome == "Succeeded"').build())))).not.toHaveProperty('lessons');
    await planning(new ScriptedModel(), [lesson('l-1')], { ...questionAbout(), pools: [] });
    expect(asked).toHaveLength(before);
  });
});
