import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CloudEvent } from '#api/events/envelope.ts';
import { World } from '#api/world.ts';
import { MissionWorld } from '../memory.ts';
import { wholeMission } from '../whole.ts';
import { agentTold, running, succeeded, TestTruth } from '../testing.ts';
import { changesOf } from './change.ts';
import { snapshotOf } from './snapshot.ts';

const key = { tenant: 'team-a', uid: 'uid-m' };

function folded(events: readonly CloudEvent[]): MissionWorld {
  const world = new MissionWorld(key);
  for (const event of events) for (const change of changesOf(event)) world.take(change);
  return world;
}

/** The steps of a mission of three tasks, as numbers choose them. */
function story(choices: readonly number[]): { readonly truth: TestTruth; readonly events: readonly CloudEvent[] } {
  const truth = new TestTruth();
  const events: CloudEvent[] = [...truth.mission('m'), ...truth.task('m', 'a'), ...truth.task('m', 'b'), ...truth.task('m', 'c')];
  let seq = 0;
  for (const choice of choices) {
    const task = ['a', 'b', 'c'][choice % 3] ?? 'a';
    const what = Math.floor(choice / 3) % 6;
    seq += 1;
    if (what === 0) events.push(...truth.task('m', task, running(`crew-${choice % 5}`)));
    if (what === 1) events.push(...truth.task('m', task, succeeded(choice)));
    if (what === 2) events.push(...truth.mission('m', { runNumber: 1, goals: [{ name: 'g', state: choice % 2 === 0 ? 'Met' : 'Unmet', reason: 'R', evidence: String(choice) }] }));
    if (what === 3) events.push(agentTold({ mission: 'm', task, seq }));
    if (what === 4) events.push(agentTold({ mission: 'm', task, seq, attempt: 1 + (choice % 2), files: { 'src/a.ts': String(choice) } }));
    if (what === 5) events.push(...truth.task('m', task, { ...succeeded(choice), observed: { only: choice } }));
  }
  return { truth, events };
}

describe('the fold', () => {
  test('any order and repetition of events gives the same world as their order', () => {
    const anyStory = fc.array(fc.nat(17), { maxLength: 15 });
    fc.assert(
      fc.property(anyStory, fc.infiniteStream(fc.nat()), (choices, numbers) => {
        const { events } = story(choices);
        const again = [...events, ...events.filter(() => (numbers.next().value ?? 0) % 3 === 0)];
        const shuffled = again.map((event) => ({ event, rank: numbers.next().value ?? 0 })).sort((a, b) => a.rank - b.rank).map(({ event }) => event);
        const [ordered, mixed] = [folded(events), folded(shuffled)];
        expect(mixed.isBehind()).toBe(false);
        expect(mixed.snapshot()).toEqual(ordered.snapshot());
        expect(mixed.digest()).toBe(ordered.digest());
      }),
      { numRuns: 300 },
    );
  });

  test('what the feed made is what is made anew from the truth', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(17), { maxLength: 24 }), (choices) => {
        const { truth, events } = story(choices);
        const [mission] = truth.missions();
        const anew = folded([...(mission === undefined ? [] : wholeMission(truth, mission)), ...events.filter(({ type }) => type.includes('.agent.'))]);
        expect(folded(events).snapshot()).toEqual(anew.snapshot());
      }),
    );
  });

  test('a snapshot is what the schema says', () => {
    const { events } = story([0, 3, 9, 12, 15, 2, 6, 7, 8]);
    expect(World.parse({ ...folded(events).snapshot(), locks: [] }).tasks).toHaveLength(3);
  });

  test('a missing link is known to be missing, and the facts before it stand', () => {
    const truth = new TestTruth();
    const [created, ran, ended] = [truth.task('m', 'a'), truth.task('m', 'a', running()), truth.task('m', 'a', succeeded())];
    const world = folded([...created, ...ended]);
    expect(world.isBehind()).toBe(true);
    expect(world.snapshot().tasks[0]?.facts.result).toBeUndefined();
    for (const event of ran) for (const change of changesOf(event)) world.take(change);
    expect(world.isBehind()).toBe(false);
    expect(world.snapshot().tasks[0]).toMatchObject({ facts: { result: 'Succeeded' }, observed: { passed: 3 }, expected: ['tests pass'], violations: [{ kind: 'UnexpectedChange' }], tree: 'b'.repeat(40) });
  });

  test('so many missing links that the truth must be asked', () => {
    const truth = new TestTruth();
    const world = folded(truth.task('m', 'a'));
    truth.task('m', 'a', running());
    const results = Array.from({ length: 17 }, (_, index) => truth.task('m', 'a', succeeded(index))).flat().flatMap(changesOf).map((change) => world.take(change));
    expect(results.at(-1)).toBe('lost');
    expect(results[0]).toBe('taken');
  });
});

const agents: Record<string, { events: (truth: TestTruth) => readonly CloudEvent[]; want: readonly unknown[] }> = {
  'an agent that has told nothing works': { events: (truth) => truth.task('m', 'a', running()), want: [{ agent: 'crew-1', pool: 'crew', task: 'uid-m-a', attempt: 1, doing: 'work', turn: 0 }] },
  'an agent does what it told last': { events: (truth) => [...truth.task('m', 'a', running()), agentTold({ mission: 'm', task: 'a', seq: 7 })], want: [{ agent: 'crew-1', pool: 'crew', task: 'uid-m-a', attempt: 1, doing: 'act', tool: 'read_file', turn: 7, lastSeen: '2026-01-01T00:00:17Z' }] },
  'an agent is told of before the API server shows it': { events: (truth) => [...truth.task('m', 'a'), agentTold({ mission: 'm', task: 'a', seq: 1 })], want: [expect.objectContaining({ doing: 'act', attempt: 1 })] },
  'what an earlier attempt told is over': { events: (truth) => [...truth.task('m', 'a', running('crew-2', 2)), agentTold({ mission: 'm', task: 'a', seq: 9 })], want: [expect.objectContaining({ agent: 'crew-2', attempt: 2, doing: 'work' })] },
  'nobody is at a task that is decided': { events: (truth) => [...truth.task('m', 'a', succeeded()), agentTold({ mission: 'm', task: 'a', seq: 9 })], want: [] },
  'nobody is at a task that is gone': { events: (truth) => [...truth.task('m', 'a', running()), ...truth.deleteTask('m', 'a')], want: [] },
};
test.each(Object.entries(agents))('%s', (_, { events, want }) => expect(snapshotOf(key, folded(events(new TestTruth())).entities).agents).toEqual(want));
