import { expect, test } from 'vitest';
import type { Mission } from '#api/v1alpha1/mission.ts';
import { aMission } from '#testing/builders/mission.ts';
import { humanActs, shareOf, whyNotAutonomous, type Written } from './score.ts';

type Status = NonNullable<Mission['status']>;
const time = '2026-01-01T00:00:00Z';
const succeeded = (status: 'True' | 'False' | 'Unknown', reason: string) => [{ type: 'Succeeded', status, reason, message: 'because', observedGeneration: 1, lastTransitionTime: time }];
const goal = (name: string, state: 'Met' | 'Unmet') => ({ name, state, reason: 'x', evidence: 'y' });
const wanted = ['tests', 'report'].map((name) => ({ name, required: name === 'tests', check: { expression: 'true' } }));

function ended(status: Partial<Status>, generation = 1): Mission {
  const mission = aMission('m').spec({ goals: wanted }).build();
  return { ...mission, metadata: { ...mission.metadata, generation }, status: { ...mission.status, ...status } as Status };
}

const allMet = { completionTime: time, conditions: succeeded('True', 'GoalsMet'), goals: [goal('tests', 'Met'), goal('report', 'Met')] };

const cases: Record<string, { mission: Mission; acts?: readonly string[]; want: string | undefined }> = {
  'a mission that succeeded with all goals met and was left alone got there by itself': { mission: ended(allMet), want: undefined },
  'a mission without an end did not': { mission: ended({ conditions: succeeded('Unknown', 'Replanning') }), want: 'it did not end: Replanning: because' },
  'a mission that nobody has looked at did not': { mission: ended({}), want: 'it did not end: no condition: the operator has not looked at it' },
  'a mission that failed did not': { mission: ended({ ...allMet, conditions: succeeded('False', 'GoalsUnmet') }), want: 'it ended as GoalsUnmet: because' },
  'a goal that is not required counts too': { mission: ended({ ...allMet, goals: [goal('tests', 'Met'), goal('report', 'Unmet')] }), want: 'not all goals are met: report is Unmet' },
  'a goal that the status does not tell of is not met': { mission: ended({ ...allMet, goals: [goal('report', 'Met')] }), want: 'not all goals are met: tests is not told of' },
  'an edited spec is help': { mission: ended(allMet, 2), want: 'its spec was changed: generation 2' },
  'an act of a person is help': { mission: ended(allMet), acts: ['ann create m-yes'], want: 'somebody helped: ann create m-yes' },
};

test.each(Object.entries(cases))('%s', (_, { mission, acts = [], want }) => expect(whyNotAutonomous(mission, acts)).toBe(want));

const written = (verb: string, username: string, name: string, more: { readonly apiGroup?: string; readonly namespace?: string; readonly code?: number } = {}): Written => ({
  verb,
  user: { username },
  objectRef: { apiGroup: more.apiGroup ?? 'coditect.ai', namespace: more.namespace ?? 'lane', name },
  responseStatus: { code: more.code ?? 200 },
});

const acts: Record<string, { log: readonly Written[]; want: readonly string[] }> = {
  'the creation of the mission is where it begins': { log: [written('create', 'admin', 'm')], want: [] },
  'an approval and an edit are acts': { log: [written('create', 'ann', 'm-yes'), written('patch', 'ann', 'm')], want: ['ann create m-yes', 'ann patch m'] },
  'who looks does nothing': { log: [written('get', 'ann', 'm'), written('watch', 'ann', 'm')], want: [] },
  'what the operator writes is no act of a person': { log: [written('patch', 'system:serviceaccount:coditect-system:coditect-operator', 'm')], want: [] },
  'what was refused was not done': { log: [written('patch', 'ann', 'm', { code: 403 })], want: [] },
  'other missions, namespaces and kinds are not meant': { log: [written('patch', 'ann', 'other'), written('patch', 'ann', 'm', { namespace: 'b' }), written('patch', 'ann', 'm', { apiGroup: 'apps' })], want: [] },
};

test.each(Object.entries(acts))('%s', (_, { log, want }) => expect(humanActs(log, 'lane', 'm')).toEqual(want));

test('a share is that of the missions that were made, and none of nothing', () => {
  const verdict = { mission: 'm', words: '', seconds: 1, replans: 0 };
  expect(shareOf([{ ...verdict, isMade: true }, { ...verdict, isMade: false, isVoid: true }])).toBe(0.5);
  expect(shareOf([])).toBe(0);
});
