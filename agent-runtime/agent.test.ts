// An agent connects and takes assignments.
import { describe, expect, test } from 'vitest';
import { FakeOperator, type FakeStream } from '#testing/fake-operator.ts';
import { settle } from '#testing/manual-clock.ts';
import { AgentUnderTest, assign, epoch, lead, spec } from './testing.ts';

const t = AgentUnderTest.inEachTest();
const { isStopped, run, start, startLed } = t;

describe('connecting', () => {
  test('every replica gets a hello with who this is and what it holds', async () => {
    t.operator = new FakeOperator('one', 'two');
    await start(2);
    expect(t.operator.streams.map(({ replica }) => replica)).toEqual(['one', 'two']);
    expect(t.operator.stream('two').said('hello')).toMatchObject([{ processUuid: expect.any(String), slots: 2, agentTypes: ['Tester'], capabilities: ['git'], highestTerm: 0, claims: [], boundary: 'none', draining: false }]);
    expect(t.agent.state).toBe('STARTING');
    expect(t.agent.notReady()).toEqual(['the agent is STARTING']);
    await lead(t.operator.stream('one'), 1);
    expect([t.agent.state, t.agent.notReady()]).toEqual(['IDLE', []]);
  });

  test('a follower is kept and waited for; a stream that ends is opened anew, with the highest term seen', async () => {
    const stream = await startLed();
    await stream.say({ case: 'notLeader', value: { knownTerm: 1 } });
    await t.clock.advance(60_000);
    expect([t.operator.streams.length, t.agent.notReady()]).toEqual([1, []]);
    stream.end();
    await settle();
    expect(t.agent.notReady()).toEqual(['no replica of the operator is connected']);
    await t.clock.advance(100);
    expect(t.operator.streams).toHaveLength(2);
    expect(t.operator.stream('one').said('hello')[0]).toMatchObject({ highestTerm: 1 });
  });

  test('a replica that appears is connected to, one that is gone is given up', async () => {
    await start();
    t.operator.replicas = ['two'];
    t.operator.stream('one').end();
    await t.clock.advance(6000);
    expect(t.operator.streams.map(({ replica }) => replica)).toEqual(['one', 'two']);
  });

  test('failed tries are spaced from 100 ms to 5 s', async () => {
    t.operator.connect = async () => {
      tries.push(t.clock.monotonic());
      throw new Error('refused');
    };
    const tries: number[] = [];
    await start();
    await t.clock.advance(20_000);
    const gaps = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    expect(gaps).toEqual([200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  test('a replica that does not answer is dialled anew after 10 s', async () => {
    await start();
    await t.clock.advance(10_200);
    expect(t.operator.streams[0]?.closedWith).toBe('the replica does not answer');
    expect(t.operator.streams).toHaveLength(2);
  });

  test('a leader of a lower term is refused, a higher one replaces the leader', async () => {
    t.operator = new FakeOperator('one', 'two', 'three');
    await start();
    await lead(t.operator.stream('one'), 5);
    await lead(t.operator.stream('two'), 4);
    expect(t.operator.stream('two').closedWith).toBe('term 4 is over: term 5 has begun');
    await lead(t.operator.stream('three'), 6);
    expect(t.operator.stream('one').closedWith).toBe('term 5 is over: term 6 has begun');
    await assign(t.operator.stream('three'), 'a', epoch(6, 1));
    expect(t.operator.stream('three').said('started')).toHaveLength(1);
  });

  test('orders of a replica that does not lead are not obeyed', async () => {
    t.operator = new FakeOperator('one', 'two');
    await start();
    await lead(t.operator.stream('one'), 1);
    await assign(t.operator.stream('two'), 'a');
    expect(t.runs).toHaveLength(0);
  });

  test('a replica that begins to lead on an old stream hears a new hello', async () => {
    await start();
    const stream = t.operator.stream('one');
    await stream.say({ case: 'notLeader', value: { knownTerm: 0 } });
    await lead(stream, 1);
    expect(stream.closedWith).toMatch(/begun to lead/);
  });

  test('a renewed certificate replaces the stream without a gap', async () => {
    const old = await startLed();
    await assign(old, 'a');
    t.operator.renewCertificate();
    await settle();
    const next = t.operator.stream('one');
    expect([t.operator.streams.length, old.isOpen]).toEqual([2, true]);
    expect(next.said('hello')[0]?.claims).toMatchObject([{ taskUid: 'a', attempt: 1, epoch: epoch(1, 1), finished: false }]);
    await lead(next, 1);
    expect(old.closedWith).toBe('replaced by a newer stream');
    await run().end();
    expect(next.said('finished')).toHaveLength(1);
  });
});

describe('assignments', () => {
  test('an accepted one is answered at once, and its result is sent with a digest', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    expect(stream.said('started')).toEqual([{ taskUid: 'a', attempt: 1, epoch: epoch(1, 1) }]);
    expect([t.agent.state, t.agent.held]).toEqual(['BUSY', 1]);
    await t.clock.advance(1234);
    await run().end({ observed: { exitCode: 0 } });
    expect(stream.said('finished')).toMatchObject([{ taskUid: 'a', epoch: epoch(1, 1), result: { result: 'Succeeded', observedJson: '{"exitCode":0}' }, resultDigest: expect.stringMatching(/^[0-9a-f]{64}$/), durationMs: 1234n }]);
  });

  test('the same assignment twice is one attempt', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    await assign(stream, 'a');
    expect([t.runs.length, stream.said('started').length]).toEqual([1, 2]);
    await run().end();
    await assign(stream, 'a');
    expect([t.runs.length, stream.said('finished').length]).toEqual([1, 2]);
  });

  const refusals: Record<string, { before?: (stream: FakeStream) => Promise<void>; order: object; reason: string }> = {
    'without a free slot': { before: (stream) => assign(stream, 'other'), order: {}, reason: 'NoFreeSlot' },
    'for a role it does not have': { order: { specJson: JSON.stringify({ ...spec, type: 'Painter' }) }, reason: 'UnknownRole' },
    'of another term': { order: { epoch: epoch(2, 1) }, reason: 'WrongTerm' },
    'without a number': { order: { epoch: undefined }, reason: 'WrongTerm' },
    'with a spec that is none': { order: { specJson: '{"type":' }, reason: 'InvalidOrder' },
    'with an older number than it has': { before: (stream) => assign(stream, 'a', epoch(1, 9)), order: { epoch: epoch(1, 8) }, reason: 'StaleAssignment' },
    'while it drains': { before: (stream) => stream.say({ case: 'drain', value: { reason: 'scale down' } }), order: {}, reason: 'Draining' },
  };
  test.each(Object.entries(refusals))('%s it is refused', async (_, { before, order, reason }) => {
    const stream = await startLed();
    await before?.(stream);
    await assign(stream, 'a', epoch(1, 1), order);
    expect(stream.said('refused')).toMatchObject([{ taskUid: 'a', attempt: 1, reason }]);
    expect(t.runs.length).toBeLessThan(2);
  });

  test('a newer attempt of the same task takes the place of the older', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    await assign(stream, 'a', epoch(1, 2), { attempt: 2 });
    expect([isStopped(0), isStopped(1), t.agent.held]).toEqual([true, false, 1]);
  });

  test('an abort kills the attempt, frees the slot and reports nothing', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    await stream.say({ case: 'abort', value: { taskUid: 'a', attempt: 1, epoch: epoch(1, 1), reason: 'cancelled' } });
    expect([isStopped(), t.agent.held, t.agent.state]).toEqual([true, 0, 'IDLE']);
    await run().end();
    expect(stream.said('finished')).toEqual([]);
    await assign(stream, 'b', epoch(1, 2));
    expect(stream.said('refused')).toEqual([]);
  });

  test('an abort or a confirmation under another number does nothing', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    await stream.say({ case: 'abort', value: { taskUid: 'a', attempt: 1, epoch: epoch(1, 2), reason: '' } });
    await stream.say({ case: 'abort', value: { taskUid: 'a', attempt: 2, epoch: epoch(1, 1), reason: '' } });
    await stream.say({ case: 'confirm', value: { taskUid: 'a', attempt: 1, epoch: epoch(1, 1) } });
    expect([isStopped(), t.agent.held]).toEqual([false, 1]);
    await run().end();
    await stream.say({ case: 'confirm', value: { taskUid: 'a', attempt: 1, epoch: epoch(1, 2) } });
    expect(t.agent.held).toBe(1);
  });

  test('a finished attempt keeps its slot until it is confirmed', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    await run().end();
    await assign(stream, 'b', epoch(1, 2));
    expect(stream.said('refused')).toMatchObject([{ taskUid: 'b', reason: 'NoFreeSlot' }]);
    await stream.say({ case: 'confirm', value: { taskUid: 'a', attempt: 1, epoch: epoch(1, 1) } });
    expect(t.agent.held).toBe(0);
  });

  test('log and progress are sent while it t.runs, all of the log before the result', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    run().live.log.write('one\n');
    run().live.progress(40.7, 'half');
    await t.clock.advance(100);
    run().live.log.write('two\n');
    await run().end();
    expect(stream.said('log').map(({ offset, data }) => [offset, Buffer.from(data ?? []).toString()])).toEqual([[0n, 'one\n'], [4n, 'two\n']]);
    expect(stream.said('progress')).toMatchObject([{ percent: 40, message: 'half' }]);
    expect(stream.sent.map(({ message }) => message?.case).slice(-2)).toEqual(['log', 'finished']);
  });
});
