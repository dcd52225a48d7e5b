import { describe, expect, test } from 'vitest';
import { PlanSpec } from '#api/v1alpha1/plan.ts';
import { Planner } from '#api/v1alpha1/mission.ts';
import { anApproval } from '#testing/builders/approval.ts';
import { aMission } from '#testing/builders/mission.ts';
import { aPlan } from '#testing/builders/plan.ts';
import { goalDigest } from './goal.ts';
import { awaitedPlan, needsApproval, planDigest } from './plan.ts';
import { awaitedApproval, type Standing, standing, type Subject } from './standing.ts';

const subject: Subject = { missionUid: 'uid-m', kind: 'Goal', name: 'looks-good', digest: 'a'.repeat(64) };
const yes = (by: string, about = subject) => anApproval(about, { by });
const no = (by: string, creationTimestamp = '2026-01-01T00:00:00Z', comment?: string) => anApproval(subject, { by, decision: 'Reject', meta: { creationTimestamp }, ...(comment === undefined ? {} : { comment }) });

describe('how a subject stands', () => {
  const cases: Record<string, { required?: number; said: Parameters<typeof standing>[2]; want: Standing }> = {
    'waits while nobody has said anything': { said: [], want: { kind: 'waiting', approvedBy: [] } },
    'is approved by one when one is enough': { said: [yes('ann')], want: { kind: 'approved', approvedBy: ['ann'] } },
    'waits for as many as it needs': { required: 2, said: [yes('ann')], want: { kind: 'waiting', approvedBy: ['ann'] } },
    'names those who approved in order, however they came': { required: 2, said: [yes('zoe'), yes('ann')], want: { kind: 'approved', approvedBy: ['ann', 'zoe'] } },
    'counts a person once': { required: 2, said: [yes('ann'), anApproval(subject, { by: 'ann', meta: { name: 'again' } })], want: { kind: 'waiting', approvedBy: ['ann'] } },
    'is rejected by one, whoever approved': { said: [yes('ann'), yes('bob'), no('eve', undefined, 'the tests were weakened')], want: { kind: 'rejected', approvedBy: ['ann', 'bob'], rejectedBy: 'eve', comment: 'the tests were weakened' } },
    'takes who said both as against it': { said: [yes('ann'), no('ann')], want: { kind: 'rejected', approvedBy: [], rejectedBy: 'ann' } },
    'names the first who rejected': { said: [no('ann', '2026-01-01T00:00:02Z'), no('zoe', '2026-01-01T00:00:01Z')], want: { kind: 'rejected', approvedBy: [], rejectedBy: 'zoe' } },
    'lets the name decide within a second': { said: [no('zoe'), no('ann')], want: { kind: 'rejected', approvedBy: [], rejectedBy: 'ann' } },
    'does not count what was said of another mission of that name': { said: [yes('ann', { ...subject, missionUid: 'uid-before' })], want: { kind: 'waiting', approvedBy: [] } },
    'does not count what was said of a plan of that name': { said: [yes('ann', { ...subject, kind: 'Plan' })], want: { kind: 'waiting', approvedBy: [] } },
    'does not count what was said of another goal': { said: [yes('ann', { ...subject, name: 'other' })], want: { kind: 'waiting', approvedBy: [] } },
    'does not count what was said of what it was before': { said: [yes('ann', { ...subject, digest: 'b'.repeat(64) })], want: { kind: 'waiting', approvedBy: [] } },
  };
  test.each(Object.entries(cases))('%s', (_, { required = 1, said, want }) => expect(standing(subject, required, said)).toEqual(want));
});

test('what is asked and said has room in a status', () => {
  const said = Array.from({ length: 12 }, (_, index) => yes(`ann-${index}`));
  const awaited = awaitedApproval({ subject, text: `Good?\u0007${'x'.repeat(2000)}`, required: 2 }, said);
  expect(awaited).toMatchObject({ kind: 'Goal', name: 'looks-good', digest: subject.digest, required: 2 });
  expect([awaited.question.length <= 1024, awaited.question.includes('\u0007'), awaited.approvedBy.length]).toEqual([true, false, 10]);
});

const estimate = { costUsd: '0.50', seconds: 90, criticalPath: ['survey'], widest: 2 };
const plan = aPlan(aMission('m').build()).withTask('survey').spec({ estimate, summary: 'Look first.' });

describe('the digest of a plan', () => {
  const digest = planDigest(plan.build());
  const changed: Record<string, Partial<PlanSpec>> = {
    'another summary': { summary: 'Look twice.' },
    'another estimate': { estimate: { ...estimate, costUsd: '5.00' } },
    'another task': { tasks: aPlan(aMission('m').build()).withTask('other').build().spec.tasks },
  };
  test.each(Object.entries(changed))('%s is another one', (_, spec) => expect(planDigest(plan.spec(spec).build())).not.toBe(digest));
  test('says nothing of what the plan cost to make, nor when that was', () => {
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(planDigest(plan.spec({ plannedTime: '2027-01-01T00:00:00Z', rounds: 3, usage: { inputTokens: 9, outputTokens: 9, costUsd: '9.00' } }).build())).toBe(digest);
  });
});

test('the digest of a goal binds goal, run, files and question', () => {
  const base = { goal: 'g', run: 1, tree: 'aaaa', question: 'Good?' };
  const others = [{ goal: 'h' }, { run: 2 }, { tree: 'bbbb' }, { tree: undefined }, { question: 'Bad?' }];
  expect(new Set([base, ...others.map((other) => ({ ...base, ...other }))].map(goalDigest)).size).toBe(6);
});

describe('a plan needs approval', () => {
  const cases: Record<string, { planner: object; costUsd?: string; want: boolean }> = {
    'never when nobody asked for it': { planner: {}, costUsd: '999.00', want: false },
    'always when that was asked for': { planner: { planApproval: 'Always' }, costUsd: '0.00', want: true },
    'not at the amount itself': { planner: { planApproval: 'OnCost', approvalAboveUsd: '0.50' }, costUsd: '0.500000', want: false },
    'above the amount': { planner: { planApproval: 'OnCost', approvalAboveUsd: '0.50' }, costUsd: '0.500001', want: true },
    'by number and not by text': { planner: { planApproval: 'OnCost', approvalAboveUsd: '9.00' }, costUsd: '10.00', want: true },
    'when nobody knows what it may cost': { planner: { planApproval: 'OnCost', approvalAboveUsd: '9.00' }, want: true },
  };
  test.each(Object.entries(cases))('%s', (_, { planner, costUsd, want }) => {
    const { estimate: _estimate, ...spec } = plan.build().spec;
    expect(needsApproval(Planner.parse(planner), { spec: costUsd === undefined ? spec : { ...spec, estimate: { ...estimate, costUsd } } })).toBe(want);
  });
});

test('people are asked about a plan by its size, its estimate and its words', () => {
  const built = plan.build();
  const said = [anApproval({ missionUid: 'uid-m', kind: 'Plan', name: 'm-plan-1', digest: planDigest(built) }, { by: 'ann' })];
  expect(awaitedPlan(built, 2, said)).toEqual({
    kind: 'Plan',
    name: 'm-plan-1',
    digest: planDigest(built),
    question: 'May plan 1 run? It has 1 task, about 0.50 USD and 90 s, with up to 2 tasks side by side. Look first.',
    required: 2,
    approvedBy: ['ann'],
  });
  expect(awaitedPlan(plan.spec({ estimate: { ...estimate, widest: 1 } }).withTask('report', 'survey').build(), 1, []).question).toContain('It has 2 tasks, about 0.50 USD and 90 s, with one task at a time.');
});
