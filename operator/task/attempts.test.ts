import { describe, expect, test } from 'vitest';
import type { Epoch } from '#api/v1alpha1/schema.ts';
import type { Attempt } from '#api/v1alpha1/task.ts';
import { blobUri } from '#api/blobs.ts';
import { isCurrent } from './book.ts';
import { aFailure, anAgent, aReport, aTask, aTerm, digestOf, external, FakeTerm, reasonOf, running, sent, usedSlots } from './testing.ts';

const agent = anAgent();
const e = (counter: number, term = 2): Epoch => ({ term, counter });
const ref = (epoch = e(1), attempt = 1) => ({ taskUid: 'uid-a', attempt, epoch });
const ended = (attempt: number, reason = 'ActionFailed'): Attempt => ({ attempt, agent: 'p-0', epoch: e(attempt, 1), reason, message: '', endTime: '2026-01-01T00:00:00Z' });

describe('a life without trouble', () => {
  test('costs one write when it ends within a second, and frees the slot after the confirmation', async () => {
    const term = aTerm();
    term.dispatch('a');
    expect(await term.heard()).toEqual(['assign a/1@2.1 p-1', 'said a Assigned p-1']);
    term.attempts.started(agent.uid, ref());
    await term.clock.advance(400);
    term.attempts.finished(agent.uid, aReport(e(1)));
    expect(await term.heard()).toEqual(['said a Running p-1', 'confirm a/1@2.1 p-1', 'slot p-1', 'ran team-a/crew 400', 'said a Completed p-1']);
    await term.clock.advance(5000);
    expect(term.tasks.writes).toHaveLength(1);
    expect(term.tasks.at('a').status).toMatchObject({ attempt: 1, outcome: { result: 'Succeeded', epoch: e(1), resultDigest: digestOf('d') }, assignment: { agent: 'p-1' } });
    expect(usedSlots(term)).toBe(0);
  });

  test('is written as Running after a second, once', async () => {
    const term = await running();
    await term.clock.advance(999);
    expect(term.tasks.writes).toEqual([]);
    await term.clock.advance(1);
    expect(reasonOf(term)).toBe('Running');
    term.attempts.started(agent.uid, ref());
    await term.clock.advance(5000);
    expect(term.tasks.writes).toHaveLength(1);
  });

  test('a result without a word of the start counts from when it must have begun', async () => {
    const term = await sent();
    await term.clock.advance(2000);
    term.attempts.finished(agent.uid, aReport(e(1)));
    await term.heard();
    expect(term.tasks.at('a').status?.startTime).toBe('2026-01-01T00:00:01.600Z');
  });

  test.each(['External', 'after a takeover', 'second'])('the trace is written before the order leaves: %s', async (why) => {
    const task = why === 'External' ? external() : why === 'second' ? aTask('a', {}, { attempt: 1, attempts: [ended(1)] }) : aTask();
    const term = aTerm(task);
    const linesAtWrite: string[][] = [];
    term.tasks.beforeWrite = () => void linesAtWrite.push([...term.lines]);
    term.dispatch('a', agent, why === 'after a takeover');
    await term.heard();
    expect(linesAtWrite).toEqual([[]]);
    expect(term.agents.orders).toHaveLength(1);
    expect(term.tasks.at('a').status).toMatchObject({ attempt: why === 'second' ? 2 : 1, assignment: { agent: 'p-1', epoch: e(1) } });
  });

  test('a Running that cannot be written harms nothing', async () => {
    const term = await running();
    term.tasks.faults.push({ reason: 'BadRequest' });
    await term.clock.advance(1000);
    await term.heard();
    expect(term.book.get('uid-a')?.traced).toBe(false);
    term.attempts.finished(agent.uid, aReport(e(1)));
    expect(await term.heard()).toContain('confirm a/1@2.1 p-1');
  });

  test('a task with a trace is not written as Running again', async () => {
    const term = await running(external());
    await term.clock.advance(3000);
    expect(term.tasks.writes).toEqual([]);
  });
});

