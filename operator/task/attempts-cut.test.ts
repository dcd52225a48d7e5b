// Attempts that end from outside: decided, deleted, fenced off, or overtaken by what a stale cache did not show.
import { describe, expect, test } from 'vitest';
import type { Epoch } from '#api/v1alpha1/schema.ts';
import { FakeTasks } from './fake-tasks.ts';
import { anAgent, aReport, aTask, aTerm, external, FakeTerm, reasonOf, running, usedSlots } from './testing.ts';

const agent = anAgent();
const e = (counter: number, term = 2): Epoch => ({ term, counter });

describe('decided from outside', () => {
  const cancel = (term: FakeTerm) => term.attempts.decide(term.tasks.at('a'), 'Cancelled', 'MissionCancelled', 'cancelled');

  test('what runs is aborted after the outcome is written', async () => {
    const term = await running();
    const linesAtWrite: string[] = [];
    term.tasks.beforeWrite = () => void linesAtWrite.push(...term.lines);
    await cancel(term);
    expect(linesAtWrite).toEqual([]);
    expect(await term.heard()).toEqual(['abort a/1@2.1 p-1', 'slot p-1']);
    expect(term.tasks.at('a').status?.outcome).toMatchObject({ result: 'Cancelled', reason: 'MissionCancelled' });
  });

  test('the late result of a cancelled attempt is refused', async () => {
    const term = await running();
    await cancel(term);
    await term.heard();
    term.attempts.finished(agent.uid, aReport(e(1)));
    expect(await term.heard()).toEqual(['abort a/1@2.1 p-1']);
    expect(term.tasks.at('a').status?.outcome?.result).toBe('Cancelled');
  });

  test('a cancel that meets the result on its way wins or loses as a whole', async () => {
    const term = await running();
    const cancelled = cancel(term);
    term.attempts.finished(agent.uid, aReport(e(1)));
    await cancelled;
    const lines = await term.heard();
    expect(lines.filter((line) => line.startsWith('confirm'))).toEqual([]);
    expect(lines.filter((line) => line.startsWith('slot'))).toHaveLength(1);
    expect(term.tasks.at('a').status?.outcome?.result).toBe('Cancelled');
  });

  test('a cancel that comes second leaves the result, which is confirmed', async () => {
    const term = await running();
    term.attempts.finished(agent.uid, aReport(e(1)));
    await cancel(term);
    const lines = await term.heard();
    expect(lines.filter((line) => line.startsWith('abort'))).toEqual([]);
    expect(lines).toContain('confirm a/1@2.1 p-1');
    expect(term.tasks.at('a').status?.outcome?.result).toBe('Succeeded');
  });

  test('a cancel that overtakes the order is followed by its abort', async () => {
    const term = aTerm();
    term.dispatch('a');
    await cancel(term);
    expect(await term.heard()).toEqual(['assign a/1@2.1 p-1', 'said a Assigned p-1', 'abort a/1@2.1 p-1', 'slot p-1']);
    expect(usedSlots(term)).toBe(0);
  });

  test('a cancel that overtakes the trace of an External task: the order never leaves', async () => {
    const term = aTerm(external());
    const cancelled = cancel(term);
    term.dispatch('a');
    await cancelled;
    expect(await term.heard()).toEqual(['slot p-1']);
    expect(term.agents.orders).toEqual([]);
    expect(term.tasks.at('a').status?.outcome?.result).toBe('Cancelled');
  });

  test('works while the trace of the attempt hangs at the API server: the order never leaves', async () => {
    const term = aTerm(external());
    const hanging = Promise.withResolvers<void>();
    term.tasks.beforeWrite = () => hanging.promise;
    term.dispatch('a');
    await term.heard();
    const { task } = term.book.get('uid-a') ?? { task: aTask() };
    term.attempts.forgotten(task);
    hanging.resolve();
    expect(await term.heard()).toEqual(['slot p-1']);
    expect(term.agents.orders).toEqual([]);
  });
});

