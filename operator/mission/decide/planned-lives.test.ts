// Missions with a planner live random lives: plans come, valid or not, people say yes or no, tasks end. What must hold always is said here.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Approval } from '#api/v1alpha1/approval.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { planQuestion } from '#domain/approval/plan.ts';
import { questionDigest, revisionDigest } from '#domain/plan/question.ts';
import { keepable } from '#domain/planning/revision.ts';
import { anApproval } from '#testing/builders/approval.ts';
import { aMission } from '#testing/builders/mission.ts';
import { aPlan } from '#testing/builders/plan.ts';
import { applied, lines, t0, viewOf } from '../testing.ts';
import { decideMission, type MissionDecision } from './index.ts';
import type { MissionIntent } from './intents.ts';
import type { MissionView } from './view.ts';

interface World {
  readonly view: MissionView;
  readonly plans: readonly Plan[];
  readonly approvals: readonly Approval[];
}

type Happening = { readonly kind: 'turn' | 'answer' | 'end' | 'say' | 'forget'; readonly pick: number };

const anyHappening: fc.Arbitrary<Happening> = fc.record({ kind: fc.constantFrom('turn', 'turn', 'turn', 'answer', 'end', 'end', 'say', 'forget'), pick: fc.nat(1000) });
const anyWish = fc.record({ maxReplans: fc.nat(3), planApproval: fc.constantFrom('Never' as const, 'Always' as const), required: fc.boolean() });

const missionOf = ({ maxReplans, planApproval, required }: { readonly maxReplans: number; readonly planApproval: 'Never' | 'Always'; readonly required: boolean }) =>
  aMission().spec({ failurePolicy: 'Replan', planner: { maxReplans, planApproval } }).withGoal('done', 'tasks["last"].observed.left == 0', required).withFinally('bye').build();

const seen = ({ view, plans, approvals }: World, tasks: readonly Task[] = view.tasks): World => ({ plans, approvals, view: viewOf(view.mission, { plans, approvals, others: tasks }) });

/** The planner answers what it was asked: now and then with nonsense, else with some tasks that it keeps and some that are new. */
function answered(world: World, asked: MissionIntent & { readonly kind: 'requestPlan' }, pick: number): World {
  const { view, plans } = world;
  const { revision } = asked;
  const number = plans.length + 1;
  const requestDigest = revision === undefined ? questionDigest(view.mission.spec) : revisionDigest(revision.plan, revision.run);
  const base = aPlan(view.mission as Mission).spec({ revision: number, requestDigest });
  if (pick % 7 === 0) return seen({ ...world, plans: [...plans, base.rejected('nonsense').build()] });
  const allowed = revision === undefined ? new Set<string>() : keepable(revision);
  const kept = (revision?.plan.spec.tasks ?? []).filter(({ name, dependsOn }, index) => (pick >> index) % 2 === 1 && allowed.has(name) && dependsOn.length === 0 && name !== 'last');
  const fresh = ['a', 'b'].map((letter) => `${letter}${number}`);
  const plan = fresh.reduce((builder, name) => builder.withTask(name), base.spec({ tasks: kept })).withTask('last', ...fresh);
  return seen({ ...world, plans: [...plans, plan.build()] });
}

function ended(world: World, pick: number): World {
  const open = world.view.tasks.filter(({ status, spec }) => status?.outcome === undefined && spec.dependsOn.every((name) => world.view.tasks.some((other) => other.spec.taskName === name && other.status?.outcome?.result === 'Succeeded')));
  const task = open[pick % Math.max(1, open.length)];
  if (task === undefined) return world;
  const result = pick % 3 === 0 ? ('Failed' as const) : ('Succeeded' as const);
  const outcome = { result, reason: 'Completed', message: 'm', epoch: { term: 1, counter: 1 }, time: '2026-01-01T00:00:30Z' };
  return seen(world, world.view.tasks.map((other) => (other === task ? { ...task, status: { ...task.status, attempt: 1, observed: { left: pick % 4 === 1 ? 1 : 0 }, outcome } } : other)));
}

