// What people say of plans and goals: what they see before, what is written in their name, and what stops them.
import { describe, expect, test } from 'vitest';
import { type Approval, ApprovalSpec } from '#api/v1alpha1/approval.ts';
import type { AwaitedApproval, MissionStatus } from '#api/v1alpha1/mission.ts';
import type { Condition } from '#api/v1alpha1/schema.ts';
import { planDigest } from '#domain/approval/plan.ts';
import { KubeError } from '#platform/kube/error.ts';
import type { KubeReason, NewObject } from '#platform/kube/types.ts';
import { anApproval } from '#testing/builders/approval.ts';
import { aPlan } from '#testing/builders/plan.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { fakeClient, fakeCluster, fakeSession } from '../access/fake.ts';
import { errorLine } from '../failure.ts';
import { fakeTerminal } from '../terminal/fake.ts';
import { changeLines } from '../tree/lines.ts';
import { missionTree } from '../tree/model.ts';
import { aPlannedMission, FakeFeed, succeeded, t0 } from '../world/fixture.ts';
import { approvalObject } from '../world/approvals.ts';
import { approvalsCommand } from './approvals.ts';
import { type DecisionOptions, decisionCommand } from './approve.ts';
import { treeCommand } from './tree.ts';
import { waitCommand } from './wait.ts';
import { whyCommand } from './why.ts';

const estimate = { costUsd: '0.42', seconds: 95, criticalPath: ['survey', 'report'], widest: 2 };
const plan = aPlan(aPlannedMission()).withTask('survey').withTask('report', 'survey').spec({ summary: 'Look, then tell.', estimate }).build();
const aboutPlan: AwaitedApproval = { kind: 'Plan', name: plan.metadata.name, digest: planDigest(plan), question: 'May plan 1 run?', required: 1, approvedBy: [] };
const aboutGoal: AwaitedApproval = { kind: 'Goal', name: 'looks-good', digest: 'a'.repeat(64), question: 'Is it\u001B[31m good?', required: 1, approvedBy: [] };
const waits: Condition = { type: 'ApprovalRequired', status: 'True', reason: 'AwaitingApproval', message: 'plan 1 has to be approved', lastTransitionTime: '2026-11-22T12:00:00Z' };

const asking = (approvals: readonly AwaitedApproval[], status: MissionStatus = {}) => aPlannedMission({ conditions: [succeeded('Unknown', 'Planning'), waits], approvals: [...approvals], ...status });

interface Given {
  readonly mission?: ReturnType<typeof asking> | undefined;
  readonly objects?: Readonly<Record<string, object>>;
  /** What the API server says to a create. */
  readonly refuses?: KubeReason;
}

function setUp({ mission = asking([aboutPlan]), objects = {}, refuses }: Given = {}) {
  const created: NewObject[] = [];
  const asked: string[] = [];
  const client = fakeClient({ 'missions/examine': mission, [`plans/${plan.metadata.name}`]: plan, ...objects }, [], {
    create: <T>(_: object, object: NewObject) => {
      if (refuses !== undefined) return Promise.reject(new KubeError('create approval', 'no', { status: 400, reason: refuses }));
      created.push(object);
      return Promise.resolve(object as T);
    },
    post: <T>(path: string) => (asked.push(path), Promise.resolve({ status: { userInfo: { username: 'ann' } } } as T)),
  });
  const terminal = fakeTerminal();
  const clock = new ManualClock(t0);
  const feed = new FakeFeed({ mission, tasks: [] });
  const session = fakeSession({ terminal, clock, cluster: fakeCluster(feed, client) });
  return { session, terminal, created, asked, feed, clock };
}

async function said(options: Partial<DecisionOptions> = {}, given: Given = {}) {
  const { session, terminal, created, asked } = setUp(given);
  const code = await decisionCommand(session, 'examine', { decision: 'Approve', ...options }).catch(errorLine);
  return { code, out: terminal.out(), created, asked };
}

