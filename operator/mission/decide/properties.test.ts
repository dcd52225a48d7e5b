// Missions live random lives: tasks are handed out, end, vanish; modes change; time passes. What must hold always is said here.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MissionStatus } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { aMission, type MissionBuilder } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import { statusPatch } from '../../reconciler.ts';
import { applied, lines, t0, viewOf } from '../testing.ts';
import { decideMission, type MissionDecision } from './index.ts';
import { factsOf, type MissionView } from './view.ts';

const results = ['Succeeded', 'Failed'] as const;
const modes = ['Run', 'Suspend', 'Stop', 'Cancel'] as const;

/** What happens between two turns; `pick` chooses whom it happens to. */
type Happening =
  | { readonly kind: 'turn' }
  | { readonly kind: 'start' | 'end' | 'vanish' | 'pass'; readonly pick: number }
  | { readonly kind: 'mode'; readonly mode: (typeof modes)[number] }
  | { readonly kind: 'pool'; readonly there: boolean }
  | { readonly kind: 'rerun' };

const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Happening>({ kind: 'turn' }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('start', 'end'), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('vanish', 'pass'), pick: fc.nat(120) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('mode' as const), mode: fc.constantFrom(...modes) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pool' as const), there: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant<Happening>({ kind: 'rerun' }) },
);

const anyMission: fc.Arbitrary<MissionBuilder> = fc
  .record({
    dependencies: fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 70 }),
    tolerant: fc.array(fc.boolean(), { minLength: 70, maxLength: 70 }),
    policy: fc.oneof(fc.constant({ failurePolicy: 'FailFast' as const }), fc.record({ failurePolicy: fc.constant('Continue' as const), errorThreshold: fc.nat(3) })),
    limits: fc.record({ activeDeadlineSeconds: fc.integer({ min: 1, max: 300 }), ttlSecondsAfterFinished: fc.nat(300), runRetention: fc.nat(2) }, { requiredKeys: [] }),
  })
  .map(({ dependencies, tolerant, policy, limits }) =>
    dependencies
      .reduce(
        (mission, picks, index) => mission.withTask(`t${index}`, { after: index === 0 ? [] : [...new Set(picks.map((pick) => `t${pick % index}`))], onFailure: tolerant[index] === true ? 'Continue' : 'Fail' }),
        aMission().spec({ ...policy, ...limits }),
      )
      .withGoal('first', 'tasks["t0"].outcome == "Succeeded"', false),
  );

interface Life {
  readonly view: MissionView;
  readonly now: number;
}

const pools = [aPool().build()];

function lived({ view, now }: Life, happening: Happening): Life {
  const { spec, metadata } = view.mission;
  const edited = (change: Partial<typeof spec>): Life => ({ now, view: { ...viewOf({ ...view.mission, spec: { ...spec, ...change }, metadata: { ...metadata, generation: metadata.generation + 1 } }, { others: view.tasks, pools: view.pools }), live: view.live, confirmedGone: view.confirmedGone } });
  switch (happening.kind) {
    case 'turn':
      return { now, view: applied(view, decideMission(view, now)) };
    case 'pass':
      return { view, now: now + happening.pick * 1000 };
    case 'mode':
      return edited({ operatingMode: happening.mode });
    case 'rerun':
      return edited({ runRequest: `r${metadata.generation}` });
    case 'pool':
      return { now, view: { ...view, pools: happening.there ? pools : [] } };
    case 'start':
    case 'end':
    case 'vanish':
      return { now, view: touched(view, happening.kind, happening.pick) };
  }
}

/** Something happens to one of the tasks that may start, or that run. */
function touched(view: MissionView, kind: 'start' | 'end' | 'vanish', pick: number): MissionView {
  const { open } = factsOf(view);
  const task = open[pick % Math.max(1, open.length)];
  if (task === undefined) return view;
  const { uid } = task.metadata;
  const live = new Set(view.live);
  if (kind === 'start') return { ...view, live: live.add(uid) };
  live.delete(uid);
  if (kind === 'vanish') return { ...view, live, tasks: view.tasks.filter((other) => other !== task) };
  const result = results[pick % results.length] ?? 'Failed';
  const outcome = { result, reason: 'Completed', message: '', epoch: { term: 1, counter: 1 }, time: '2026-01-01T00:00:30Z' };
  const decided: Task = { ...task, status: { ...task.status, attempt: 1, outcome } };
  return { ...view, live, tasks: view.tasks.map((other) => (other === task ? decided : other)) };
}