function said(world: World, pick: number): World {
  const plan = world.plans[pick % Math.max(1, world.plans.length)];
  if (plan === undefined) return world;
  return seen({ ...world, approvals: [...world.approvals, anApproval(planQuestion(plan, 1).subject, { by: `p${pick % 3}`, decision: pick % 5 === 0 ? 'Reject' : 'Approve' })] });
}

function lived(world: World, { kind, pick }: Happening): World {
  const decision = decideMission(world.view, t0);
  const asked = decision.intents.find((intent) => intent.kind === 'requestPlan');
  if (kind === 'answer') return asked === undefined ? world : answered(world, asked, pick);
  if (kind === 'end') return ended(world, pick);
  if (kind === 'say') return said(world, pick);
  if (kind === 'forget') return seen({ ...world, approvals: [] });
  const next = applied(world.view, { ...decision, intents: decision.intents.filter((intent) => intent.kind !== 'requestPlan') });
  return { ...world, view: next };
}

/** One moment of a life. */
interface Moment {
  readonly wish: { readonly maxReplans: number; readonly planApproval: 'Never' | 'Always'; readonly required: boolean };
  readonly before: World;
  readonly world: World;
  readonly decision: MissionDecision;
}

const verdictOf = ({ status }: MissionDecision) => status?.conditions?.find(({ type }) => type === 'Succeeded');

/** Each gives what is wrong, or nothing. */
const rules: Record<string, (moment: Moment) => unknown[]> = {
  'what was carried out is not done again': ({ world: { view }, decision }) => {
    const done = new Set(lines(view, decision));
    const next = applied(view, decision);
    return lines(next, decideMission(next, t0)).filter((line) => done.has(line));
  },
  'no run has more plans than it may': ({ wish, world: { view } }) => view.planning.chain.slice(1 + wish.maxReplans),
  'nothing that ran is deleted': ({ decision }) => decision.intents.filter((intent) => intent.kind === 'deleteTask' && intent.task.status?.outcome?.epoch !== undefined),
  'no task is made without a plan in force': ({ world: { view }, decision }) => (view.planning.chain.length > 0 ? [] : decision.intents.filter(({ kind }) => kind === 'createTask')),
  'nothing runs before people said yes': ({ wish, before, world }) => (wish.planApproval === 'Always' && before.view.tasks.length === 0 && world.view.tasks.length > 0 && world.approvals.every(({ spec }) => spec.decision === 'Reject') ? [world.view.tasks] : []),
  'a mission succeeds only with its goals': ({ wish, decision }) => (wish.required && verdictOf(decision)?.status === 'True' ? (decision.status?.goals ?? []).filter(({ state }) => state !== 'Met') : []),
  'what is over stays over': ({ before, decision }) => (before.view.mission.status?.completionTime === undefined ? [] : [...decision.intents]),
};

test('whatever planner, people and tasks do', () => {
  const reached = new Set<string | undefined>();
  fc.assert(
    fc.property(anyWish, fc.array(anyHappening, { minLength: 15, maxLength: 40 }), (wish, happenings) => {
      let world: World = { view: viewOf(missionOf(wish)), plans: [], approvals: [] };
      for (const happening of happenings) {
        const before = world;
        world = lived(world, happening);
        const decision = decideMission(world.view, t0);
        reached.add(verdictOf(decision)?.reason);
        for (const [rule, broken] of Object.entries(rules)) expect([rule, ...broken({ wish, before, world, decision })]).toEqual([rule]);
      }
    }),
    { numRuns: 200 },
  );
  expect([...reached]).toEqual(expect.arrayContaining(['Planning', 'Replanning', 'AwaitingApproval', 'Running', 'GoalsMet', 'NotAccepted']));
});
