import { describe, expect, test } from 'vitest';
import { MissionTask } from '#api/v1alpha1/mission.ts';
import { PlanSpec } from '#api/v1alpha1/plan.ts';
import { type Estimate, type EstimateBasis, estimatePlan, type PastRun } from './estimate.ts';

const task = (name: string, after: readonly string[] = [], more: object = {}) => MissionTask.parse({ name, type: 'Analyzer', intent: { action: 'AnalyzeCode' }, dependsOn: [...after], ...more });
const writes = (params: object = {}, more: object = {}) => task('write', [], { type: 'Coder', intent: { action: 'WriteCode', params: { instructions: 'mend it', ...params } }, ...more });

interface Case {
  readonly tasks: readonly MissionTask[];
  /** By name of the task. */
  readonly past?: Readonly<Record<string, PastRun>>;
  readonly basis?: Partial<EstimateBasis>;
  readonly want: Partial<Estimate>;
}

function suite(cases: Record<string, Case>): void {
  test.each(Object.entries(cases))('%s', (_, { tasks, past = {}, basis = {}, want }) => {
    const estimate = estimatePlan(tasks, { past: ({ name }) => past[name] ?? {}, model: 'claude-opus-5', ...basis });
    expect(estimate).toMatchObject(want);
    expect(PlanSpec.shape.estimate.safeParse(estimate).success).toBe(true);
  });
}

describe('time', () => {
  suite({
    'of no tasks is none': { tasks: [], want: { seconds: 0, criticalPath: [], widest: 0, costUsd: '0.00' } },
    'of one task is that of runs that did the same': { tasks: [task('a')], past: { a: { seconds: 7 } }, want: { seconds: 7, criticalPath: ['a'] } },
    'is typical for the action where nothing is known': { tasks: [task('a')], want: { seconds: 30 } },
    'of a role of somebody else is a guess': { tasks: [task('a', [], { type: 'Cook', intent: { action: 'AnalyseBroth' } })], want: { seconds: 300 } },
    'is never longer than an attempt may take': { tasks: [task('a', [], { activeDeadlineSeconds: 10 })], want: { seconds: 10 } },
    'adds up along the longest row, whatever the order of the plan': {
      tasks: [task('end', ['slow', 'fast']), task('fast', ['start']), task('slow', ['start']), task('start')],
      past: { start: { seconds: 1 }, slow: { seconds: 50 }, fast: { seconds: 2 }, end: { seconds: 3 } },
      want: { seconds: 54, criticalPath: ['start', 'slow', 'end'] },
    },
    'of a short row of long tasks outweighs a long row of short ones': {
      tasks: [task('a'), task('b', ['a']), task('c', ['b']), task('long')],
      past: { a: { seconds: 1 }, b: { seconds: 1 }, c: { seconds: 1 }, long: { seconds: 4 } },
      want: { seconds: 4, criticalPath: ['long'] },
    },
    'names the first of two equally long rows': { tasks: [task('a'), task('b')], want: { seconds: 30, criticalPath: ['a'] } },
    'goes through tasks that take none': { tasks: [task('a'), task('b', ['a'])], past: { a: { seconds: 0 }, b: { seconds: 0 } }, want: { seconds: 0, criticalPath: ['a'] } },
  });
});

describe('how many can run side by side', () => {
  suite({
    'is one in a row': { tasks: [task('a'), task('b', ['a']), task('c', ['b'])], want: { widest: 1 } },
    'is all of those that wait for nobody': { tasks: [task('a'), task('b'), task('c')], want: { widest: 3 } },
    'is what lies between a start and an end': { tasks: [task('a'), task('b', ['a']), task('c', ['a']), task('d', ['b', 'c'])], want: { widest: 2 } },
  });
});

// 12 turns of 1000 tokens read, 600 written, 12,000 from the cache and 2000 to it: $5, $25, $0.5 and $6.25 a million.
const typical = '0.462';

describe('cost', () => {
  suite({
    'is nothing for tasks that ask no model': { tasks: [task('a')], past: { a: { costMicroUsd: 5 } }, want: { costUsd: '0.00' } },
    'is that of runs that did the same': { tasks: [writes()], past: { write: { costMicroUsd: 120_000 } }, want: { costUsd: '0.12' } },
    'may have been nothing, as it was before': { tasks: [writes()], past: { write: { costMicroUsd: 0 } }, want: { costUsd: '0.00' } },
    'is typical where nothing is known': { tasks: [writes()], want: { costUsd: typical } },
    'is less when fewer turns are allowed': { tasks: [writes({ maxTurns: 6 })], want: { costUsd: '0.231' } },
    'is not more because more turns are allowed': { tasks: [writes({ maxTurns: 100 })], want: { costUsd: typical } },
    'is that of the model that the task names': { tasks: [writes({ model: 'claude-haiku-4-5' })], basis: { modelPolicy: { tiers: ['claude-opus-4-1'] } }, want: { costUsd: '0.0924' } },
    'else of the first tier of the task': { tasks: [writes({}, { modelPolicy: { tiers: ['claude-haiku-4-5', 'claude-opus-5'] } })], basis: { modelPolicy: { tiers: ['claude-opus-4-1'] } }, want: { costUsd: '0.0924' } },
    'else of the first tier of the mission': { tasks: [writes()], basis: { modelPolicy: { tiers: ['claude-haiku-4-5', 'claude-opus-5'] } }, want: { costUsd: '0.0924' } },
    'else of the installation, also when the mission says only how long answers may take': { tasks: [writes()], basis: { modelPolicy: { slackSeconds: 5 } }, want: { costUsd: typical } },
    'is that of the dearest for a model that is not listed': { tasks: [writes({ model: 'gpt-9' })], want: { costUsd: '1.386' } },
    'of a role of somebody else is typical': { tasks: [task('a', [], { type: 'Cook', intent: { action: 'Boil' } })], want: { costUsd: typical } },
    'is never more than the task may spend': { tasks: [writes({}, { budget: { maxCostUsd: '0.10' } })], past: { write: { costMicroUsd: 900_000 } }, want: { costUsd: '0.10' } },
    'of runs that measured nonsense is still an amount': { tasks: [writes()], past: { write: { costMicroUsd: 1e300 } }, want: { costUsd: '999999999.999999' } },
    'adds up over all tasks': { tasks: [writes(), { ...writes(), name: 'again', dependsOn: ['write'] }], want: { costUsd: '0.924' } },
  });
});
