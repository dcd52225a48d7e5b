import { describe, expect, test } from 'vitest';
import type { Proposal } from './decide/proposal.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { FakeTasks } from './fake-tasks.ts';
import { aTask, digestOf } from './testing.ts';
import { createTaskWriter, hasReason } from './writer.ts';

const epoch = { term: 2, counter: 1 };
const assignment = { pool: 'crew', poolNamespace: 'team-a', agent: 'p-1', agentUid: 'uid-p-1', epoch, assignedTime: '2026-01-01T00:00:00Z', matchReason: '' };
const outcome = (result: 'Succeeded' | 'Cancelled' = 'Succeeded', digest = digestOf('d')): Proposal => ({
  kind: 'outcome',
  result,
  reason: result === 'Succeeded' ? 'Completed' : 'MissionCancelled',
  message: '',
  ...(result === 'Succeeded' ? { attempt: { number: 1, epoch, assignment, startTime: '2026-01-01T00:00:00Z', output: { digest, durationMs: 1 } } } : {}),
});
const assigned: Proposal = { kind: 'assigned', attempt: 1, assignment };
const running: Proposal = { kind: 'running', attempt: 1, assignment, startTime: '2026-01-01T00:00:00Z' };

function aWriter(...found: readonly Task[]) {
  const tasks = new FakeTasks(...found);
  const clock = new ManualClock();
  const recorded: Task[] = [];
  const writer = createTaskWriter({ client: { get: tasks.get.bind(tasks) as FakeTasks['get'], mergePatch: tasks.mergePatch.bind(tasks) }, clock, log: silentLog, onRecorded: (task) => recorded.push(task) });
  /** Proposes for `a` as the server has it, and lets `ms` pass. */
  const propose = async (proposal: Proposal, ms = 0, task = tasks.at('a')) => {
    let answer: string | undefined;
    void writer.propose(task, proposal).then(({ kind }) => (answer = kind), (error: unknown) => (answer = String(error)));
    await clock.advance(ms);
    await clock.advance(0);
    return answer;
  };
  return { tasks, clock, recorded, writer, propose };
}

test('an outcome is one patch with uid and version, and is told before it is answered', async () => {
  const { tasks, propose, recorded } = aWriter(aTask());
  expect(await propose(outcome())).toBe('recorded');
  expect(tasks.writes).toHaveLength(1);
  expect(recorded).toEqual([tasks.at('a')]);
});

test('only what differs is written', async () => {
  const { tasks, propose } = aWriter(aTask());
  await propose(assigned);
  await propose(running);
  expect(Object.keys(tasks.writes[1]?.status ?? {}).toSorted()).toEqual(['conditions', 'startTime']);
});

test('what changes nothing is not written', async () => {
  const { tasks, propose } = aWriter(aTask());
  const judged: Proposal = { kind: 'judged', accepted: true, reason: 'Accepted', message: 'fine' };
  await propose(judged);
  expect(await propose(judged)).toBe('recorded');
  expect(tasks.writes).toHaveLength(1);
});

test('the second proposal builds on the reply to the first, however old the task it was made with', async () => {
  const { tasks, propose } = aWriter(aTask());
  const stale = tasks.at('a');
  await propose(assigned, 0, stale);
  expect(await propose(outcome(), 0, stale)).toBe('recorded');
  expect(tasks.writes.map(({ status }) => 'outcome' in status)).toEqual([false, true]);
});

test('proposals of one task are carried out in order, those of others do not wait', async () => {
  const { tasks, writer, clock } = aWriter(aTask('a'), aTask('b'));
  const hanging = Promise.withResolvers<void>();
  let isFirst = true;
  tasks.beforeWrite = (name) => {
    const hangs = name === 'a' && isFirst;
    if (hangs) isFirst = false;
    return hangs ? hanging.promise : undefined;
  };
  const answers = [writer.propose(tasks.at('a'), assigned), writer.propose(tasks.at('a'), outcome()), writer.propose(tasks.at('b'), outcome())];
  await clock.advance(0);
  expect(tasks.writes.map(({ name }) => name)).toEqual(['b']);
  hanging.resolve();
  await Promise.all(answers);
  expect(tasks.writes.map(({ name, status }) => `${name} ${'outcome' in status}`)).toEqual(['b true', 'a false', 'a true']);
});

test('a failure does not hold up the next proposal', async () => {
  const { tasks, propose } = aWriter(aTask());
  tasks.faults.push({ reason: 'Invalid' });
  expect(await propose(assigned)).toMatch('a fault that the test asked for');
  expect(await propose(outcome())).toBe('recorded');
});

