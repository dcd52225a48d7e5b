// Goals that a model judges: votes decide, and only those of somebody else, on the right files, by the right rubric.
import { expect, test } from 'vitest';
import type { GoalStatus } from '#api/v1alpha1/mission.ts';
import { sha256Hex } from '#domain/digest.ts';
import { changed, decided, done, fact, goal, unchanged } from '#testing/builders/goals.ts';
import type { TaskFact } from './facts.ts';
import { firstGoalFault } from './faults.ts';
import { goalReasons } from './reasons.ts';

const rubric = 'The guide names every flag.';
const rubricSha256 = sha256Hex(rubric);
const build = done('build', { model: 'small-1' }, { workspace: changed });
const plan = { workspaceFrom: 'build', verifies: ['build'] };
const outputTree = { treeBefore: 'ffff0000ffff', treeAfter: 'ffff0000ffff' };
const votes = (yes: number, no: number, unreadable = 0, more: object = {}) => ({ votes: yes + no + unreadable, yes, no, unreadable, model: 'large-1', rubricSha256, ...more });
/** A verifier of the files of build, on another agent. */
const ran = (observed: TaskFact['observed'], more: Partial<TaskFact> = {}) => done('verify-g', observed, { ...plan, workspace: outputTree, agent: 'agent-2', agents: ['agent-2'], ...more });
const origin = `by large-1 on agent agent-2, rubric ${rubricSha256.slice(0, 8)} (tree ffff0000, attempt 1)`;
const what = `the rubric "${rubric}"`;

interface Case {
  readonly tasks?: readonly TaskFact[];
  readonly verifier?: TaskFact;
  readonly check?: { readonly votes?: number; readonly quorum?: number };
  readonly want: string;
}

const cases: Record<string, Case> = {
  'waits for the files that it is about': { tasks: [fact('build')], verifier: fact('verify-g', plan), want: `Unknown Waiting | ${what} waits for task build` },
  'is met by one vote in favour': { verifier: ran(votes(1, 0)), check: { votes: 1 }, want: `Met JudgePassed | ${what}: 1 of 1 vote in favour, 1 needed ${origin}` },
  'is met by more than half': { verifier: ran(votes(2, 1)), want: `Met JudgePassed | ${what}: 2 of 3 votes in favour, 2 needed ${origin}` },
  'is met when votes that could change nothing were not asked for': { verifier: ran(votes(2, 0)), want: `Met JudgePassed | ${what}: 2 of 2 votes in favour, 2 needed ${origin}` },
  'is not met by half': { verifier: ran(votes(2, 2)), check: { votes: 4 }, want: `Unmet JudgeFailed | ${what}: 2 of 4 votes in favour, 3 needed ${origin}` },
  'is held to its quorum': { verifier: ran(votes(2, 1)), check: { quorum: 3 }, want: `Unmet JudgeFailed | ${what}: 2 of 3 votes in favour, 3 needed ${origin}` },
  'may ask for less than half': { verifier: ran(votes(1, 2)), check: { quorum: 1 }, want: `Met JudgePassed | ${what}: 1 of 3 votes in favour, 1 needed ${origin}` },
  'takes a vote that cannot be read for none in favour': { verifier: ran(votes(1, 1, 1)), want: `Unmet JudgeFailed | ${what}: 1 of 3 votes in favour, 2 needed, 1 could not be read ${origin}` },
  'tells the first reason against it, on one line': { verifier: ran(votes(0, 2), { claimed: { reasons: ['--force\nis not named', 'b'] } }), want: `Unmet JudgeFailed | ${what}: 0 of 2 votes in favour, 2 needed ${origin}; it was said: --force is not named` },
  'takes no word of the model for a vote': { verifier: ran(votes(0, 2), { claimed: { yes: 3, verdict: 'yes' } }), want: `Unmet JudgeFailed | ${what}: 0 of 2 votes in favour, 2 needed ${origin}` },
  'says when the model judged itself': { tasks: [done('build', { model: 'large-1' }, { workspace: changed })], verifier: ran(votes(3, 0)), want: `Met JudgePassed | ${what}: 3 of 3 votes in favour, 2 needed ${origin}; judged by the same model that worked` },
  'could not be judged': { verifier: ran({}, { outcome: 'Failed', message: 'no vote could be read' }), want: `Unmet VerifierFailed | ${what} could not be checked: task verify-g failed: no vote could be read` },
  'could not be judged, whatever a failed attempt counted': { verifier: ran(votes(3, 0), { outcome: 'Failed', message: 'it was stopped' }), want: `Unmet VerifierFailed | ${what} could not be checked: task verify-g failed: it was stopped` },
  'was not judged by counts that do not add up': { verifier: ran({ ...votes(3, 0), votes: 2 }), want: `Unmet VerifierFailed | ${what} could not be checked: task verify-g failed: ` },
  'was not judged by more votes than were asked for': { verifier: ran(votes(4, 0)), want: `Unmet VerifierFailed | ${what} could not be checked: task verify-g failed: ` },
  'was not judged by votes that nobody could read': { verifier: ran(votes(0, 0, 3)), want: `Unmet VerifierFailed | ${what} could not be checked: task verify-g failed: ` },
  'by another rubric proves nothing': { verifier: ran(votes(3, 0, 0, { rubricSha256: 'cafe0000cafe' })), want: `Unmet UnverifiedEvidence | verify-g judged by another rubric; ${what}: 3 of 3 votes in favour, 2 needed by large-1 on agent agent-2, rubric cafe0000 (tree ffff0000, attempt 1)` },
  'by whom did the work proves nothing': { verifier: ran(votes(3, 0), { agent: 'agent-1' }), want: `Unmet UnverifiedEvidence | agent agent-1 ran verify-g, but also build, whose work it checks; ${what}: 3 of 3 votes in favour, 2 needed ${origin.replace('agent-2', 'agent-1')}` },
  'of the files before the change proves nothing': { verifier: ran(votes(3, 0), { workspace: unchanged }), want: `Unmet UnverifiedEvidence | verify-g did not run on the files of build, or changed them; ${what}: 3 of 3 votes in favour, 2 needed ${origin.replace('ffff0000', '1a2b3c4d')}` },
  'of files that did not come about was not judged': { tasks: [fact('build', { outcome: 'Failed' })], verifier: fact('verify-g', { ...plan, outcome: 'Skipped', message: 'task build ended as Failed' }), want: `Unmet NotVerified | ${what} was not checked: task build ended as Failed` },
};