describe('deleted', () => {
  test('what runs is aborted and the slot is free', async () => {
    const term = await running();
    term.tasks.remove('a');
    expect(await term.heard()).toEqual(['abort a/1@2.1 p-1', 'slot p-1']);
  });

  test('a result on its way is dropped', async () => {
    const term = await running();
    term.tasks.freeze();
    term.tasks.remove('a');
    term.attempts.finished(agent.uid, aReport(e(1)));
    expect(await term.heard()).toEqual(['abort a/1@2.1 p-1', 'slot p-1', 'ran team-a/crew 400']);
    term.tasks.thaw();
    expect(await term.heard()).toEqual([]);
  });

  test('before the trace is written: nothing is sent', async () => {
    const term = aTerm(external());
    term.tasks.freeze();
    term.tasks.remove('a');
    term.attempts.dispatch(term.board.get('uid-a') ?? aTask(), agent, 'fits', { recordFirst: false });
    expect(await term.heard()).toEqual(['slot p-1']);
    expect(term.agents.orders).toEqual([]);
  });
});

describe('a leader that was deposed', () => {
  test('sends no order', async () => {
    const term = aTerm();
    term.isLeading = false;
    term.dispatch('a');
    expect((await term.heard()).filter((line) => !/^(slot|requeue)/.test(line))).toEqual([]);
  });

  test('between the write and the confirmation: confirms nothing', async () => {
    const term = await running();
    term.board.subscribe(() => (term.isLeading = false));
    term.attempts.finished(agent.uid, aReport(e(1)));
    expect((await term.heard()).filter((line) => line.startsWith('confirm'))).toEqual([]);
    expect(reasonOf(term)).toBe('Completed');
  });

  test('between the trace and the order of an External task: sends nothing', async () => {
    const term = aTerm(external());
    term.board.subscribe(() => (term.isLeading = false));
    term.dispatch('a');
    await term.heard();
    expect(term.tasks.at('a').status?.assignment?.epoch).toEqual(e(1));
    expect(term.agents.orders).toEqual([]);
  });

  test('keeps the attempt it could not conclude: the next leader hears of it', async () => {
    const term = await running();
    term.isLeading = false;
    term.attempts.finished(agent.uid, aReport(e(1)));
    expect(await term.heard()).toEqual([]);
    expect(usedSlots(term)).toBe(1);
  });
});

describe('a cache that did not show the last writes of the leader before', () => {
  const recorded = (sideEffects: string) => aTask('a', { sideEffects }, { attempt: 1, assignment: { pool: 'crew', poolNamespace: 'team-a', agent: 'p-0', agentUid: 'uid-p-0', epoch: e(9, 1), assignedTime: '2026-01-01T00:00:00Z', matchReason: '' } });
  const lagging = (sideEffects: string): FakeTerm => {
    const tasks = new FakeTasks(aTask('a', { sideEffects }));
    tasks.freeze();
    tasks.put(recorded(sideEffects));
    return new FakeTerm(tasks);
  };

  test('an External task that was sent before is not sent again', async () => {
    const term = lagging('External');
    term.dispatch('a');
    const lines = await term.heard();
    expect(lines.filter((line) => line.startsWith('assign'))).toEqual([]);
    expect(term.tasks.at('a').status?.outcome).toMatchObject({ result: 'Failed', reason: 'OutcomeUnknown' });
    expect(term.book.size).toBe(0);
  });

  test('another task ends the attempt it finds and goes on with the next', async () => {
    const term = lagging('None');
    term.dispatch('a', agent, true);
    expect(await term.heard()).toEqual(['slot p-1', 'slot p-0', 'requeue a after 1000', 'said a LeaderLost p-0']);
    expect(term.tasks.at('a').status).toMatchObject({ attempt: 1, attempts: [{ attempt: 1, reason: 'LeaderLost', epoch: e(9, 1) }] });
  });
});
