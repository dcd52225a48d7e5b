import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '#platform/telemetry/log.ts';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { Agent } from './agent.ts';
import type { Live } from './execution/live.ts';
import type { AttemptResult } from './execution/result.ts';
import { failure } from './execution/result.ts';
import { FakeOperator, type FakeStream } from '#testing/fake-operator.ts';
import type { Order } from './order.ts';

const leaseSeconds = 30;
const spec = { type: 'Tester', intent: { action: 'RunCommand', params: { command: ['true'] } } };

interface Running {
  readonly order: Order;
  readonly live: Live;
  readonly end: (result?: Partial<AttemptResult>) => Promise<void>;
}

let clock: ManualClock;
let operator: FakeOperator;
let agent: Agent;
let runs: Running[];
let killed: number;

beforeEach(() => {
  clock = new ManualClock();
  operator = new FakeOperator('one');
  runs = [];
  killed = 0;
});

afterEach(async () => {
  agent.emergencyStop('the test is over');
  await settle();
  await clock.advance(10_000);
});

async function start(slots = 1): Promise<void> {
  agent = new Agent({
    identity: { processUuid: '00000000-0000-4000-8000-000000000000', slots, agentTypes: ['Tester'], capabilities: ['git'], boundary: 'none' },
    dialer: operator,
    clock,
    random: { next: () => 0 },
    log: silentLog,
    killProcesses: async () => void (killed += 1),
    runTask: (order, live) =>
      new Promise((resolve) => {
        const end = async (result: Partial<AttemptResult> = {}) => {
          resolve({ result: 'Succeeded', reason: 'Completed', message: 'done', observed: {}, claimed: {}, artifacts: [], ...result });
          await settle();
        };
        runs.push({ order, live, end });
        live.signal.addEventListener('abort', () => live.signal.reason === 'agentStopped' && resolve(failure('AgentStopped', 'stopped')));
      }),
  });
  await settle();
}

async function lead(stream: FakeStream, term: number): Promise<void> {
  await stream.say({ case: 'hello', value: { protocol: 1, term, leaseSeconds } });
}

const epoch = (term: number, counter: number) => ({ term, counter });
const assign = (stream: FakeStream, taskUid: string, at = epoch(1, 1), more: object = {}) =>
  stream.say({ case: 'assign', value: { taskUid, attempt: 1, epoch: at, specJson: JSON.stringify(spec), inputsJson: '{}', deadlineSeconds: 3600, blobGrant: 'g1', ...more } });
const acknowledge = async (stream: FakeStream) => {
  const sequence = stream.said('heartbeat').at(-1)?.sequence ?? 0n;
  await stream.say({ case: 'heartbeatAck', value: { sequence } });
};
const run = (index = 0): Running => runs[index] ?? expect.fail('the attempt was not started');
const isStopped = (index = 0) => run(index).live.signal.aborted;

async function startLed(slots = 1): Promise<FakeStream> {
  await start(slots);
  const stream = operator.stream('one');
  await lead(stream, 1);
  return stream;
}