test.each(Object.entries(cases))('%s', (_, { tasks = [build], verifier, check = {}, want }) => {
  const [status] = decided([goal({ judge: { rubric, from: 'build', votes: 3, ...check } })], tasks, { verifiers: verifier === undefined ? [] : [verifier] }) as [GoalStatus];
  expect(`${status.state} ${status.reason} | ${status.evidence}`).toBe(want);
  expect(Object.keys(goalReasons)).toContain(status.reason);
});

test('leaves a proof: who judged which files', () => {
  const [status] = decided([goal({ judge: { rubric, from: 'build', votes: 3 } })], [build], { verifiers: [ran(votes(3, 0))] });
  expect(status?.proof).toEqual({ task: 'verify-g', agent: 'agent-2', tree: 'ffff0000ffff' });
});

test('evidence fits its field and forges no lines, whatever was observed and said', () => {
  const wide = '\u001b[2J漢\n'.repeat(200);
  const [status] = decided([goal({ judge: { rubric: wide, from: 'build' } })], [build], { verifiers: [ran(votes(0, 1, 0, { model: wide, rubricSha256: sha256Hex(wide) }), { claimed: { reasons: [wide] } })] }) as [GoalStatus];
  expect([status.reason, status.evidence.length <= 512]).toEqual(['JudgeFailed', true]);
  expect(['\u001b', '\n'].filter((character) => status.evidence.includes(character))).toEqual([]);
});

test('a quorum above the votes, and a task that is not there, are told with their fields', () => {
  const faultOf = (more: object) => firstGoalFault([goal({ judge: { rubric, ...more } })], []);
  expect(faultOf({ votes: 2, quorum: 3 })).toEqual({ reason: 'InvalidGoal', field: 'goals[0].check.judge.quorum', message: '3 votes must be in favour, but there are only 2' });
  expect(faultOf({ from: 'nobody' })).toEqual({ reason: 'InvalidGoal', field: 'goals[0].check.judge.from', message: 'there is no task nobody' });
  expect(faultOf({ votes: 3, quorum: 3 })).toBeUndefined();
});
