// An agent under test: a fake operator, a clock by hand, and attempts that end when the test says so.
import { afterEach, beforeEach, expect } from 'vitest';
import { silentLog } from '#platform/telemetry/log.ts';
import { FakeOperator, type FakeStream } from '#testing/fake-operator.ts';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { Agent } from './agent.ts';
import type { Live } from './execution/live.ts';
import { type AttemptResult, failure } from './execution/result.ts';
import type { Order } from './order.ts';

export const leaseSeconds = 30;
export const spec = { type: 'Tester', intent: { action: 'RunCommand', params: { command: ['true'] } } };

export interface Running {
  readonly order: Order;
  readonly live: Live;
  readonly end: (result?: Partial<AttemptResult>) => Promise<void>;
}

/** What a test has at hand; made anew for each test. */
export class AgentUnderTest {
  clock = new ManualClock();
  operator = new FakeOperator('one');
  runs: Running[] = [];
  killed = 0;
  #agent: Agent | undefined;

  get agent(): Agent {
    return this.#agent ?? expect.fail('the agent was not started');
  }

  /** Each test of the file begins with fresh parts and ends with nothing running. */
  static inEachTest(): AgentUnderTest {
    const t = new AgentUnderTest();
    beforeEach(() => {
      t.clock = new ManualClock();
      t.operator = new FakeOperator('one');
      t.runs = [];
      t.killed = 0;
    });
    afterEach(async () => {
      t.agent.emergencyStop('the test is over');
      await settle();
      await t.clock.advance(10_000);
    });
    return t;
  }

  readonly start = async (slots = 1): Promise<void> => {
    this.#agent = new Agent({
      identity: { processUuid: '00000000-0000-4000-8000-000000000000', slots, agentTypes: ['Tester'], capabilities: ['git'], boundary: 'none' },
      dialer: this.operator,
      clock: this.clock,
      random: { next: () => 0 },
      log: silentLog,
      killProcesses: async () => void (this.killed += 1),
      runTask: (order, live) => this.#run(order, live),
    });
    await settle();
  };

  readonly startLed = async (slots = 1): Promise<FakeStream> => {
    await this.start(slots);
    const stream = this.operator.stream('one');
    await lead(stream, 1);
    return stream;
  };

  readonly run = (index = 0): Running => this.runs[index] ?? expect.fail('the attempt was not started');
  readonly isStopped = (index = 0): boolean => this.run(index).live.signal.aborted;

  #run(order: Order, live: Live): Promise<AttemptResult> {
    return new Promise((resolve) => {
      const end = async (result: Partial<AttemptResult> = {}) => {
        resolve({ result: 'Succeeded', reason: 'Completed', message: 'done', observed: {}, claimed: {}, artifacts: [], ...result });
        await settle();
      };
      this.runs.push({ order, live, end });
      live.signal.addEventListener('abort', () => live.signal.reason === 'agentStopped' && resolve(failure('AgentStopped', 'stopped')));
    });
  }
}

/** The replica behind the stream says that it leads. */
export async function lead(stream: FakeStream, term: number): Promise<void> {
  await stream.say({ case: 'hello', value: { protocol: 1, term, leaseSeconds } });
}

export const epoch = (term: number, counter: number) => ({ term, counter });

/** The leader hands out the first attempt of a task. */
export const assign = (stream: FakeStream, taskUid: string, at = epoch(1, 1), more: object = {}) =>
  stream.say({ case: 'assign', value: { taskUid, attempt: 1, epoch: at, specJson: JSON.stringify(spec), inputsJson: '{}', deadlineSeconds: 3600, blobGrant: 'g1', llmGrant: 'l1', ...more } });

/** The leader acknowledges the last heartbeat. */
export const acknowledge = async (stream: FakeStream) => {
  const sequence = stream.said('heartbeat').at(-1)?.sequence ?? 0n;
  await stream.say({ case: 'heartbeatAck', value: { sequence } });
};
