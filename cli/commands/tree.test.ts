// The last words about a mission that calls models: its cost as it is in the end, or as far as it is known.
import { describe, expect, test } from 'vitest';
import type { MissionStatus, MissionUsage } from '#api/v1alpha1/mission.ts';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { fakeCluster, fakeSession } from '../access/fake.ts';
import { fakeTerminal } from '../terminal/fake.ts';
import { aPlannedMission, FakeFeed, succeeded, t0 } from '../world/fixture.ts';
import type { MissionView } from '#domain/mission/view.ts';
import { treeCommand } from './tree.ts';

const soon: MissionUsage = { inputTokens: 10, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0, calls: 1, costUsd: '0.05', reservedUsd: '0.01' };
const last: MissionUsage = { ...soon, calls: 2, costUsd: '0.06', reservedUsd: '0.00', settledTime: '2026-11-22T12:00:01Z' };
const seen = (status: 'True' | 'Unknown', reason: string, more: MissionStatus = {}): MissionView => ({ mission: aPlannedMission({ conditions: [succeeded(status, reason)], ...more }), tasks: [] });

/** Follows a mission to its end, which says this of its cost. */
async function followed(usage: MissionUsage | undefined) {
  const [terminal, clock, feed] = [fakeTerminal(), new ManualClock(t0), new FakeFeed(seen('Unknown', 'Running'))];
  const exit = treeCommand(fakeSession({ terminal, clock, cluster: fakeCluster(feed), operator: {} }), 'examine', { once: false, json: false });
  await settle();
  feed.show(seen('True', 'GoalsMet', usage === undefined ? {} : { usage }));
  await settle();
  return { terminal, clock, feed, exit };
}

describe('the last words about a mission', () => {
  test('wait for the last of its cost', async () => {
    const { terminal, feed, exit } = await followed(soon);
    expect(terminal.out()).not.toContain('Cost');
    feed.show(seen('True', 'GoalsMet', { usage: last }));
    expect(await exit).toBe(0);
    expect(terminal.out()).toContain('\n  Cost 0.06 USD, 2 calls, 12 tokens\n');
  });

  test('say that it is the cost so far, when the last does not come in time', async () => {
    const { terminal, clock, exit } = await followed(soon);
    await clock.advance(3000);
    expect(await exit).toBe(0);
    expect(terminal.out()).toContain('\n  Cost so far 0.05 USD, 1 call, 12 tokens\n');
  });

  test('say nothing of a cost that was never told', async () => {
    const { terminal, clock, exit } = await followed(undefined);
    await clock.advance(3000);
    expect(await exit).toBe(0);
    expect([terminal.out().includes('Mission examine succeeded'), terminal.out().includes('Cost')]).toEqual([true, false]);
  });

  test('tell how it ended, also when it is deleted meanwhile', async () => {
    const { terminal, feed, exit } = await followed(soon);
    feed.show(undefined);
    expect(await exit).toBe(0);
    expect(terminal.out()).toContain('Mission examine succeeded: GoalsMet');
    expect([feed.closed, feed.listeners]).toEqual([true, 0]);
  });
});