describe('what fails', () => {
  test('is tried again after a back-off that doubles; the slot is free first', async () => {
    const term = await running();
    term.attempts.finished(agent.uid, aFailure(e(1)));
    expect(await term.heard()).toEqual(['confirm a/1@2.1 p-1', 'slot p-1', 'requeue a after 1000', 'ran team-a/crew 400', 'said a ActionFailed p-1']);
    expect(term.tasks.at('a').status).toMatchObject({ attempt: 1, attempts: [{ attempt: 1, reason: 'ActionFailed', epoch: e(1) }] });
    expect(term.tasks.at('a').status?.assignment).toBeUndefined();
    term.dispatch('a');
    await term.heard();
    term.attempts.finished(agent.uid, aFailure(e(2), { attempt: 2 }));
    expect(await term.heard()).toContain('requeue a after 2000');
  });

  test('ends the task when its retries are used up', async () => {
    const term = await running(aTask('a', { retryPolicy: { limit: 0 } }));
    term.attempts.finished(agent.uid, aFailure(e(1)));
    expect((await term.heard()).filter((line) => line.startsWith('requeue'))).toEqual([]);
    expect(term.tasks.at('a').status?.outcome).toMatchObject({ result: 'Failed', reason: 'ActionFailed' });
  });

  test('ends an External task at once', async () => {
    const term = await running(external());
    term.attempts.finished(agent.uid, aFailure(e(1)));
    await term.heard();
    expect(term.tasks.at('a').status?.outcome).toMatchObject({ result: 'Failed', reason: 'ActionFailed' });
  });

  test('a result that cannot be stored ends the task, and the agent may forget it', async () => {
    const term = await running();
    term.tasks.faults.push({ reason: 'RequestEntityTooLarge' });
    term.attempts.finished(agent.uid, aReport(e(1)));
    expect(await term.heard()).toContain('confirm a/1@2.1 p-1');
    expect(term.tasks.at('a').status?.outcome).toMatchObject({ result: 'Failed', reason: 'OutputTooLarge' });
  });

  test('an end that can never be recorded is aborted and begun anew', async () => {
    const term = await running();
    term.tasks.faults.push({ reason: 'BadRequest' });
    term.attempts.finished(agent.uid, aReport(e(1)));
    expect(await term.heard()).toEqual(['abort a/1@2.1 p-1', 'slot p-1', 'requeue a after 1000']);
    expect(term.errors).toEqual(['attempt could not be carried on']);
  });

  test('an External end that cannot be recorded is never begun anew: it is written as unknown later', async () => {
    const term = await running(external());
    term.tasks.faults.push({ reason: 'BadRequest' }, { reason: 'BadRequest' });
    term.attempts.finished(agent.uid, aReport(e(1)));
    expect(await term.heard()).toEqual([]);
    await term.clock.advance(2000);
    expect((await term.heard()).filter((line) => line.startsWith('requeue'))).toEqual([]);
    expect(term.tasks.at('a').status?.outcome).toMatchObject({ result: 'Failed', reason: 'OutcomeUnknown' });
    expect(usedSlots(term)).toBe(0);
  });

  test('an order that cannot be made ends the task without an attempt', async () => {
    const term = aTerm(aTask('a', { workspace: { configMap: { name: 'files' } } }));
    term.dispatch('a');
    expect(await term.heard()).toEqual(['slot p-1']);
    expect(term.tasks.at('a').status?.outcome).toMatchObject({ result: 'Failed', reason: 'WorkspaceFailed' });
    expect(term.tasks.at('a').status?.attempt).toBeUndefined();
  });

  test('a source that cannot be read is asked again with the next dispatch', async () => {
    const term = aTerm(aTask(), { sources: { namespaceUid: () => Promise.reject(new Error('unreachable')) } });
    term.dispatch('a');
    expect(await term.heard()).toEqual(['slot p-1', 'requeue a after 1000']);
    expect(term.tasks.writes).toEqual([]);
  });
});