describe('approve', () => {
  test('shows the plan with its estimate, and writes what the user says in their own name', async () => {
    const { code, out, created, asked } = await said({ comment: 'cheap enough' });
    expect([code, asked]).toEqual([0, ['/apis/authentication.k8s.io/v1/selfsubjectreviews']]);
    expect(out).toMatchInlineSnapshot(`
      "plan examine-plan-1: Look, then tell.
        survey     Analyzer  AnalyzeCode
        └─ report  Analyzer  AnalyzeCode  after survey
        it may take about 0.42 USD and 95 s, with up to 2 tasks side by side
        longest way: survey -> report
      ann approved plan examine-plan-1 of mission examine: 1 of 1
      "
    `);
    expect(created).toEqual([
      {
        apiVersion: 'coditect.ai/v1alpha1',
        kind: 'Approval',
        metadata: {
          name: expect.stringMatching(/^examine-[a-z2-7]{16}$/) as string,
          namespace: 'demo',
          labels: { 'coditect.ai/mission': 'u-mission' },
          ownerReferences: [{ apiVersion: 'coditect.ai/v1alpha1', kind: 'Mission', name: 'examine', uid: 'u-mission' }],
        },
        spec: { missionRef: { name: 'examine', uid: 'u-mission' }, subject: { kind: 'Plan', name: plan.metadata.name, digest: planDigest(plan) }, decision: 'Approve', approver: 'ann', comment: 'cheap enough' },
      },
    ]);
    expect(ApprovalSpec.safeParse(created[0]?.['spec']).success).toBe(true);
  });

  test('says how many more must', async () => {
    const { out } = await said({}, { mission: asking([{ ...aboutPlan, required: 3, approvedBy: ['zoe'] }]) });
    expect(out).toContain('ann approved plan examine-plan-1 of mission examine: 2 of 3, 1 more must\n');
  });

  test('counts a person once', async () => {
    const { out } = await said({}, { mission: asking([{ ...aboutPlan, required: 2, approvedBy: ['ann'] }]) });
    expect(out).toContain(': 1 of 2, 1 more must\n');
  });

  test('of a goal shows the question and what is known of the work', async () => {
    const goals = [{ name: 'looks-good', state: 'Unknown' as const, reason: 'AwaitingApproval', evidence: '0 of 1 people approved the files of build' }];
    const { code, out, created } = await said({ goal: 'looks-good' }, { mission: asking([aboutPlan, aboutGoal], { goals }) });
    expect([code, out]).toEqual([0, 'goal looks-good: Is it good?\n  0 of 1 people approved the files of build\nann approved goal looks-good of mission examine: 1 of 1\n']);
    expect(created[0]).toMatchObject({ spec: { subject: { kind: 'Goal', name: 'looks-good', digest: 'a'.repeat(64) } } });
  });

  test('needs no flag when all but one are settled', async () => {
    const { created } = await said({}, { mission: asking([{ ...aboutPlan, approvedBy: ['zoe'] }, { ...aboutGoal, name: 'other', rejectedBy: 'eve' }, aboutGoal]) });
    expect(created[0]).toMatchObject({ spec: { subject: { name: 'looks-good' } } });
  });

  test('of several things lists them, writes nothing and says how to name one', async () => {
    const { code, out, created } = await said({}, { mission: asking([aboutPlan, aboutGoal]) });
    expect(code).toBe('error: approve mission examine: people are asked about 2 things ; next: name one of them: kubectl mission approve examine --plan -n demo');
    expect([out, created]).toEqual([
      'plan examine-plan-1: May plan 1 run?\n  kubectl mission approve examine --plan -n demo\ngoal looks-good: Is it good?\n  kubectl mission approve examine --goal looks-good -n demo\n',
      [],
    ]);
  });

  test('of several things takes the plan when it is meant', async () => {
    expect((await said({ plan: true }, { mission: asking([aboutPlan, aboutGoal]) })).created[0]).toMatchObject({ spec: { subject: { kind: 'Plan' } } });
  });

  const refused: Record<string, { options?: Partial<DecisionOptions>; given?: Given; says: string }> = {
    'when nobody is asked, and says how the mission is': { given: { mission: aPlannedMission({ conditions: [succeeded('True', 'GoalsMet')] }) }, says: 'approve mission examine: nobody is asked about anything now, the mission is GoalsMet ; next: kubectl mission approvals examine -n demo' },
    'when all is settled': { given: { mission: asking([{ ...aboutPlan, rejectedBy: 'eve' }]) }, says: 'approve mission examine: nobody is asked about anything now, the mission is Planning ; next: kubectl mission approvals examine -n demo' },
    'a goal that nobody is asked about': { options: { goal: 'other' }, says: 'approve goal other of mission examine: nobody is asked about goal other now, the mission is Planning ; next: kubectl mission approvals examine -n demo' },
    'a goal that has the name of the plan': { options: { goal: plan.metadata.name }, says: `approve goal ${plan.metadata.name} of mission examine: nobody is asked about goal ${plan.metadata.name} now, the mission is Planning ; next: kubectl mission approvals examine -n demo` },
    'a plan that nobody is asked about': { options: { plan: true }, given: { mission: asking([aboutGoal]) }, says: 'approve the plan of mission examine: nobody is asked about the plan now, the mission is Planning ; next: kubectl mission approvals examine -n demo' },
    'a plan that is not the one that was asked about': { given: { mission: asking([{ ...aboutPlan, digest: 'b'.repeat(64) }]) }, says: 'approve mission examine: plan examine-plan-1 is not the one that people are asked about ; next: wait a moment and look again: kubectl mission approvals examine -n demo' },
    'a plan that is gone': { given: { mission: asking([{ ...aboutPlan, name: 'examine-plan-9' }]) }, says: 'approve mission examine: plan examine-plan-9 is not there any more ; next: wait a moment and look again: kubectl mission approvals examine -n demo' },
    'who may not': { given: { refuses: 'Forbidden' }, says: 'approve mission examine: ann may not create approvals.coditect.ai in namespace demo ; next: ask for ClusterRole coditect-approver in this namespace: docs/approvals.md' },
  };
  test.each(Object.entries(refused))('refuses %s', async (_, { options, given, says }) => {
    const { code, created } = await said(options, given);
    expect([code, created]).toEqual([`error: ${says}`, []]);
  });

  test('passes on what else the API server refuses', async () => expect((await said({}, { refuses: 'Timeout' })).code).toContain('a write may have happened'));

  test('refuses a mission that does not exist', async () => {
    const { session } = setUp();
    await expect(decisionCommand(session, 'other', { decision: 'Approve' })).rejects.toThrow('find mission other: there is none in namespace demo');
  });

  test('refuses who has no name', async () => {
    const client = fakeClient({ 'missions/examine': asking([aboutGoal]) }, [], { post: <T>() => Promise.resolve({} as T) });
    const session = fakeSession({ terminal: fakeTerminal(), clock: new ManualClock(t0), cluster: fakeCluster(undefined, client) });
    expect(await decisionCommand(session, 'examine', { decision: 'Approve' }).catch(errorLine)).toContain('the API server knows no name for this credential ; next: log in again');
  });
});

