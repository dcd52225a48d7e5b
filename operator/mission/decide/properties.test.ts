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
import { factsOf } from './facts.ts';
import type { MissionView } from './view.ts';

const results = ['Succeeded', 'Succeeded', 'Succeeded', 'Succeeded', 'Failed'] as const;
const modes = ['Run', 'Suspend', 'Stop', 'Cancel'] as const;

/** What happens between two turns; `pick` chooses whom it happens to. */
type Happening =
  | { readonly kind: 'turn' }
  | { readonly kind: 'start' | 'end' | 'endAll' | 'vanish' | 'pass'; readonly pick: number }
  | { readonly kind: 'spend'; readonly pick: number }
  | { readonly kind: 'mode'; readonly mode: (typeof modes)[number] }
  | { readonly kind: 'pool'; readonly there: boolean }
  | { readonly kind: 'rerun' };

const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 16, arbitrary: fc.constant<Happening>({ kind: 'turn' }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom('start', 'end'), pick: fc.nat() }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('endAll' as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('vanish', 'pass'), pick: fc.nat(120) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('spend' as const), pick: fc.nat(120) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('mode' as const), mode: fc.constantFrom(...modes) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pool' as const), there: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant<Happening>({ kind: 'rerun' }) },
);

const anyGraph = (tasks: number) => fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: tasks });
const check = { command: ['npm', 'test'], from: 't0' };

const anyMission: fc.Arbitrary<MissionBuilder> = fc
  .record({
    dependencies: fc.oneof(anyGraph(6), anyGraph(70)),
    tolerant: fc.array(fc.boolean(), { minLength: 70, maxLength: 70 }),
    policy: fc.oneof(fc.constant({ failurePolicy: 'FailFast' as const }), fc.record({ failurePolicy: fc.constant('Continue' as const), errorThreshold: fc.nat(3) })),
    limits: fc.record({ activeDeadlineSeconds: fc.integer({ min: 1, max: 300 }), ttlSecondsAfterFinished: fc.nat(300), runRetention: fc.nat(2), budget: fc.constant({ maxCostUsd: '1.00' }) }, { requiredKeys: [] }),
    checks: fc.array(fc.boolean(), { maxLength: 2 }),
    last: fc.array(fc.boolean(), { maxLength: 3 }),
    output: fc.constantFrom({}, { outputs: { git: { from: 't0', branch: 'fix', mode: 'Push' as const } } }),
  })
  .map(({ dependencies, tolerant, policy, limits, checks, last, output }) => {
    const graph = dependencies.reduce(
      (mission, picks, index) => mission.withTask(`t${index}`, { after: index === 0 ? [] : [...new Set(picks.map((pick) => `t${pick % index}`))], onFailure: tolerant[index] === true ? 'Continue' : 'Fail' }),
      aMission().spec({ ...policy, ...limits, ...output, workspace: { git: { url: 'https://git.example/r' } } }),
    );
    const checked = checks.reduce((mission, required, index) => mission.withCheck(`c${index}`, { command: check }, { required }), graph.withGoal('first', 'tasks["t0"].outcome == "Succeeded"', false));
    return last.reduce((mission, chained, index) => mission.withFinally(`f${index}`, { after: chained && index > 0 ? [`f${index - 1}`] : [], onFailure: chained ? 'Fail' : 'Continue' }), checked);
  });

interface Life {
  readonly view: MissionView;
  readonly now: number;
}

const pools = [aPool().of('Analyzer', 'Tester', 'Coder').build()];

function lived({ view, now }: Life, happening: Exclude<Happening, { kind: 'spend' }>): Life {
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
      return { now, view: { ...view, pools: pools.filter(() => happening.there) } };
    case 'start':
    case 'end':
    case 'endAll':
    case 'vanish':
      return { now, view: touched(view, happening.kind, happening.pick) };
  }
}

/** Something happens to one of the tasks that may start, or that run, or to all of them. */
function touched(view: MissionView, kind: 'start' | 'end' | 'endAll' | 'vanish', pick: number): MissionView {
  const { open } = factsOf(view, t0);
  if (kind === 'endAll') return open.reduce((seen, _, index) => touched(seen, 'end', pick + index), view);
  const task = open[pick % Math.max(1, open.length)];
  if (task === undefined) return view;
  const { uid } = task.metadata;
  const live = new Set(view.live);
  if (kind === 'start') return { ...view, live: live.add(uid) };
  live.delete(uid);
  if (kind === 'vanish') return { ...view, live, tasks: view.tasks.filter((other) => other !== task) };
  const result = results[pick % results.length] ?? 'Failed';
  const epoch = { term: 1, counter: 1 };
  const outcome = { result, reason: 'Completed', message: '', epoch, time: '2026-01-01T00:00:30Z' };
  // One in three verifiers runs where it must not.
  const agent = task.spec.verifies !== undefined && pick % 3 > 0 ? 'agent-2' : 'agent-1';
  const assignment = { pool: 'crew', poolNamespace: 'team-a', agent, agentUid: agent, epoch, assignedTime: '', matchReason: '' };
  const tree = { treeBefore: 'tree', treeAfter: 'tree' };
  const decided: Task = { ...task, status: { ...task.status, attempt: 1, assignment, workspace: tree, observed: { exitCode: result === 'Succeeded' ? 0 : 1 }, outcome } };
  return { ...view, live, tasks: view.tasks.map((other) => (other === task ? decided : other)) };
}