describe('artifacts', () => {
  const artifact = (address: { namespaceUid: string; ownerUid: string; sha256?: string }) => ({ name: 'log', uri: blobUri({ sha256: digestOf('b'), ...address }), sha256: digestOf('b'), sizeBytes: 1, mediaType: 'text/plain' });
  const cases: Record<string, { address: { namespaceUid: string; ownerUid: string; sha256?: string }; want: string }> = {
    'of the own mission are stored': { address: { namespaceUid: 'ns', ownerUid: 'mission' }, want: 'done' },
    'of another mission fail the attempt': { address: { namespaceUid: 'ns', ownerUid: 'other' }, want: 'AgentError' },
    'of another namespace fail the attempt': { address: { namespaceUid: 'theirs', ownerUid: 'mission' }, want: 'AgentError' },
    'with two digests fail the attempt': { address: { namespaceUid: 'ns', ownerUid: 'mission', sha256: digestOf('c') }, want: 'AgentError' },
  };
  test.each(Object.entries(cases))('%s', async (_, { address, want }) => {
    const term = await running();
    term.attempts.finished(agent.uid, aReport(e(1), { output: { digest: digestOf('d'), durationMs: 1, artifacts: [artifact(address)] } }));
    await term.heard();
    const { attempts, outcome } = term.tasks.at('a').status ?? {};
    expect(outcome?.message ?? attempts?.[0]?.reason).toBe(want);
  });

  test('an unreachable API server keeps the result until it can be judged', async () => {
    let isUp = true;
    const term = await sent(aTask(), { sources: { namespaceUid: () => (isUp ? Promise.resolve('ns') : Promise.reject(new Error('down'))) } });
    isUp = false;
    term.attempts.finished(agent.uid, aReport(e(1), { output: { digest: digestOf('d'), durationMs: 1, artifacts: [artifact({ namespaceUid: 'ns', ownerUid: 'mission' })] } }));
    await term.clock.advance(3500);
    expect(await term.heard()).toEqual([]);
    isUp = true;
    await term.clock.advance(1000);
    expect(await term.heard()).toContain('confirm a/1@2.1 p-1');
  });

  test('a task that is deleted meanwhile ends the asking', async () => {
    let asked = 0;
    const term = await sent(aTask(), { sources: { namespaceUid: () => (asked++ === 0 ? Promise.resolve('ns') : Promise.reject(new Error('down'))) } });
    term.attempts.finished(agent.uid, aReport(e(1), { output: { digest: digestOf('d'), durationMs: 1, artifacts: [artifact({ namespaceUid: 'ns', ownerUid: 'mission' })] } }));
    await term.heard();
    term.tasks.remove('a');
    await term.clock.advance(5000);
    expect(asked).toBe(2);
    expect(term.clock.pending).toBe(0);
  });
});

describe('messages that do not count', () => {
  test('a result that is said twice is written once and confirmed once', async () => {
    const term = await running();
    term.attempts.finished(agent.uid, aReport(e(1)));
    term.attempts.finished(agent.uid, aReport(e(1)));
    expect((await term.heard()).filter((line) => line.startsWith('confirm'))).toHaveLength(1);
    expect(term.tasks.writes).toHaveLength(1);
    term.attempts.finished(agent.uid, aReport(e(1)));
    expect(await term.heard()).toEqual(['confirm a/1@2.1 p-1']);
  });

  const strangers: Record<string, (term: FakeTerm) => void> = {
    'of an older epoch': (term) => term.attempts.finished(agent.uid, aReport(e(7, 1))),
    'of another attempt': (term) => term.attempts.finished(agent.uid, aReport(e(1), { attempt: 2 })),
    'of another agent': (term) => term.attempts.finished('uid-p-2', aReport(e(1))),
  };
  test.each(Object.entries(strangers))('a result %s is aborted and changes nothing', async (_, say) => {
    const term = await running();
    term.agents.connected.set('uid-p-2', anAgent('p-2'));
    say(term);
    expect(await term.heard()).toEqual([expect.stringMatching(/^abort a/)]);
    expect(isCurrent(term.book.get('uid-a'), 1, e(1))).toBe(true);
    expect(term.tasks.writes).toEqual([]);
  });

  test('a result of an order that has not left is no result', async () => {
    const term = aTerm(external());
    term.dispatch('a');
    term.attempts.finished(agent.uid, aReport(e(1)));
    await term.heard();
    expect(term.tasks.at('a').status?.outcome).toBeUndefined();
  });

  test('another result of a decided task is refused', async () => {
    const term = await running();
    term.attempts.finished(agent.uid, aReport(e(1)));
    await term.heard();
    term.attempts.finished(agent.uid, aReport(e(1), { output: { digest: digestOf('f'), durationMs: 1 } }));
    expect(await term.heard()).toEqual(['abort a/1@2.1 p-1']);
    expect(term.tasks.at('a').status?.outcome?.resultDigest).toBe(digestOf('d'));
  });

  test('a start of another agent or number is not believed', async () => {
    const term = await sent();
    term.attempts.started('uid-p-2', ref());
    term.attempts.started(agent.uid, ref(e(2)));
    expect(await term.heard()).toEqual([]);
    expect(term.book.get('uid-a')?.state).toBe('sent');
  });
});

