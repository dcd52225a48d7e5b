// Which questions are asked and when: by a clock that stands still and a model that follows a script.
import { describe, expect, test } from 'vitest';
import type { Mission } from '#api/v1alpha1/mission.ts';
import { aMission } from '#testing/builders/mission.ts';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { createPlanner, type ModelAnswer } from './planner.ts';
import { answer, badPlan, goodPlan, plannedMission, questionAbout, ScriptedModel } from './testing.ts';
import { createPlanWorker, planKeyOf } from './worker.ts';

const later: ModelAnswer = { kind: 'later', retryAfterMs: 5000, message: 'overloaded' };
const refused: ModelAnswer = { kind: 'refused', type: 'budget_exceeded', message: 'the budget is spent' };
/** A call that ends when the test says so, or, as real ones do, with an error when it is aborted. */
function heldCall() {
  const { promise, resolve, reject } = Promise.withResolvers<ModelAnswer>();
  const line = (signal: AbortSignal) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')));
    return promise;
  };
  return { line, end: resolve };
}
/** A call that does not heed the signal. */
const deafCall = () => {
  const { promise, resolve } = Promise.withResolvers<ModelAnswer>();
  return { line: () => promise, end: resolve };
};

function aWorker(model: ScriptedModel, { chance = 0.5, concurrency }: { chance?: number; concurrency?: number } = {}) {
  const clock = new ManualClock(0);
  const kept: string[] = [];
  const changes: string[] = [];
  const keeping = { faults: [] as Error[] };
  const worker = createPlanWorker({
    planner: createPlanner({ model, clock, maxTokens: 100, defaultModel: 'claude-sonnet-5-5' }),
    keeper: {
      keep: async ({ metadata }, plan) => {
        const fault = keeping.faults.shift();
        if (fault !== undefined) throw fault;
        kept.push(`${metadata.name} ${plan.verdict} after ${plan.rounds}`);
      },
    },
    clock,
    random: { next: () => chance },
    changed: (key) => void changes.push(worker.status(key).kind),
    ...(concurrency === undefined ? {} : { concurrency }),
  });
  const ask = (mission: Mission = plannedMission()) => (worker.ask(planKeyOf(mission), () => questionAbout(mission)), planKeyOf(mission));
  return { worker, clock, kept, changes, keeping, ask };
}

describe('a question', () => {
  test('is idle before it is asked, and kept when its plan was handed over', async () => {
    const { worker, kept, changes, ask } = aWorker(new ScriptedModel(goodPlan));
    expect(worker.status(planKeyOf(plannedMission()))).toEqual({ kind: 'idle' });
    const key = ask();
    expect(worker.status(key)).toEqual({ kind: 'asking', since: 0 });
    await settle();
    expect([worker.status(key), kept, changes]).toEqual([{ kind: 'kept' }, ['m Accepted after 1'], ['kept']]);
  });

  test('hands a rejected plan over as well', async () => {
    const { kept, ask } = aWorker(new ScriptedModel(badPlan, badPlan, badPlan));
    ask();
    await settle();
    expect(kept).toEqual(['m Rejected after 3']);
  });

  test('is one piece of work, however often it is asked', async () => {
    const model = new ScriptedModel(goodPlan);
    const { kept, ask } = aWorker(model);
    ask();
    ask();
    await settle();
    ask();
    await settle();
    expect([model.asked.length, kept]).toEqual([1, ['m Accepted after 1']]);
  });

  test('is another one for another mission, and for another goal', async () => {
    const model = new ScriptedModel(goodPlan, goodPlan, goodPlan);
    const { ask } = aWorker(model);
    const spec = { planner: {} };
    const keys = [aMission('m').spec(spec), aMission('m').spec({ ...spec, goal: 'another' }), aMission('n').spec(spec)].map((mission) => ask(mission.build()));
    await settle();
    expect([model.asked.length, new Set(keys.map(({ missionUid, digest }) => `${missionUid} ${digest}`)).size]).toEqual([3, 3]);
  });

  test('that is refused stays so until it is forgotten', async () => {
    const model = new ScriptedModel(refused, goodPlan);
    const { worker, kept, ask } = aWorker(model);
    const key = ask();
    await settle();
    expect(worker.status(key)).toEqual(refused);
    ask();
    await settle();
    expect(model.asked).toHaveLength(1);
    worker.cancel(key);
    ask();
    await settle();
    expect(kept).toEqual(['m Accepted after 1']);
  });
});

