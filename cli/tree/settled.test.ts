// How long the end of a mission is waited for when its cost is still to come.
import { describe, expect, test } from 'vitest';
import type { MissionStatus, MissionUsage } from '#api/v1alpha1/mission.ts';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { aMission, aPlannedMission, FakeFeed, succeeded, t0 } from '../world/fixture.ts';
import type { MissionView } from '#domain/mission/view.ts';
import { untilSettled } from './settled.ts';

const usage: MissionUsage = { inputTokens: 10, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0, calls: 1, costUsd: '0.05', reservedUsd: '0.00' };
const settled = { ...usage, settledTime: '2026-11-22T12:00:01Z' };
const seen = (mission: MissionView['mission']): MissionView => ({ mission, tasks: [] });
/** A mission that may call models, and has ended just now. */
const ended = (more: MissionStatus = {}) => seen(aPlannedMission({ conditions: [succeeded('True', 'GoalsMet')], completionTime: new Date(t0).toISOString(), ...more }));
const again = seen(aPlannedMission({ conditions: [succeeded('Unknown', 'Running')], usage }));

function waitOn(view: MissionView | undefined) {
  const [feed, clock, interrupt] = [new FakeFeed(view), new ManualClock(t0), new AbortController()];
  let isOver = false;
  void untilSettled(feed, { clock, signal: interrupt.signal }).then(() => (isOver = true));
  return { feed, clock, interrupt, isOver: async () => (await settle(), isOver), rest: () => [feed.listeners, clock.pending] };
}

describe('the cost of a mission that has ended is waited for', () => {
  const cases: Record<string, { view: MissionView | undefined; waits: boolean }> = {
    'while it is not settled': { view: ended({ usage }), waits: true },
    'while nothing is told of it': { view: ended(), waits: true },
    'also when no time of the end is told': { view: seen(aPlannedMission({ conditions: [succeeded('False', 'Cancelled')] })), waits: true },
    'not when it is settled': { view: ended({ usage: settled }), waits: false },
    'not when nobody calls models for it': { view: seen(aMission({ a: [] }, { conditions: [succeeded('True', 'TasksSucceeded')] })), waits: false },
    'not when it ended so long ago that nobody asks any more': { view: ended({ usage, completionTime: new Date(t0 - 60_000).toISOString() }), waits: false },
    'not when it is gone': { view: undefined, waits: false },
    'not when it runs again': { view: again, waits: false },
  };
  test.each(Object.entries(cases))('%s', async (_, { view, waits }) => expect(await waitOn(view).isOver()).toBe(!waits));

  test('for three seconds at most', async () => {
    const { clock, isOver, rest } = waitOn(ended({ usage }));
    await clock.advance(2999);
    expect(await isOver()).toBe(false);
    await clock.advance(1);
    expect([await isOver(), rest()]).toEqual([true, [0, 0]]);
  });

  const ends: Record<string, (parts: ReturnType<typeof waitOn>) => void> = {
    'it is settled': ({ feed }) => feed.show(ended({ usage: settled })),
    'the mission is deleted': ({ feed }) => feed.show(undefined),
    'another run begins': ({ feed }) => feed.show(again),
    'the user does not want to wait': ({ interrupt }) => interrupt.abort(),
  };
  test.each(Object.entries(ends))('until %s', async (_, end) => {
    const parts = waitOn(ended());
    parts.feed.show(ended({ usage }));
    expect(await parts.isOver()).toBe(false);
    end(parts);
    expect([await parts.isOver(), parts.rest()]).toEqual([true, [0, 0]]);
  });
});
