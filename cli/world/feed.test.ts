import { describe, expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { nextChange, untilEnded } from './feed.ts';
import { aMission, FakeFeed, succeeded } from './fixture.ts';
import { endingOf } from '#domain/mission/view.ts';

const view = (status: 'True' | 'False' | 'Unknown', reason: string) => ({ mission: aMission({ a: [] }, { conditions: [succeeded(status, reason)] }), tasks: [] });
const never = new AbortController().signal;

describe('untilEnded', () => {
  test('waits through changes until the mission has ended, and listens no longer', async () => {
    const feed = new FakeFeed(view('Unknown', 'Running'));
    const watched = untilEnded(feed, { clock: new ManualClock(), signal: never });
    feed.show(view('Unknown', 'Finishing'));
    feed.show(view('True', 'GoalsMet'));
    expect(await watched).toEqual({ kind: 'ended', ending: 'succeeded' });
    expect(feed.listeners).toBe(0);
  });

  test('a mission that has failed before is told at once', async () => {
    expect(await untilEnded(new FakeFeed(view('False', 'GoalsUnmet')), { clock: new ManualClock(), signal: never })).toEqual({ kind: 'ended', ending: 'failed' });
  });

  test('gives up at the timeout', async () => {
    const clock = new ManualClock();
    const feed = new FakeFeed(view('Unknown', 'Running'));
    const watched = untilEnded(feed, { clock, signal: never, timeoutMs: 5000 });
    await clock.advance(5000);
    expect(await watched).toEqual({ kind: 'timeout' });
    expect([feed.listeners, clock.pending]).toEqual([0, 0]);
  });

  test('a deleted mission is gone', async () => {
    const feed = new FakeFeed(view('Unknown', 'Running'));
    const watched = untilEnded(feed, { clock: new ManualClock(), signal: never });
    feed.show(undefined);
    expect(await watched).toEqual({ kind: 'gone' });
  });

  test('an interrupt ends it, also one that came before', async () => {
    const feed = new FakeFeed(view('Unknown', 'Running'));
    expect(await untilEnded(feed, { clock: new ManualClock(), signal: AbortSignal.abort() })).toEqual({ kind: 'interrupted' });
    const interrupt = new AbortController();
    const watched = untilEnded(feed, { clock: new ManualClock(), signal: interrupt.signal });
    interrupt.abort();
    expect(await watched).toEqual({ kind: 'interrupted' });
  });
});

test('a verdict about an older spec is no ending', () => {
  const { mission } = view('True', 'GoalsMet');
  expect(endingOf({ ...mission, metadata: { ...mission.metadata, generation: 2 } })).toBeUndefined();
});

test('nextChange resolves once, and leaves no listener', async () => {
  const feed = new FakeFeed(view('Unknown', 'Running'));
  const changed = nextChange(feed, never);
  expect(feed.listeners).toBe(1);
  feed.show(undefined);
  await changed;
  expect(feed.listeners).toBe(0);
});