describe('what was said before', () => {
  const before = (decision: 'Approve' | 'Reject') => {
    const object = approvalObject(asking([]), aboutPlan, { decision, approver: 'ann' });
    return { objects: { [`approvals/${object.metadata.name}`]: object }, refuses: 'AlreadyExists' as const, name: object.metadata.name };
  };

  test('may be said again', async () => {
    const { code, out } = await said({}, before('Approve'));
    expect([code, out]).toEqual([0, expect.stringContaining('ann approved plan examine-plan-1 of mission examine: 1 of 1\n')]);
  });

  test('is not turned into its opposite', async () => {
    const { name, ...given } = before('Approve');
    expect((await said({ decision: 'Reject' }, given)).code).toBe(`error: reject mission examine: ann has approved it before ; next: to say something else, let somebody who may delete what was said: kubectl delete approvals.coditect.ai ${name} -n demo`);
  });

  test('and vanished meanwhile is told', async () => expect((await said({}, { refuses: 'AlreadyExists' })).code).toContain('has just taken back what was said of it'));

  test('has a name of its own for each person, thing and state of it', () => {
    const nameFor = (asked: AwaitedApproval, approver = 'ann') => approvalObject(asking([]), asked, { decision: 'Approve', approver }).metadata.name;
    const names = [nameFor(aboutPlan), nameFor(aboutPlan, 'bob'), nameFor(aboutGoal), nameFor({ ...aboutPlan, kind: 'Goal' }), nameFor({ ...aboutPlan, digest: 'b'.repeat(64) })];
    expect([new Set(names).size, nameFor(aboutPlan)]).toEqual([5, names[0]]);
  });
});

test('reject says no, whatever others said', async () => {
  const { code, out, created } = await said({ decision: 'Reject', comment: 'too dear' }, { mission: asking([{ ...aboutPlan, required: 2, approvedBy: ['bob'] }]) });
  expect([code, out]).toEqual([0, expect.stringContaining('ann rejected plan examine-plan-1 of mission examine\n')]);
  expect(created).toMatchObject([{ spec: { decision: 'Reject', comment: 'too dear' } }]);
});