describe('waiting', () => {
  test('lasts as long as was asked for and some of a second more, then the question is asked again', async () => {
    const { worker, clock, kept, changes, ask } = aWorker(new ScriptedModel(later, goodPlan));
    const key = ask();
    await settle();
    expect(worker.status(key)).toEqual({ kind: 'waiting', until: 5500, message: 'overloaded' });
    await clock.advance(5499);
    expect([kept, clock.pending]).toEqual([[], 1]);
    await clock.advance(1);
    expect([kept, changes]).toEqual([['m Accepted after 1'], ['waiting', 'asking', 'kept']]);
  });

  test('grows with each failure, up to a minute, by full jitter', async () => {
    const { worker, clock, ask } = aWorker(new ScriptedModel(...Array.from({ length: 9 }, () => new Error('connection reset'))));
    const key = ask();
    const waits: number[] = [];
    for (let failures = 0; failures < 8; failures += 1) {
      await settle();
      const status = worker.status(key);
      const wait = status.kind === 'waiting' ? status.until - clock.now() : 0;
      waits.push(wait);
      await clock.advance(wait);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(worker.status(key)).toMatchObject({ kind: 'waiting', message: 'connection reset' });
  });

  test('may end at once, by chance', async () => {
    const { worker, clock, kept, ask } = aWorker(new ScriptedModel(new Error('connection reset'), goodPlan), { chance: 0 });
    const key = ask();
    await clock.advance(0);
    expect([worker.status(key).kind, kept]).toEqual(['kept', ['m Accepted after 1']]);
  });

  test('loses no round that was paid for', async () => {
    const model = new ScriptedModel(badPlan, later, goodPlan);
    const { clock, kept, ask } = aWorker(model);
    ask();
    await clock.advance(6000);
    expect([model.asked.length, kept]).toEqual([3, ['m Accepted after 2']]);
  });

  test('for the keeper asks nobody again, whatever the world is like by then', async () => {
    const model = new ScriptedModel(goodPlan);
    const { worker, clock, kept, keeping } = aWorker(model);
    keeping.faults.push(new Error('create plans.coditect.ai: 503'));
    const worlds = [questionAbout()];
    const key = planKeyOf(plannedMission());
    worker.ask(key, () => worlds.shift() ?? { ...questionAbout(), pools: [] });
    await settle();
    expect(worker.status(key)).toMatchObject({ kind: 'waiting', message: 'create plans.coditect.ai: 503' });
    await clock.advance(500);
    expect([model.asked.length, kept, worker.status(key)]).toEqual([1, ['m Accepted after 1'], { kind: 'kept' }]);
  });

  test('sees the world as it is at each try', async () => {
    const { worker, clock, kept } = aWorker(new ScriptedModel(goodPlan));
    const question = questionAbout();
    let pools: typeof question.pools = [];
    worker.ask(planKeyOf(question.mission), () => ({ ...question, pools }));
    await settle();
    expect(kept).toEqual([]);
    pools = question.pools;
    await clock.advance(1500);
    expect(kept).toEqual(['m Accepted after 1']);
  });

  test('ends when the mission asks something else by then', async () => {
    const model = new ScriptedModel(badPlan, later, goodPlan);
    const { worker, clock, kept, changes } = aWorker(model);
    const key = planKeyOf(plannedMission());
    const missions = [plannedMission(), aMission('m').spec({ planner: {}, goal: 'another' }).build()];
    worker.ask(key, async () => questionAbout(missions.shift()));
    await clock.advance(60_000);
    expect([model.asked.length, kept, worker.status(key), changes]).toEqual([2, [], { kind: 'idle' }, ['waiting', 'asking', 'idle']]);
    worker.ask(key, () => questionAbout());
    await settle();
    expect(kept).toEqual(['m Accepted after 1']);
  });

  test('follows when the question cannot be read', async () => {
    const { worker, clock, kept } = aWorker(new ScriptedModel(goodPlan));
    const key = planKeyOf(plannedMission());
    const questions = [Promise.reject(new Error('get namespaces team-a: 503')), Promise.resolve(questionAbout())];
    worker.ask(key, () => questions.shift() ?? questionAbout());
    await settle();
    expect(worker.status(key)).toMatchObject({ kind: 'waiting', message: 'get namespaces team-a: 503' });
    await clock.advance(500);
    expect(kept).toEqual(['m Accepted after 1']);
  });
});

describe('at most so many', () => {
  test('questions are asked at once, in the order in which they came', async () => {
    const calls = Array.from({ length: 6 }, heldCall);
    const model = new ScriptedModel(...calls.map(({ line }) => line));
    const { kept, ask } = aWorker(model);
    for (let index = 0; index < 6; index += 1) ask(plannedMission(`m${index}`));
    await settle();
    expect(model.asked).toHaveLength(4);
    for (const { end } of calls) {
      end(goodPlan);
      await settle();
    }
    expect([model.mostInFlight, kept.map((text) => text.slice(0, 2))]).toEqual([4, ['m0', 'm1', 'm2', 'm3', 'm4', 'm5']]);
  });

  test('one call of a question is in flight, also when it is cancelled and asked again', async () => {
    const [first, second] = [deafCall(), deafCall()];
    const model = new ScriptedModel(first.line, second.line);
    const { worker, kept, ask } = aWorker(model);
    const key = ask();
    await settle();
    worker.cancel(key);
    ask();
    await settle();
    expect([model.asked.length, model.inFlight]).toEqual([1, 1]);
    first.end(answer('too late'));
    await settle();
    second.end(goodPlan);
    await settle();
    expect([model.asked.length, model.mostInFlight, kept]).toEqual([2, 1, ['m Accepted after 1']]);
  });

  test('waiting takes nobody\'s place', async () => {
    const { kept, ask } = aWorker(new ScriptedModel(later, goodPlan), { concurrency: 1 });
    ask(plannedMission('a'));
    ask(plannedMission('b'));
    await settle();
    expect(kept).toEqual(['b Accepted after 1']);
  });
});

describe('what is cancelled', () => {
  test('while it is asked aborts the call and keeps nothing', async () => {
    const { line } = heldCall();
    const { worker, clock, kept, changes, ask } = aWorker(new ScriptedModel(line));
    const key = ask();
    await settle();
    worker.cancel(key);
    await settle();
    expect([worker.status(key), kept, changes, clock.pending]).toEqual([{ kind: 'idle' }, [], [], 0]);
  });

  test('too late for the model keeps nothing either', async () => {
    const { line, end } = deafCall();
    const { worker, kept, ask } = aWorker(new ScriptedModel(line));
    const key = ask();
    await settle();
    worker.cancel(key);
    end(goodPlan);
    await settle();
    expect(kept).toEqual([]);
  });

  test('while it waits is not asked again', async () => {
    const model = new ScriptedModel(later, goodPlan);
    const { worker, clock, ask } = aWorker(model);
    const key = ask();
    await settle();
    worker.cancel(key);
    expect([worker.status(key), clock.pending]).toEqual([{ kind: 'idle' }, 0]);
    await clock.advance(60_000);
    expect(model.asked).toHaveLength(1);
  });

  test('while it is queued is never asked', async () => {
    const held = heldCall();
    const model = new ScriptedModel(held.line, goodPlan);
    const { worker, kept, ask } = aWorker(model, { concurrency: 1 });
    ask(plannedMission('a'));
    const key = planKeyOf(plannedMission('b'));
    let reads = 0;
    worker.ask(key, () => ((reads += 1), questionAbout()));
    worker.cancel(key);
    ask(plannedMission('c'));
    held.end(goodPlan);
    await settle();
    expect([kept, reads]).toEqual([['a Accepted after 1', 'c Accepted after 1'], 0]);
  });

  test('with its mission is all that was asked about it', async () => {
    const { worker, ask } = aWorker(new ScriptedModel(refused, refused, refused));
    const [a, edited, other] = [aMission('a').spec({ planner: {} }), aMission('a').spec({ planner: {}, goal: 'x' }), aMission('b').spec({ planner: {} })].map((mission) => ask(mission.build()));
    await settle();
    worker.forget(a?.missionUid ?? '');
    expect([a, edited, other].map((key) => key && worker.status(key).kind)).toEqual(['idle', 'idle', 'refused']);
  });
});

describe('close', () => {
  test('ends when no call is in flight, and nothing is asked afterwards', async () => {
    const { line, end } = deafCall();
    const model = new ScriptedModel(line, goodPlan);
    const { worker, kept, ask } = aWorker(model, { concurrency: 1 });
    ask(plannedMission('a'));
    ask(plannedMission('b'));
    await settle();
    let closed = false;
    const closing = worker.close().then(() => (closed = true));
    await settle();
    expect(closed).toBe(false);
    end(goodPlan);
    await closing;
    ask(plannedMission('c'));
    await settle();
    expect([model.asked.length, kept]).toEqual([1, []]);
  });
});