describe('connecting', () => {
  test('every replica gets a hello with who this is and what it holds', async () => {
    operator = new FakeOperator('one', 'two');
    await start(2);
    expect(operator.streams.map(({ replica }) => replica)).toEqual(['one', 'two']);
    expect(operator.stream('two').said('hello')).toMatchObject([{ processUuid: expect.any(String), slots: 2, agentTypes: ['Tester'], capabilities: ['git'], highestTerm: 0, claims: [], boundary: 'none', draining: false }]);
    expect(agent.state).toBe('STARTING');
    expect(agent.notReady()).toEqual(['the agent is STARTING']);
    await lead(operator.stream('one'), 1);
    expect([agent.state, agent.notReady()]).toEqual(['IDLE', []]);
  });

  test('a follower is kept and waited for; a stream that ends is opened anew, with the highest term seen', async () => {
    const stream = await startLed();
    await stream.say({ case: 'notLeader', value: { knownTerm: 1 } });
    await clock.advance(60_000);
    expect([operator.streams.length, agent.notReady()]).toEqual([1, []]);
    stream.end();
    await settle();
    expect(agent.notReady()).toEqual(['no replica of the operator is connected']);
    await clock.advance(100);
    expect(operator.streams).toHaveLength(2);
    expect(operator.stream('one').said('hello')[0]).toMatchObject({ highestTerm: 1 });
  });

  test('a replica that appears is connected to, one that is gone is given up', async () => {
    await start();
    operator.replicas = ['two'];
    operator.stream('one').end();
    await clock.advance(6000);
    expect(operator.streams.map(({ replica }) => replica)).toEqual(['one', 'two']);
  });

  test('failed tries are spaced from 100 ms to 5 s', async () => {
    operator.connect = async () => {
      tries.push(clock.monotonic());
      throw new Error('refused');
    };
    const tries: number[] = [];
    await start();
    await clock.advance(20_000);
    const gaps = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    expect(gaps).toEqual([200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  test('a replica that does not answer is dialled anew after 10 s', async () => {
    await start();
    await clock.advance(10_200);
    expect(operator.streams[0]?.closedWith).toBe('the replica does not answer');
    expect(operator.streams).toHaveLength(2);
  });

  test('a leader of a lower term is refused, a higher one replaces the leader', async () => {
    operator = new FakeOperator('one', 'two', 'three');
    await start();
    await lead(operator.stream('one'), 5);
    await lead(operator.stream('two'), 4);
    expect(operator.stream('two').closedWith).toBe('term 4 is over: term 5 has begun');
    await lead(operator.stream('three'), 6);
    expect(operator.stream('one').closedWith).toBe('term 5 is over: term 6 has begun');
    await assign(operator.stream('three'), 'a', epoch(6, 1));
    expect(operator.stream('three').said('started')).toHaveLength(1);
  });

  test('orders of a replica that does not lead are not obeyed', async () => {
    operator = new FakeOperator('one', 'two');
    await start();
    await lead(operator.stream('one'), 1);
    await assign(operator.stream('two'), 'a');
    expect(runs).toHaveLength(0);
  });

  test('a replica that begins to lead on an old stream hears a new hello', async () => {
    await start();
    const stream = operator.stream('one');
    await stream.say({ case: 'notLeader', value: { knownTerm: 0 } });
    await lead(stream, 1);
    expect(stream.closedWith).toMatch(/begun to lead/);
  });

  test('a renewed certificate replaces the stream without a gap', async () => {
    const old = await startLed();
    await assign(old, 'a');
    operator.renewCertificate();
    await settle();
    const next = operator.stream('one');
    expect([operator.streams.length, old.isOpen]).toEqual([2, true]);
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
    expect([agent.state, agent.held]).toEqual(['BUSY', 1]);
    await clock.advance(1234);
    await run().end({ observed: { exitCode: 0 } });
    expect(stream.said('finished')).toMatchObject([{ taskUid: 'a', epoch: epoch(1, 1), result: { result: 'Succeeded', observedJson: '{"exitCode":0}' }, resultDigest: expect.stringMatching(/^[0-9a-f]{64}$/), durationMs: 1234n }]);
  });

  test('the same assignment twice is one attempt', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    await assign(stream, 'a');
    expect([runs.length, stream.said('started').length]).toEqual([1, 2]);
    await run().end();
    await assign(stream, 'a');
    expect([runs.length, stream.said('finished').length]).toEqual([1, 2]);
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
    expect(runs.length).toBeLessThan(2);
  });

  test('a newer attempt of the same task takes the place of the older', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    await assign(stream, 'a', epoch(1, 2), { attempt: 2 });
    expect([isStopped(0), isStopped(1), agent.held]).toEqual([true, false, 1]);
  });

  test('an abort kills the attempt, frees the slot and reports nothing', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    await stream.say({ case: 'abort', value: { taskUid: 'a', attempt: 1, epoch: epoch(1, 1), reason: 'cancelled' } });
    expect([isStopped(), agent.held, agent.state]).toEqual([true, 0, 'IDLE']);
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
    expect([isStopped(), agent.held]).toEqual([false, 1]);
    await run().end();
    await stream.say({ case: 'confirm', value: { taskUid: 'a', attempt: 1, epoch: epoch(1, 2) } });
    expect(agent.held).toBe(1);
  });

  test('a finished attempt keeps its slot until it is confirmed', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    await run().end();
    await assign(stream, 'b', epoch(1, 2));
    expect(stream.said('refused')).toMatchObject([{ taskUid: 'b', reason: 'NoFreeSlot' }]);
    await stream.say({ case: 'confirm', value: { taskUid: 'a', attempt: 1, epoch: epoch(1, 1) } });
    expect(agent.held).toBe(0);
  });

  test('log and progress are sent while it runs, all of the log before the result', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    run().live.log.write('one\n');
    run().live.progress(40.7, 'half');
    await clock.advance(100);
    run().live.log.write('two\n');
    await run().end();
    expect(stream.said('log').map(({ offset, data }) => [offset, Buffer.from(data ?? []).toString()])).toEqual([[0n, 'one\n'], [4n, 'two\n']]);
    expect(stream.said('progress')).toMatchObject([{ percent: 40, message: 'half' }]);
    expect(stream.sent.map(({ message }) => message?.case).slice(-2)).toEqual(['log', 'finished']);
  });
});