describe('somebody else wrote in between', () => {
  const other = (tasks: FakeTasks, status: Task['status']) => {
    tasks.beforeWrite = () => {
      tasks.beforeWrite = () => {};
      tasks.put({ ...tasks.at('a'), ...(status === undefined ? {} : { status }) });
    };
  };

  test('without deciding it: written again on the newer version', async () => {
    const { tasks, propose } = aWriter(aTask());
    other(tasks, undefined);
    expect(await propose(outcome())).toBe('recorded');
    expect(tasks.at('a').status?.outcome?.result).toBe('Succeeded');
  });

  test('the same outcome: recorded, not written twice', async () => {
    const { tasks, propose } = aWriter(aTask());
    other(tasks, { outcome: { result: 'Succeeded', reason: 'Completed', message: '', resultDigest: digestOf('d'), time: '2026-01-01T00:00:00Z' } });
    expect(await propose(outcome())).toBe('recorded');
    expect(tasks.writes).toEqual([]);
  });

  test('another outcome: decided otherwise, and the board learns of it', async () => {
    const { tasks, propose, recorded } = aWriter(aTask());
    other(tasks, { outcome: { result: 'Cancelled', reason: 'MissionCancelled', message: '', time: '2026-01-01T00:00:00Z' } });
    expect(await propose(outcome())).toBe('decidedOtherwise');
    expect(recorded.at(-1)?.status?.outcome?.result).toBe('Cancelled');
  });

  test('another assignment: overtaken', async () => {
    const { tasks, propose } = aWriter(aTask());
    other(tasks, { attempt: 1, assignment: { ...assignment, epoch: { term: 1, counter: 4 } } });
    expect(await propose(assigned)).toBe('overtaken');
  });

  test('a new object under the name: gone', async () => {
    const { tasks, propose } = aWriter(aTask());
    const before = tasks.at('a');
    tasks.remove('a');
    tasks.put({ ...aTask(), metadata: { ...aTask().metadata, uid: 'uid-2' } });
    expect(await propose(outcome(), 0, before)).toBe('gone');
    expect(tasks.at('a').status).toBeUndefined();
  });
});

describe('the reply is lost', () => {
  test.each(['LostReply', 'Timeout'] as const)('%s after the write: found by reading, not written twice', async (reason) => {
    const { tasks, propose, recorded } = aWriter(aTask());
    tasks.faults.push({ reason, applied: true });
    expect(await propose(outcome())).toBe('recorded');
    expect(tasks.writes).toHaveLength(1);
    expect(recorded.at(-1)?.status?.outcome?.result).toBe('Succeeded');
  });

  test('before the write: written after a pause', async () => {
    const { tasks, propose } = aWriter(aTask());
    tasks.faults.push({ reason: 'LostReply' });
    expect(await propose(outcome(), 99)).toBeUndefined();
    expect(tasks.writes).toHaveLength(0);
  });

  test('and the object is gone when it is read', async () => {
    const { tasks, propose } = aWriter(aTask());
    tasks.faults.push({ reason: 'LostReply', applied: true });
    const put = tasks.put.bind(tasks);
    tasks.put = (task) => {
      const stored = put(task);
      tasks.remove('a');
      return stored;
    };
    expect(await propose(outcome())).toBe('gone');
  });

  test('of an attempt that ended: it is counted once', async () => {
    const { tasks, propose } = aWriter(aTask());
    tasks.faults.push({ reason: 'LostReply', applied: true });
    await propose({ kind: 'attemptEnded', attempt: { attempt: 1, agent: 'p-1', epoch, reason: 'AgentLost', message: '', endTime: '2026-01-01T00:00:00Z' } });
    expect(tasks.at('a').status?.attempts).toHaveLength(1);
  });
});

describe('what passes by itself', () => {
  test.each(['Unreachable', 'ServerError', 'TooManyRequests', 'Unauthorized', 'Forbidden', 'Unknown', 'Conflict'] as const)('%s is tried again after growing pauses', async (reason) => {
    const { tasks, clock, propose } = aWriter(aTask());
    tasks.faults.push({ reason }, { reason });
    expect(await propose(outcome(), 299)).toBeUndefined();
    expect(tasks.writes).toEqual([]);
    await clock.advance(1);
    expect(tasks.at('a').status?.outcome?.result).toBe('Succeeded');
  });

  test('the pause that the server asks for is kept', async () => {
    const { tasks, clock, propose } = aWriter(aTask());
    tasks.faults.push({ reason: 'TooManyRequests', retryAfterMs: 3000 });
    await propose(outcome(), 2999);
    expect(tasks.writes).toEqual([]);
    await clock.advance(1);
    expect(tasks.writes).toHaveLength(1);
  });

  test('pauses grow to five seconds and no further', async () => {
    const { tasks, clock, propose } = aWriter(aTask());
    tasks.faults.push(...Array.from({ length: 12 }, () => ({ reason: 'Unreachable' as const })));
    await propose(outcome(), 6300 + 5 * 5000);
    expect(tasks.faults).toHaveLength(0);
    await clock.advance(5000);
    expect(tasks.writes).toHaveLength(1);
  });
});

test.each(['Invalid', 'RequestEntityTooLarge', 'NotLeader', 'BadRequest'] as const)('%s is told to who proposed it', async (reason) => {
  const { tasks, writer } = aWriter(aTask());
  tasks.faults.push({ reason });
  const error: unknown = await writer.propose(tasks.at('a'), outcome()).catch((thrown: unknown) => thrown);
  expect(hasReason(error, reason)).toBe(true);
});

test('a task that is gone is answered so, and forgotten', async () => {
  const { tasks, propose, writer } = aWriter(aTask());
  const before = tasks.at('a');
  tasks.remove('a');
  expect(await propose(outcome(), 0, before)).toBe('gone');
  writer.forget('uid-a');
  expect(await propose(outcome(), 0, before)).toBe('gone');
});

test('hasReason knows no other errors', () => {
  expect([hasReason(new Error('x'), 'Conflict'), hasReason(undefined, 'Conflict')]).toEqual([false, false]);
});
