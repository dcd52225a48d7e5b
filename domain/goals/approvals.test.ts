// Goals that people decide: who is asked about what, when, and what counts.
import { describe, expect, test } from 'vitest';
import type { Approval } from '#api/v1alpha1/approval.ts';
import { MissionTask } from '#api/v1alpha1/mission.ts';
import { goalDigest } from '#domain/approval/goal.ts';
import type { Subject } from '#domain/approval/standing.ts';
import { anApproval, type Said } from '#testing/builders/approval.ts';
import { changed, decided, done, fact, goal, goalsView, missionTree, unsaid } from '#testing/builders/goals.ts';
import { awaitedGoals } from './decide.ts';
import type { TaskFact } from './facts.ts';
import { firstGoalFault } from './faults.ts';
import { goalReasons } from './reasons.ts';

const question = 'May this be merged?';
const build = done('build', {}, { workspace: changed });
const ofBuild = { goal: 'g', run: 1, tree: changed.treeAfter, question };
const ofWork = { ...ofBuild, tree: missionTree };
const about = (looked: Parameters<typeof goalDigest>[0]): Subject => ({ missionUid: 'uid-m', kind: 'Goal', name: 'g', digest: goalDigest(looked) });
const said = (looked: Parameters<typeof goalDigest>[0], words: Said = {}) => anApproval(about(looked), words);

interface Case {
  readonly tasks?: readonly TaskFact[];
  readonly said?: readonly Approval[];
  readonly tree?: string;
  readonly required?: number;
  readonly want: string;
}

function suite(from: string | undefined, normal: readonly TaskFact[], cases: Record<string, Case>): void {
  test.each(Object.entries(cases))('%s', (_, { tasks = normal, said: words = [], required = 1, want }) => {
    const asking = goal({ approval: { question, required, ...(from === undefined ? {} : { from }) } });
    const [status] = decided([asking], tasks, { approvals: { ...unsaid, said: words } });
    expect(`${status?.state} ${status?.reason} | ${status?.evidence}`).toBe(want);
    expect(Object.keys(goalReasons)).toContain(status?.reason);
  });
}

describe('people who are asked about the files of a task', () => {
  suite('build', [build], {
    'are not asked before it has ended': { tasks: [fact('build')], want: 'Unknown Waiting | people are asked about the files of build when task build has ended' },
    'are not asked when it failed': { tasks: [fact('build', { outcome: 'Failed' })], want: 'Unmet NotVerified | nobody was asked about the files of build: task build ended as Failed' },
    'are told how to answer': { want: 'Unknown AwaitingApproval | 0 of 1 people approved the files of build (tree ffff0000ffff): kubectl mission approve m --goal g' },
    'meet it by approving': { said: [said(ofBuild)], want: 'Met Approved | ann approved the files of build (tree ffff0000ffff)' },
    'meet it when enough have': { required: 2, said: [said(ofBuild, { by: 'zoe' }), said(ofBuild)], want: 'Met Approved | ann, zoe approved the files of build (tree ffff0000ffff)' },
    'do not when too few have': { required: 2, said: [said(ofBuild)], want: 'Unknown AwaitingApproval | 1 of 2 people approved the files of build (tree ffff0000ffff): kubectl mission approve m --goal g' },
    'fail it by rejecting, with what they said': { said: [said(ofBuild), said(ofBuild, { by: 'eve', decision: 'Reject', comment: 'tests are gone' })], want: 'Unmet Rejected | eve rejected the files of build (tree ffff0000ffff): tests are gone' },
    'have said nothing of other files': { said: [said({ ...ofBuild, tree: 'eeee' })], want: 'Unknown AwaitingApproval | 0 of 1 people approved the files of build (tree ffff0000ffff): kubectl mission approve m --goal g' },
    'have said nothing of another run': { said: [said({ ...ofBuild, run: 2 })], want: 'Unknown AwaitingApproval | 0 of 1 people approved the files of build (tree ffff0000ffff): kubectl mission approve m --goal g' },
    'have said nothing of another question': { said: [said({ ...ofBuild, question: 'Is it nice?' })], want: 'Unknown AwaitingApproval | 0 of 1 people approved the files of build (tree ffff0000ffff): kubectl mission approve m --goal g' },
  });
});