/** The gateway tells that so many cents were spent, now and then for the last time. */
function spent({ view, now }: Life, cents: number): Life {
  const settled = { inputTokens: cents, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, costMicroUsd: cents * 10_000 };
  return { now, view: { ...view, usage: { settled, reservedMicroUsd: 0, calls: 1 }, usageSettledAt: cents % 2 === 0 ? now : undefined } };
}

/** Follows a life and shows each decision on its way. */
function follow(mission: MissionBuilder, happenings: readonly Happening[], look: (view: MissionView, decision: MissionDecision, now: number) => void): void {
  let life: Life = { view: viewOf(mission.build(), { pools }), now: t0 };
  for (const happening of happenings) {
    life = happening.kind === 'spend' ? spent(life, happening.pick) : lived(life, happening);
    look(life.view, decideMission(life.view, life.now), life.now);
  }
}

/** Names of required goals that a status does not call Met. */
function unmetGoals({ mission }: MissionView, status: MissionStatus | undefined): string[] {
  const met = new Set(status?.goals?.filter(({ state }) => state === 'Met').map(({ name }) => name));
  return mission.spec.goals.filter(({ name, required }) => required && !met.has(name)).map(({ name }) => name);
}

const anyLife = fc.tuple(anyMission, fc.array(anyHappening, { minLength: 10, maxLength: 30 }));
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
        const { total, pending, running, memoized = 0, ...decided } = status.tasks;
        const done = Object.values(decided).reduce((sum, count) => sum + count, 0);
        expect(memoized).toBeLessThanOrEqual(decided.succeeded);
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

test('a mission succeeds only when every task is decided, none was cancelled, no more failed than it tolerates, its goals are met and its output is delivered', () => {
  fc.assert(
    fc.property(anyLife, ([mission, happenings]) => {
      follow(mission, happenings, (view, { status }) => {
        const ended = status?.conditions?.find(({ type }) => type === 'Succeeded');
        if (ended?.status !== 'True' || view.mission.status?.completionTime !== undefined) return;
        const { spec } = view.mission;
        const { nodes, failures } = factsOf(view, t0);
        expect(nodes.filter(({ result }) => result === undefined || result === 'Cancelled')).toEqual([]);
        expect(failures.length).toBeLessThanOrEqual(spec.errorThreshold);
        expect(unmetGoals(view, status)).toEqual([]);
        if (spec.outputs !== undefined) expect(nodes.find(({ planned }) => planned.phase === 'output')?.result).toBe('Succeeded');
        expect(nodes.map(({ planned }) => planned.name)).toEqual(view.plan.map(({ name }) => name));
      });
    }),
    runs,
  );
});

test('a phase begins when those before it are decided: the output only when all is well, finally not after Cancel, Stop or the deadline', () => {
  fc.assert(
    fc.property(anyLife, ([mission, happenings]) => {
      follow(mission, happenings, (view, decision, now) => {
        const created = new Set(lines(view, decision).filter((line) => line.startsWith('create ')).map((line) => line.slice('create '.length)));
        const phases = new Set(view.plan.filter(({ name }) => created.has(name)).map(({ phase }) => phase));
        const { nodes, ending } = factsOf(view, now);
        const open = new Set(nodes.filter(({ result }) => result === undefined).map(({ planned }) => planned.phase));
        if (phases.has('output')) expect([open.has('work') || open.has('verifier'), ending, unmetGoals(view, decision.status)]).toEqual([false, undefined, []]);
        if (phases.has('finally')) expect([[...open], ending?.kind ?? 'TaskFailed']).toEqual([['finally'], 'TaskFailed']);
      });
    }),
    runs,
  );
});

test('no goal is met by what an agent found in its own work', () => {
  fc.assert(
    fc.property(anyLife, ([mission, happenings]) => {
      follow(mission, happenings, (view, { status }) => {
        const agentOf = (name: string) => view.tasks.find(({ spec }) => spec.taskName === name && spec.run === view.run)?.status?.assignment?.agent;
        for (const { name, state, proof } of status?.goals ?? []) if (state === 'Met' && name !== 'first') expect([proof?.agent, agentOf('t0')]).toEqual(['agent-2', 'agent-1']);
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