describe('an agent that does not run it', () => {
  test('not connected: nothing was sent, another gets it at once without a write', async () => {
    const term = aTerm();
    term.dispatch('a');
    term.disconnect(agent);
    expect(await term.heard()).toEqual(['slot p-1', 'requeue a after 0']);
    expect(term.tasks.writes).toEqual([]);
  });

  test('not connected, External: its trace is ended and the next attempt may go elsewhere', async () => {
    const term = aTerm(external());
    term.tasks.beforeWrite = () => term.disconnect(agent);
    term.dispatch('a');
    expect(await term.heard()).toEqual(['slot p-1', 'requeue a after 1000']);
    expect(term.tasks.at('a').status).toMatchObject({ attempt: 1, attempts: [{ attempt: 1, reason: 'AgentStopped' }] });
  });

  test('a refusal before the start is no failure, but it waits: the same agent would refuse again', async () => {
    const term = await sent();
    term.attempts.refused(agent.uid, { ...ref(), reason: 'Draining' });
    expect(await term.heard()).toEqual(['slot p-1', 'requeue a after 1000']);
    expect(term.tasks.writes).toEqual([]);
  });

  test('an order that no agent of this kind understands counts as a failure, so it ends', async () => {
    const term = await sent(aTask('a', { retryPolicy: { limit: 0 } }));
    term.attempts.refused(agent.uid, { ...ref(), reason: 'InvalidOrder' });
    await term.heard();
    expect(term.tasks.at('a').status?.outcome).toMatchObject({ result: 'Failed', reason: 'AgentError' });
  });

  test('a refusal after the start means that it is lost: External is not sent again', async () => {
    const term = await running(external());
    term.attempts.refused(agent.uid, { ...ref(), reason: 'NotHeld' });
    await term.heard();
    expect(term.tasks.at('a').status?.outcome).toMatchObject({ reason: 'OutcomeUnknown' });
  });

  test('a refusal while the result is being written is too late', async () => {
    const term = await running();
    term.attempts.finished(agent.uid, aReport(e(1)));
    term.attempts.refused(agent.uid, { ...ref(), reason: 'NotHeld' });
    expect((await term.heard()).filter((line) => line.startsWith('requeue'))).toEqual([]);
    expect(reasonOf(term)).toBe('Completed');
  });

  test('an order that was just sent and is not claimed is sent again under its number', async () => {
    const term = await sent();
    term.adoption.connected(agent, [], true);
    expect(await term.heard()).toEqual(['assign a/1@2.1 p-1']);
    await term.clock.advance(2000);
    term.adoption.connected(agent, [], true);
    expect(await term.heard()).toEqual(['abort a/1@2.1 p-1', 'slot p-1', 'requeue a after 1000', 'said a AgentLost p-1']);
  });

  test('an order that cannot be made again is lost', async () => {
    const files = { configMapFiles: () => Promise.resolve<Record<string, Uint8Array> | undefined>(gone ? undefined : {}) };
    let gone = false;
    const term = await sent(aTask('a', { workspace: { configMap: { name: 'files' } } }), { sources: files });
    gone = true;
    term.adoption.connected(agent, [], true);
    expect(await term.heard()).toContain('said a AgentLost p-1');
  });
});

describe('a lost agent', () => {
  const live = (term: FakeTerm) => {
    const found = term.book.get('uid-a');
    if (found === undefined) throw new Error('the attempt is not in the book');
    return found;
  };

  test('its attempt is followed by the next one, and told to stop should it still run', async () => {
    const term = await running();
    term.attempts.lost(live(term), 'AgentLost', 'silence');
    expect(await term.heard()).toEqual(['abort a/1@2.1 p-1', 'slot p-1', 'requeue a after 1000', 'said a AgentLost p-1']);
    expect(term.tasks.at('a').status?.attempts).toMatchObject([{ reason: 'AgentLost', message: 'silence' }]);
  });

  test('External: nobody knows what happened', async () => {
    const term = await running(external());
    term.attempts.lost(live(term), 'AgentLost', 'silence');
    await term.heard();
    expect(term.tasks.at('a').status?.outcome).toMatchObject({ result: 'Failed', reason: 'OutcomeUnknown' });
  });

  test('is no loss when the result was already here', async () => {
    const term = await running();
    term.attempts.finished(agent.uid, aReport(e(1)));
    term.attempts.lost(live(term), 'AgentLost', 'silence');
    await term.heard();
    expect(reasonOf(term)).toBe('Completed');
  });

  test('losing it twice costs one attempt', async () => {
    const term = await running();
    const attempt = live(term);
    term.attempts.lost(attempt, 'AgentLost', 'silence');
    term.attempts.lost(attempt, 'AgentLost', 'its container ended');
    await term.heard();
    term.attempts.lost(attempt, 'AgentLost', 'late');
    await term.heard();
    expect(term.tasks.writes).toHaveLength(1);
  });

  test('a result that comes while the loss is written is not taken', async () => {
    const term = await running();
    term.attempts.lost(live(term), 'AgentLost', 'silence');
    term.attempts.finished(agent.uid, aReport(e(1)));
    expect((await term.heard()).filter((line) => line.startsWith('confirm'))).toEqual([]);
    expect(term.tasks.at('a').status?.outcome).toBeUndefined();
  });
});