describe('people who are asked about a mission that changes no files', () => {
  suite(undefined, [done('look'), done('tell')], {
    'are not asked while any task is open': { tasks: [done('look'), fact('tell')], want: 'Unknown Waiting | people are asked about the work when task tell has ended' },
    'are asked also when a task failed': { tasks: [done('look'), fact('tell', { outcome: 'Failed' })], want: 'Unknown AwaitingApproval | 0 of 1 people approved the work (tree 1a2b3c4d5e6f): kubectl mission approve m --goal g' },
    'are not asked when it was cut off': { tasks: [done('look'), fact('tell', { outcome: 'Cancelled' })], want: 'Unmet NotVerified | nobody was asked about the work: task tell ended as Cancelled' },
    'approve the files that it had': { said: [said(ofWork)], want: 'Met Approved | ann approved the work (tree 1a2b3c4d5e6f)' },
  });
});

test('where there are no files at all, the run and the question are what is approved', () => {
  const approvals = { ...unsaid, workspaceTree: undefined };
  const asking = [goal({ approval: { question } })];
  expect(decided(asking, [], { approvals })[0]?.evidence).toBe('0 of 1 people approved the work: kubectl mission approve m --goal g');
  expect(decided(asking, [], { approvals: { ...approvals, said: [said({ ...ofBuild, tree: undefined })] } })[0]).toMatchObject({ state: 'Met', evidence: 'ann approved the work' });
});

test('whose files are meant is found like that of a command', () => {
  const plan = [MissionTask.parse({ name: 'look', type: 'Analyzer', intent: { action: 'AnalyzeCode' } }), MissionTask.parse({ name: 'build', type: 'Coder', intent: { action: 'FormatCode' } })];
  const [status] = decided([goal({ approval: { question } })], [fact('look'), build], { approvals: { ...unsaid, plan, said: [said(ofBuild)] } });
  expect(status?.evidence).toBe('ann approved the files of build (tree ffff0000ffff)');
});

describe('what people are asked', () => {
  const asked = (tasks: readonly TaskFact[], more: Parameters<typeof goal>[1] = {}, words: readonly Approval[] = []) => awaitedGoals(goalsView([goal({ approval: { from: 'build' } }, more), goal({ expression: 'true' }, { name: 'other' })], tasks, { approvals: { ...unsaid, said: words } }));

  test('is in no status before there is something to look at', () => expect([asked([fact('build')]), asked([fact('build', { outcome: 'Failed' })])]).toEqual([[], []]));

  test('is the description of the goal unless the check asks, and the digest is the one that counts', () => {
    const looked = { ...ofBuild, question: 'The code is tidy.' };
    expect(asked([build], { description: looked.question }, [said(looked)])).toEqual([{ kind: 'Goal', name: 'g', digest: goalDigest(looked), question: looked.question, required: 1, approvedBy: ['ann'] }]);
  });

  test('is the goal by its name when nobody described it', () => expect(asked([build])[0]?.question).toBe('Is goal g met?'));

  test('tells who rejected it', () => expect(asked([build], {}, [said({ ...ofBuild, question: 'Is goal g met?' }, { decision: 'Reject' })])).toMatchObject([{ approvedBy: [], rejectedBy: 'ann' }]));
});

test('files of a task that is not there cannot be approved', () => {
  expect(firstGoalFault([goal({ approval: { from: 'build' } })], [])).toEqual({ reason: 'InvalidGoal', field: 'goals[0].check.approval.from', message: 'there is no task build' });
});