/** Follows a life and shows each decision on its way. */
function follow(mission: MissionBuilder, happenings: readonly Happening[], look: (view: MissionView, decision: MissionDecision, now: number) => void): void {
  let life: Life = { view: viewOf(mission.build(), { pools }), now: t0 };
  for (const happening of happenings) {
    life = lived(life, happening);
    look(life.view, decideMission(life.view, life.now), life.now);
  }
}

const anyLife = fc.tuple(anyMission, fc.array(anyHappening, { maxLength: 30 }));
const runs = { numRuns: 60 };

test('turn after turn, a mission that nobody touches comes to rest', () => {
  fc.assert(
    fc.property(anyLife, ([mission, happenings]) => {
      follow(mission, happenings, (start, first, now) => {
        let [view, decision] = [start, first];
        for (let turn = 0; turn < 8; turn++) {
          const next = applied(view, decision);
          const again = decideMission(next, now);
          const done = lines(view, decision);
          // What was carried out is never asked for again; another run has tasks of the same names.
          if (next.run === view.run) expect(lines(next, again).filter((line) => done.includes(line))).toEqual([]);
          [view, decision] = [next, again];
        }
        expect(lines(view, decision)).toEqual([]);
        if (decision.status !== undefined) expect(statusPatch(view.mission.status, decision.status)).toBeUndefined();
      });
    }),
    runs,
  );
});

test('a status is valid, and its counts add up', () => {
  fc.assert(
    fc.property(anyLife, ([mission, happenings]) => {
      follow(mission, happenings, (view, { status }) => {
        if (status?.tasks === undefined) return;
        expect(MissionStatus.parse(status)).toEqual(status);
        const { total, pending, running, ...decided } = status.tasks;
        const done = Object.values(decided).reduce((sum, count) => sum + count, 0);
        expect(pending + running + done).toBe(total);
        expect(status.tasksDone).toBe(`${done}/${total}`);
        expect(status.completionTime !== undefined || (status.plan?.createdThrough ?? 0) <= view.plan.length).toBe(true);
      });
    }),
    runs,
  );
});

test('no turn creates more than fifty tasks, one that exists, or any while the mission is not to run', () => {
  fc.assert(
    fc.property(anyLife, ([mission, happenings]) => {
      follow(mission, happenings, (view, { intents }) => {
        const created = intents.filter(({ kind }) => kind === 'createTask');
        expect(created.length).toBeLessThanOrEqual(50);
        const there = new Set(view.tasks.map(({ metadata }) => metadata.name));
        for (const intent of created) expect(intent.kind === 'createTask' && there.has(intent.task.metadata.name)).toBe(false);
        if (view.mission.spec.operatingMode !== 'Run' || view.pools.length === 0) expect(created).toEqual([]);
      });
    }),
    runs,
  );
});

test('a mission succeeds only when every task is decided, none was cancelled, and no more failed than it tolerates', () => {
  fc.assert(
    fc.property(anyLife, ([mission, happenings]) => {
      follow(mission, happenings, (view, { status }) => {
        const ended = status?.conditions?.find(({ type }) => type === 'Succeeded');
        if (ended?.status !== 'True' || view.mission.status?.completionTime !== undefined) return;
        const { nodes, failures } = factsOf(view);
        expect(nodes.filter(({ result }) => result === undefined || result === 'Cancelled')).toEqual([]);
        expect(failures.length).toBeLessThanOrEqual(view.mission.spec.errorThreshold);
      });
    }),
    runs,
  );
});

test('an outcome is never decided twice, and nothing live is cancelled by Stop before its deadline', () => {
  fc.assert(
    fc.property(anyLife, ([mission, happenings]) => {
      follow(mission, happenings, (view, { intents }) => {
        for (const intent of intents) {
          if (intent.kind !== 'decideTask') continue;
          expect(intent.task.status?.outcome).toBeUndefined();
          const mayGoOn = intent.reason === 'MissionStopped' && view.mission.spec.activeDeadlineSeconds === undefined;
          expect(mayGoOn && view.live.has(intent.task.metadata.uid)).toBe(false);
        }
      });
    }),
    runs,
  );
});
