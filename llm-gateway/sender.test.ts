import { expect, describe, test } from 'vitest';
import type { UpstreamOutcome } from '#platform/anthropic/upstream.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { createBreaker } from './breaker.ts';
import { createRetryPolicy } from './retry.ts';
import { type Call, type Refusal, sendCall, type SenderOptions } from './sender.ts';

const answer: UpstreamOutcome = { kind: 'answer', contentType: 'application/json', requestId: undefined, body: (async function* () {})() };
const overloaded = (status = 529, retryAfterMs?: number): UpstreamOutcome => ({ kind: 'overloaded', status, type: 'overloaded_error', message: 'busy', retryAfterMs });
const lost: UpstreamOutcome = { kind: 'lost', message: 'reset' };
const unreachable: UpstreamOutcome = { kind: 'unreachable', message: 'refused' };

/** A sender whose provider gives these outcomes in turn, the last one for ever. */
function setUp(...outcomes: UpstreamOutcome[]) {
  const clock = new ManualClock();
  const breaker = createBreaker(clock);
  const retries = createRetryPolicy({ next: () => 0.5 });
  const at: number[] = [];
  const upstream = {
    send: () => {
      at.push(clock.monotonic());
      return Promise.resolve(outcomes.length > 1 ? (outcomes.shift() ?? answer) : (outcomes[0] ?? answer));
    },
    close: () => Promise.resolve(),
  };
  const options: SenderOptions = { upstream, breaker, retries, clock, onTry: () => {} };
  const send = async (change: Partial<Call> = {}) => {
    const sent = sendCall(options, { path: '/v1/messages', body: '{}', headers: {}, signal: new AbortController().signal, mayGo: () => undefined, onLost: () => Promise.resolve(undefined), ...change });
    await clock.advance(60_000);
    return sent;
  };
  return { clock, breaker, send, at, outcomes };
}

describe('a call', () => {
  test('is tried again at growing distances, then given up', async () => {
    const { send, at } = setUp(overloaded());
    expect(await send()).toMatchObject({ kind: 'stopped', isBilled: false, refusal: { status: 529, retryAfterMs: 5000 } });
    expect(at).toEqual([0, 125, 375, 875]);
  });
  test('waits at least as long as the provider says', async () => {
    const { send, at } = setUp(overloaded(429, 2000), answer);
    expect(await send()).toMatchObject({ kind: 'answer' });
    expect(at).toEqual([0, 2125]);
  });
  test('that is lost is paid for anew, and billed when it is given up', async () => {
    let paid = 0;
    const { send, at } = setUp(lost);
    expect(await send({ onLost: () => Promise.resolve(void (paid += 1)) })).toMatchObject({ kind: 'stopped', isBilled: true });
    expect([at.length, paid]).toEqual([4, 3]);
  });
  test('that is lost and cannot be paid for again is not sent again', async () => {
    const refusal: Refusal = { status: 402, type: 'budget_exceeded', message: 'no' };
    const { send, at } = setUp(lost);
    expect(await send({ onLost: () => Promise.resolve(refusal) })).toEqual({ kind: 'stopped', refusal, isBilled: false });
    expect(at).toHaveLength(1);
  });
  test('whose caller is gone is not tried again; what was sent is billed', async () => {
    const gone = AbortSignal.abort();
    expect(await setUp(lost).send({ signal: gone })).toMatchObject({ refusal: { status: 504 }, isBilled: true });
    expect(await setUp(unreachable).send({ signal: gone })).toMatchObject({ isBilled: false });
  });
  test('that is fenced between two tries stops there', async () => {
    const { send, at } = setUp(unreachable);
    const fenced: Refusal = { status: 403, type: 'attempt_fenced', message: 'ended' };
    expect(await send({ mayGo: () => (at.length < 2 ? undefined : fenced) })).toMatchObject({ refusal: fenced });
    expect(at).toHaveLength(2);
  });
});

test('retries are at most a tenth of the calls, after a first allowance', async () => {
  const { send, at } = setUp(overloaded(429));
  for (let calls = 0; calls < 100; calls += 1) await send();
  expect(at.length - 100).toBeLessThanOrEqual(10 + 10);
  expect(at.length - 100).toBeGreaterThanOrEqual(18);
});

describe('the breaker', () => {
  /** Fails until calls are held back. */
  async function broken() {
    const all = setUp(unreachable);
    for (let calls = 0; calls < 2; calls += 1) await all.send();
    return all;
  }
  test('opens after five failures in a row, and then nothing is sent', async () => {
    const { clock, breaker, at } = setUp();
    for (let failures = 0; failures < 4; failures += 1) breaker.failed();
    expect(breaker.waitMs()).toBe(0);
    breaker.failed();
    expect([breaker.isOpen(), breaker.waitMs()]).toEqual([true, 2000]);
    await clock.advance(1999);
    expect(breaker.waitMs()).toBe(1);
    expect(at).toEqual([]);
  });
  test('refuses at once while it is open', async () => {
    const { breaker, send, at } = setUp(answer);
    for (let failures = 0; failures < 5; failures += 1) breaker.failed();
    expect(await send()).toMatchObject({ kind: 'stopped', isBilled: false, refusal: { status: 529, type: 'overloaded_error', retryAfterMs: 2000 } });
    expect(at).toEqual([]);
  });
  test('lets one call try when its time is over, and closes when that is answered', async () => {
    const { clock, breaker } = setUp();
    for (let failures = 0; failures < 5; failures += 1) breaker.failed();
    await clock.advance(2000);
    expect([breaker.waitMs(), breaker.waitMs()]).toEqual([0, 2000]);
    breaker.succeeded();
    expect([breaker.isOpen(), breaker.waitMs(), breaker.waitMs()]).toEqual([false, 0, 0]);
  });
  test('stays open twice as long when the trial fails, and forgets that once it closed', async () => {
    const { clock, breaker } = setUp();
    for (let failures = 0; failures < 5; failures += 1) breaker.failed();
    await clock.advance(2000);
    breaker.waitMs();
    breaker.failed();
    expect(breaker.waitMs()).toBe(4000);
    await clock.advance(4000);
    breaker.waitMs();
    breaker.succeeded();
    for (let failures = 0; failures < 5; failures += 1) breaker.failed();
    expect(breaker.waitMs()).toBe(2000);
  });
  test('lets another call try when the caller of the trial went away', async () => {
    const { clock, breaker } = setUp();
    for (let failures = 0; failures < 5; failures += 1) breaker.failed();
    await clock.advance(2000);
    breaker.waitMs();
    breaker.undecided();
    expect(breaker.waitMs()).toBe(0);
  });
  test('opens by calls that fail and closes by one that is answered', async () => {
    const { send, outcomes, breaker } = await broken();
    expect(breaker.isOpen()).toBe(true);
    outcomes[0] = answer;
    expect(await send()).toMatchObject({ kind: 'answer' });
    expect(breaker.isOpen()).toBe(false);
  });
  test('is not opened by a limit of our own rate, nor by callers that go away', async () => {
    const limited = setUp(overloaded(429));
    for (let calls = 0; calls < 10; calls += 1) await limited.send();
    const left = setUp(lost);
    for (let calls = 0; calls < 10; calls += 1) await left.send({ signal: AbortSignal.abort() });
    expect([limited.breaker.isOpen(), left.breaker.isOpen()]).toEqual([false, false]);
  });
});
