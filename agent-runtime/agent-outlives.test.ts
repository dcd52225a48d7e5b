// An agent and its lease, a change of leader, and its own end.
import { describe, expect, test } from 'vitest';
import { type FakeStream } from '#testing/fake-operator.ts';
import { settle } from '#testing/manual-clock.ts';
import { AgentUnderTest, acknowledge, assign, epoch, lead, leaseSeconds } from './testing.ts';

const t = AgentUnderTest.inEachTest();
const { isStopped, run, startLed } = t;

describe('the lease', () => {
  test('without an acknowledged heartbeat the attempt is killed a lease after it was given, and nothing is reported', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    await t.clock.advance(leaseSeconds * 1000 - 1);
    expect(isStopped()).toBe(false);
    await t.clock.advance(1);
    expect([isStopped(), t.agent.held, run().live.signal.reason]).toEqual([true, 0, 'leaseLost']);
    expect(stream.said('finished')).toEqual([]);
  });

  test('it runs from the sending of the heartbeat, not from its acknowledgement', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    await t.clock.advance(5000);
    expect(stream.said('heartbeat').map(({ sequence }) => sequence)).toEqual([1n, 2n]);
    await t.clock.advance(4000);
    await acknowledge(stream);
    stream.end();
    await t.clock.advance(5000 + 30_000 - 9000 - 1);
    expect(isStopped()).toBe(false);
    await t.clock.advance(1);
    expect(isStopped()).toBe(true);
  });

  test('with acknowledged heartbeats, six a lease, it goes on', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    for (let second = 0; second < 120; second += 5) {
      await t.clock.advance(5000);
      await acknowledge(stream);
    }
    expect([isStopped(), stream.said('heartbeat').length]).toEqual([false, 25]);
  });

  test('a finished result is kept beyond it', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    await run().end();
    stream.end();
    await t.clock.advance(120_000);
    expect(t.operator.stream('one').said('hello')[0]?.claims).toMatchObject([{ taskUid: 'a', finished: true, resultDigest: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  });

  test('a leader that does not acknowledge for half of it is dialled anew', async () => {
    const stream = await startLed();
    await t.clock.advance(20_000);
    expect(stream.closedWith).toBe('the leader does not acknowledge heartbeats');
  });
});

describe('adoption', () => {
  async function reconnect(term: number): Promise<FakeStream> {
    t.operator.stream('one').end();
    await settle();
    await t.clock.advance(1000);
    const stream = t.operator.stream('one');
    await lead(stream, term);
    return stream;
  }
  const reissue = (stream: FakeStream, from: object, to: object) => stream.say({ case: 'reissue', value: { taskUid: 'a', attempt: 1, oldEpoch: from, newEpoch: to, blobGrant: 'g2', llmGrant: 'l2' } });

  test('a running attempt goes on under the new number, and its whole log is sent again', async () => {
    await assign(await startLed(), 'a');
    run().live.log.write('first\n');
    const stream = await reconnect(2);
    await t.clock.advance(1000);
    expect(stream.said('log')).toEqual([]);
    expect(run().live.llmGrant()).toBe('l1');
    await reissue(stream, epoch(1, 1), epoch(2, 1));
    expect(stream.said('reissueAck')).toEqual([{ taskUid: 'a', attempt: 1, epoch: epoch(2, 1) }]);
    expect(stream.said('log').map(({ offset }) => offset)).toEqual([0n]);
    expect([isStopped(), run().live.grant(), run().live.llmGrant()]).toEqual([false, 'g2', 'l2']);
    await run().end();
    expect(stream.said('finished')).toMatchObject([{ epoch: epoch(2, 1) }]);
  });

  test('a kept result is not sent to another term before it is reissued, then under the new number', async () => {
    const first = await startLed();
    await assign(first, 'a');
    await run().end();
    const stream = await reconnect(2);
    expect(stream.said('finished')).toEqual([]);
    await reissue(stream, epoch(1, 1), epoch(2, 7));
    expect(stream.sent.slice(-2).map(({ message }) => message?.case)).toEqual(['reissueAck', 'finished']);
    expect(stream.said('finished')).toMatchObject([{ epoch: epoch(2, 7), resultDigest: first.said('finished')[0]?.resultDigest }]);
    await reissue(stream, epoch(1, 1), epoch(2, 7));
    expect(stream.said('reissueAck')).toHaveLength(2);
  });

  test('what was kept for another agent is told at once, and to each leader under its own number, until there is a result', async () => {
    const talk = { name: 'checkpoint.json', uri: 'blob:n/o/s', sha256: 's', sizeBytes: 9, mediaType: 'application/json' };
    const first = await startLed();
    await assign(first, 'a');
    run().live.progress(20, 'turn 3');
    run().live.kept?.({ talk, bundle: { ...talk, name: 'checkpoint.bundle' }, commit: 'c', turns: 3 });
    const told = { taskUid: 'a', percent: 20, message: 'turn 3', checkpoint: { talk: { ...talk, sizeBytes: 9n }, bundle: { name: 'checkpoint.bundle' }, commit: 'c', turns: 3 } };
    expect(first.said('progress').at(-1)).toMatchObject({ ...told, epoch: epoch(1, 1) });
    const stream = await reconnect(2);
    expect(stream.said('progress')).toEqual([]);
    await reissue(stream, epoch(1, 1), epoch(2, 1));
    expect(stream.said('progress')).toMatchObject([{ ...told, epoch: epoch(2, 1) }]);
    await run().end();
    await reissue(stream, epoch(2, 1), epoch(2, 2));
    expect(stream.said('progress')).toHaveLength(1);
  });

  test('an agent that takes no new work says so to what runs', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    expect(run().live.isLeaving?.()).toBe(false);
    await stream.say({ case: 'drain', value: { reason: 'scale down' } });
    expect(run().live.isLeaving?.()).toBe(true);
  });

  test('a kept result is sent again to the same leader after a broken stream', async () => {
    await assign(await startLed(), 'a');
    t.operator.stream('one').end();
    await run().end();
    const stream = await reconnect(1);
    expect(stream.said('finished')).toMatchObject([{ epoch: epoch(1, 1) }]);
  });

  test('an attempt that is not held cannot be reissued', async () => {
    const stream = await startLed();
    await reissue(stream, epoch(1, 1), epoch(1, 2));
    expect(stream.said('refused')).toMatchObject([{ taskUid: 'a', epoch: epoch(1, 2), reason: 'NotHeld' }]);
  });

  test('a claim that the new leader aborts frees the slot', async () => {
    await assign(await startLed(), 'a');
    const stream = await reconnect(2);
    await stream.say({ case: 'abort', value: { taskUid: 'a', attempt: 1, epoch: epoch(1, 1), reason: 'decided already' } });
    expect([isStopped(), t.agent.held]).toEqual([true, 0]);
  });
});