describe('approvals', () => {
  const mission = asking([{ ...aboutPlan, required: 2, approvedBy: ['bob'] }, { ...aboutGoal, rejectedBy: 'eve' }]);
  const of = ({ kind, name, digest }: AwaitedApproval) => ({ missionUid: 'u-mission', kind, name, digest });
  const words: readonly Approval[] = [
    anApproval(of(aboutGoal), { by: 'eve', decision: 'Reject', comment: 'no\u001B[2J', meta: { creationTimestamp: new Date(t0 - 5000).toISOString() } }),
    anApproval(of(aboutPlan), { by: 'bob', meta: { creationTimestamp: new Date(t0 - 90_000).toISOString() } }),
    anApproval(of({ ...aboutPlan, digest: 'c'.repeat(64) }), { by: 'zoe', meta: { creationTimestamp: new Date(t0 - 900_000).toISOString() } }),
  ];
  const objects = Object.fromEntries(words.map((word) => [`approvals/${word.metadata.name}`, word]));

  test('are listed with what was said, and whether it counts', async () => {
    const { session, terminal } = setUp({ mission, objects });
    expect(await approvalsCommand(session, 'examine', { json: false })).toBe(0);
    expect(terminal.out()).toMatchInlineSnapshot(`
      "plan examine-plan-1 waiting: 1 of 2 approved (bob)
        May plan 1 run?
      goal looks-good rejected: 0 of 1 approved, rejected by eve
        Is it good?
      WHO  SAID     OF                   COUNTS  AGE     COMMENT
      zoe  Approve  plan examine-plan-1  no      15m00s
      bob  Approve  plan examine-plan-1  yes     1m30s
      eve  Reject   goal looks-good      yes     5s      no
      "
    `);
    expect(terminal.notes).toEqual(['next: kubectl mission approve examine -n demo, or kubectl mission reject examine -n demo']);
  });

  test('that nobody asked for are told so', async () => {
    const { session, terminal } = setUp({ mission: aPlannedMission() });
    await approvalsCommand(session, 'examine', { json: false });
    expect([terminal.out(), terminal.notes]).toEqual(['', ['nobody is asked about mission examine now ; next: kubectl mission why examine -n demo']]);
  });

  test('are data when asked', async () => {
    const { session, terminal } = setUp({ mission, objects });
    await approvalsCommand(session, 'examine', { json: true });
    expect(JSON.parse(terminal.out())).toMatchObject({
      mission: 'examine',
      asked: [{ kind: 'Plan', answer: 'waiting', required: 2 }, { kind: 'Goal', answer: 'rejected' }],
      said: [{ approver: 'zoe', counts: false }, { approver: 'bob', counts: true, decision: 'Approve' }, { approver: 'eve', counts: true, comment: 'no\u001B[2J' }],
    });
  });
});

describe('a mission that waits for people', () => {
  const mission = asking([aboutPlan]);
  const sentence = 'waits for approval: kubectl mission approve examine -n demo';

  test('says so in the tree and in its lines', async () => {
    const { session, terminal } = setUp({ mission });
    await treeCommand(session, 'examine', { once: true, json: false });
    expect(terminal.out()).toContain(`\n${sentence}\n`);
    expect(changeLines(undefined, missionTree({ mission, tasks: [] }), t0).at(-1)).toContain(`mission examine Planning: ${sentence}`);
  });

  test('says so to who waits for it, once each time', async () => {
    const { session, terminal, feed } = setUp({ mission: aPlannedMission({ conditions: [succeeded('Unknown', 'Running')] }) });
    const waited = waitCommand(session, 'examine', { json: false });
    await new Promise(setImmediate);
    expect(terminal.notes).toEqual([]);
    feed.show({ mission, tasks: [] });
    feed.show({ mission: { ...mission, spec: { ...mission.spec, priority: 1 } }, tasks: [] });
    feed.show({ mission: aPlannedMission({ conditions: [succeeded('True', 'GoalsMet')] }), tasks: [] });
    expect([await waited, terminal.notes, feed.listeners]).toEqual([0, [`mission examine ${sentence}`], 0]);
  });

  test('says why', async () => {
    const { session, terminal } = setUp({ mission });
    await whyCommand(session, 'examine', { json: false });
    expect(terminal.out()).toContain('mission examine AwaitingApproval: plan 1 has to be approved\n  next: kubectl mission approve examine -n demo\n');
  });
});