describe('the lease', () => {
  test('without an acknowledged heartbeat the attempt is killed a lease after it was given, and nothing is reported', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    await clock.advance(leaseSeconds * 1000 - 1);
    expect(isStopped()).toBe(false);
    await clock.advance(1);
    expect([isStopped(), agent.held, run().live.signal.reason]).toEqual([true, 0, 'leaseLost']);
    expect(stream.said('finished')).toEqual([]);
  });

  test('it runs from the sending of the heartbeat, not from its acknowledgement', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    await clock.advance(5000);
    expect(stream.said('heartbeat').map(({ sequence }) => sequence)).toEqual([1n, 2n]);
    await clock.advance(4000);
    await acknowledge(stream);
    stream.end();
    await clock.advance(5000 + 30_000 - 9000 - 1);
    expect(isStopped()).toBe(false);
    await clock.advance(1);
    expect(isStopped()).toBe(true);
  });

  test('with acknowledged heartbeats, six a lease, it goes on', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    for (let second = 0; second < 120; second += 5) {
      await clock.advance(5000);
      await acknowledge(stream);
    }
    expect([isStopped(), stream.said('heartbeat').length]).toEqual([false, 25]);
  });

  test('a finished result is kept beyond it', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    await run().end();
    stream.end();
    await clock.advance(120_000);
    expect(operator.stream('one').said('hello')[0]?.claims).toMatchObject([{ taskUid: 'a', finished: true, resultDigest: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  });

  test('a leader that does not acknowledge for half of it is dialled anew', async () => {
    const stream = await startLed();
    await clock.advance(20_000);
    expect(stream.closedWith).toBe('the leader does not acknowledge heartbeats');
  });
});

describe('adoption', () => {
  async function reconnect(term: number): Promise<FakeStream> {
    operator.stream('one').end();
    await settle();
    await clock.advance(1000);
    const stream = operator.stream('one');
    await lead(stream, term);
    return stream;
  }
  const reissue = (stream: FakeStream, from: object, to: object) => stream.say({ case: 'reissue', value: { taskUid: 'a', attempt: 1, oldEpoch: from, newEpoch: to, blobGrant: 'g2' } });

  test('a running attempt goes on under the new number, and its whole log is sent again', async () => {
    await assign(await startLed(), 'a');
    run().live.log.write('first\n');
    const stream = await reconnect(2);
    await clock.advance(1000);
    expect(stream.said('log')).toEqual([]);
    await reissue(stream, epoch(1, 1), epoch(2, 1));
    expect(stream.said('reissueAck')).toEqual([{ taskUid: 'a', attempt: 1, epoch: epoch(2, 1) }]);
    expect(stream.said('log').map(({ offset }) => offset)).toEqual([0n]);
    expect([isStopped(), run().live.grant()]).toEqual([false, 'g2']);
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

  test('a kept result is sent again to the same leader after a broken stream', async () => {
    await assign(await startLed(), 'a');
    operator.stream('one').end();
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
    expect([isStopped(), agent.held]).toEqual([true, 0]);
  });
});

describe('the end', () => {
  test('a drained agent stays until it is stopped, and says so in its next hello', async () => {
    const stream = await startLed();
    await stream.say({ case: 'drain', value: { reason: 'scale down' } });
    expect([agent.state, agent.notReady()]).toEqual(['DRAINING', ['the agent is DRAINING']]);
    stream.end();
    await clock.advance(1000);
    expect(operator.stream('one').said('hello')[0]).toMatchObject({ draining: true });
  });

  test('leaving with nothing to do is immediate', async () => {
    const stream = await startLed();
    agent.leave('SIGTERM', 25_000);
    await settle();
    await expect(agent.ended).resolves.toBe('drained');
    expect([agent.state, stream.isOpen]).toEqual(['STOPPED', false]);
  });

  test('leaving waits for what runs and for its confirmation', async () => {
    await assign(await startLed(), 'a');
    agent.leave('SIGTERM', 25_000);
    await settle();
    const stream = operator.stream('one');
    expect(stream.said('hello')[0]).toMatchObject({ draining: true, claims: [{ taskUid: 'a' }] });
    await lead(stream, 1);
    await clock.advance(14_000);
    expect(isStopped()).toBe(false);
    await run().end();
    expect(stream.said('finished')).toMatchObject([{ result: { result: 'Succeeded' } }]);
    expect(agent.state).toBe('DRAINING');
    await stream.say({ case: 'confirm', value: { taskUid: 'a', attempt: 1, epoch: epoch(1, 1) } });
    await expect(agent.ended).resolves.toBe('drained');
  });

  test('what runs longer is stopped and reported as AgentStopped', async () => {
    const stream = await startLed();
    await assign(stream, 'a');
    await clock.advance(1);
    agent.leave('SIGTERM', 5000);
    await clock.advance(5000);
    const [finished] = operator.streams.flatMap((each) => each.said('finished'));
    expect(finished).toMatchObject({ result: { result: 'Failed', reason: 'AgentStopped' } });
    await clock.advance(4000);
    await expect(agent.ended).resolves.toBe('drained');
  });

  test('an emergency stop kills everything, drops what is kept and takes nothing more', async () => {
    const stream = await startLed(3);
    await assign(stream, 'a');
    await assign(stream, 'b', epoch(1, 2));
    await run(1).end();
    agent.emergencyStop('SIGUSR2');
    expect([killed, isStopped(0), run(0).live.signal.reason, agent.held]).toEqual([1, true, 'emergency', 0]);
    await assign(stream, 'c', epoch(1, 3));
    expect(runs).toHaveLength(2);
    await clock.advance(2000);
    await expect(agent.ended).resolves.toBe('emergency');
    expect(agent.state).toBe('FAILED');
  });
});