describe('the end', () => {
  test('a drained agent stays until it is stopped, and says so in its next hello', async () => {
    const stream = await startLed();
    await stream.say({ case: 'drain', value: { reason: 'scale down' } });
    expect([t.agent.state, t.agent.notReady()]).toEqual(['DRAINING', ['the agent is DRAINING']]);
    stream.end();
    await t.clock.advance(1000);
    expect(t.operator.stream('one').said('hello')[0]).toMatchObject({ draining: true });
  });

  test('leaving with nothing to do is immediate', async () => {
    const stream = await startLed();
    t.agent.leave('SIGTERM', 25_000);
    await settle();
    await expect(t.agent.ended).resolves.toBe('drained');
    expect([t.agent.state, stream.isOpen]).toEqual(['STOPPED', false]);
  });

  test('leaving waits for what runs and for its confirmation', async () => {
    await assign(await startLed(), 'a');
    t.agent.leave('SIGTERM', 25_000);
    await settle();
    const stream = t.operator.stream('one');
    expect(stream.said('hello')[0]).toMatchObject({ draining: true, claims: [{ taskUid: 'a' }] });
    await lead(stream, 1);
    await t.clock.advance(14_000);
    expect(isStopped()).toBe(false);
    await run().end();
    expect(stream.said('finished')).toMatchObject([{ result: { result: 'Succeeded' } }]);
    expect(t.agent.state).toBe('DRAINING');
    await stream.say({ case: 'confirm', value: { taskUid: 'a', attempt: 1, epoch: epoch(1, 1) } });
    await expect(t.agent.ended).resolves.toBe('drained');
  });

  test('what runs longer is stopped and reported as AgentStopped', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    await t.clock.advance(1);
    t.agent.leave('SIGTERM', 5000);
    await t.clock.advance(5000);
    const [finished] = t.operator.streams.flatMap((each) => each.said('finished'));
    expect(finished).toMatchObject({ result: { result: 'Failed', reason: 'AgentStopped' } });
    await t.clock.advance(4000);
    await expect(t.agent.ended).resolves.toBe('drained');
  });

  test('an emergency stop kills everything, drops what is kept and takes nothing more', async () => {
    const stream = await startLed(3);
    await assign(stream, 'a');
    await assign(stream, 'b', epoch(1, 2));
    await run(1).end();
    t.agent.emergencyStop('SIGUSR2');
    expect([t.killed, isStopped(0), run(0).live.signal.reason, t.agent.held]).toEqual([1, true, 'emergency', 0]);
    await assign(stream, 'c', epoch(1, 3));
    expect(t.runs).toHaveLength(2);
    await t.clock.advance(2000);
    await expect(t.agent.ended).resolves.toBe('emergency');
    expect(t.agent.state).toBe('FAILED');
  });
});
