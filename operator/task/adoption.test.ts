import { describe, expect, test } from 'vitest';
import { agentUri } from '#api/identity.ts';
import type { Epoch } from '#api/v1alpha1/schema.ts';
import type { Assignment, Outcome, Task, TaskStatus } from '#api/v1alpha1/task.ts';
import type { Claim } from './agents-port.ts';
import { FakeTasks } from './fake-tasks.ts';
import { aClaim, aLoneTask, anAgent, aReport, aTask, digestOf, FakeTerm, silenceMs, type TermOptions } from './testing.ts';

const time = '2026-01-01T00:00:00Z';
const e = (counter: number, term = 2): Epoch => ({ term, counter });
const old = e(1, 1);
const one = anAgent('p-1');
const two = anAgent('p-2');

const assignedTo = (pod: string, epoch = old): Assignment => ({ pool: 'crew', poolNamespace: 'team-a', agent: pod, agentUid: `uid-${pod}`, epoch, assignedTime: time, matchReason: '' });
const traced: TaskStatus = { attempt: 1, assignment: assignedTo('p-1'), startTime: time };
const outcome = (result: Outcome['result'], resultDigest?: string): TaskStatus => ({ ...traced, outcome: { result, reason: 'Completed', message: '', time, ...(resultDigest === undefined ? {} : { resultDigest }) } });
const runs = aClaim('a', old);
const done: Claim = aClaim('a', old, { finished: true, resultDigest: digestOf('d') });
const blocked = aTask('a', { dependsOn: ['b'] });

/** What the next leader finds: the task, who still runs, and what they claim. `next` says what happens after they have spoken. */
interface Cell {
  readonly task: Task;
  readonly claims?: readonly Claim[];
  /** The agent's process is gone: its pod runs, nobody speaks. */
  readonly mute?: boolean;
  readonly options?: TermOptions;
  readonly next?: (term: FakeTerm) => void | Promise<void>;
  readonly want: readonly string[];
  readonly outcome?: string;
}

const adopted = ['recovered a live', 'reissue a/1@1.1 p-1 as 2.1'];
const lost = ['recovered a live', 'slot p-1', 'requeue a after 1000', 'said a LeaderLost p-1'];
/** Time passes until silence proves something. */
async function silence(term: FakeTerm): Promise<void> {
  await term.clock.advance(silenceMs);
  term.adoption.tick();
}
async function lateWord(term: FakeTerm, claim: Claim): Promise<void> {
  await silence(term);
  await term.clock.advance(0);
  term.connect(one, [claim]);
}
async function deletedMeanwhile(term: FakeTerm): Promise<void> {
  term.tasks.remove('a');
  await silence(term);
}
async function cancelledMeanwhile(term: FakeTerm): Promise<void> {
  await term.attempts.decide(term.tasks.at('a'), 'Cancelled', 'MissionCancelled', '');
  await silence(term);
}
function deletedThenClaimed(term: FakeTerm): void {
  term.tasks.remove('a');
  term.connect(one, [runs]);
}

const states: Record<string, Record<string, Cell>> = {
  'unread (a dependency is not satisfied)': {
    'leader crash: it starts when its dependency succeeds, nothing waits': { task: blocked, claims: [], want: [] },
    'agent crash: nothing to lose': { task: blocked, mute: true, next: silence, want: [] },
    'both: nothing to lose': { task: blocked, mute: true, next: silence, want: [] },
    'partition: an agent that claims it all the same is believed': { task: blocked, claims: [runs], want: ['recovered a live', 'reissue a/1@1.1 p-1 as 2.1'] },
    'delete: it is gone': { task: aTask('other', { dependsOn: ['b'] }), claims: [runs], want: ['abort a/1@1.1 p-1'] },
    'cancel: it is decided': { task: { ...blocked, status: outcome('Cancelled') }, claims: [], want: [], outcome: 'Cancelled' },
  },
  'ready (no trace, not sent, which nobody can know)': {
    'leader crash: recorded before it is sent': { task: aTask(), claims: [], want: ['recovering a', 'recovered a recordFirst'] },
    'leader stopped in good order: sent like any other': { task: aTask(), claims: [], options: { clean: true }, want: ['recovering a', 'recovered a'] },
    'agent crash: recorded after the silence': { task: aTask(), mute: true, next: silence, want: ['recovering a', 'recovered a recordFirst'] },
    'both: the same': { task: aLoneTask(), mute: true, next: silence, want: ['recovering a', 'recovered a recordFirst'] },
    'partition: it waits': { task: aTask(), mute: true, want: ['recovering a'] },
    'delete: leaves the queue': { task: aTask(), mute: true, next: deletedMeanwhile, want: ['recovering a'] },
    'cancel: decided while it waits': { task: aTask(), mute: true, next: cancelledMeanwhile, want: ['recovering a'], outcome: 'Cancelled' },
  },
  'sent (first attempt, no trace yet)': {
    'leader crash: adopted': { task: aTask(), claims: [runs], want: ['recovering a', ...adopted] },
    'agent crash: recorded and sent again': { task: aTask(), claims: [], want: ['recovering a', 'recovered a recordFirst'] },
    'both: recorded and sent again after the silence': { task: aTask(), mute: true, next: silence, want: ['recovering a', 'recovered a recordFirst'] },
    'partition: it waits for the agent': { task: aTask(), mute: true, next: (term) => term.connect(one, [runs]), want: ['recovering a', ...adopted] },
    'delete: aborted': { task: aTask(), claims: [], mute: true, next: deletedThenClaimed, want: ['recovering a', 'abort a/1@1.1 p-1'] },
    'delete that waits for a finalizer: aborted': { task: { ...aTask(), metadata: { ...aTask().metadata, deletionTimestamp: time } }, claims: [runs], want: ['recovering a', 'abort a/1@1.1 p-1'] },
    'cancel: aborted': { task: { ...aTask(), status: outcome('Cancelled') }, claims: [runs], want: ['abort a/1@1.1 p-1'], outcome: 'Cancelled' },
  },
  'running (with a trace)': {
    'leader crash: adopted': { task: aTask('a', {}, traced), claims: [runs], want: ['recovering a', ...adopted] },
    'leader crash, External: adopted': { task: aTask('a', { sideEffects: 'External' }, traced), claims: [runs], want: ['recovering a', ...adopted] },
    'agent crash: the next attempt follows': { task: aTask('a', {}, traced), claims: [], want: ['recovering a', 'recovered a live', 'abort a/1@1.1 p-1', ...lost.slice(1)] },
    'agent crash, External: unknown': { task: aTask('a', { sideEffects: 'External' }, traced), claims: [], want: ['recovering a', 'recovered a live', 'abort a/1@1.1 p-1', 'slot p-1', 'said a OutcomeUnknown p-1'], outcome: 'Failed' },
    'both: the next attempt follows after the silence': { task: aTask('a', {}, traced), mute: true, next: silence, want: ['recovering a', ...lost] },
    'both, for the fourth time: it ends': {
      task: aTask('a', {}, { ...traced, attempt: 4, attempts: [1, 2, 3].map((attempt) => ({ attempt, epoch: e(attempt, 1), reason: 'LeaderLost', message: '', endTime: time })) }),
      mute: true,
      next: silence,
      want: ['recovering a', 'recovered a live', 'slot p-1', 'said a LeaderLost p-1'],
      outcome: 'Failed',
    },
    'partition: it waits': { task: aTask('a', {}, traced), mute: true, want: ['recovering a'] },
    'partition that heals after the silence: the old attempt is aborted': { task: aTask('a', {}, traced), mute: true, next: (term) => lateWord(term, runs), want: ['recovering a', ...lost, 'abort a/1@1.1 p-1'] },
    'delete: aborted': { task: aTask('a', {}, traced), mute: true, next: deletedThenClaimed, want: ['recovering a', 'abort a/1@1.1 p-1'] },
    'cancel: aborted': { task: aTask('a', {}, outcome('Cancelled')), claims: [runs], want: ['abort a/1@1.1 p-1'], outcome: 'Cancelled' },
  },
  'finished, unacknowledged': {
    'leader crash: adopted, its result is asked for': { task: aTask('a', {}, traced), claims: [done], want: ['recovering a', ...adopted] },
    'leader crash after the outcome was written: confirmed': { task: aTask('a', {}, outcome('Succeeded', digestOf('d'))), claims: [done], want: ['confirm a/1@1.1 p-1'], outcome: 'Succeeded' },
    'leader crash after the failure was written: the result is of an attempt that is over': {
      task: aTask('a', {}, { attempt: 1, attempts: [{ attempt: 1, epoch: old, reason: 'ActionFailed', message: '', endTime: time }] }),
      claims: [done],
      want: ['recovering a', 'abort a/1@1.1 p-1', 'recovered a recordFirst after 1000'],
    },
    'agent crash: the result died with it': { task: aTask('a', {}, traced), claims: [], want: ['recovering a', 'recovered a live', 'abort a/1@1.1 p-1', ...lost.slice(1)] },
    'both: the next attempt follows': { task: aTask('a', {}, traced), mute: true, next: silence, want: ['recovering a', ...lost] },
    'partition: the result counts when it comes in time': { task: aTask('a', {}, traced), mute: true, next: (term) => term.connect(one, [done]), want: ['recovering a', ...adopted] },
    'delete: dropped': { task: aTask('other', { dependsOn: ['b'] }), claims: [done], want: ['abort a/1@1.1 p-1'] },
    'cancel: refused': { task: aTask('a', {}, outcome('Cancelled')), claims: [done], want: ['abort a/1@1.1 p-1'], outcome: 'Cancelled' },
  },
  outcome: {
    'leader crash: the same result is confirmed': { task: aTask('a', {}, outcome('Failed', digestOf('d'))), claims: [done], want: ['confirm a/1@1.1 p-1'], outcome: 'Failed' },
    'leader crash: another result is refused': { task: aTask('a', {}, outcome('Failed', digestOf('f'))), claims: [done], want: ['abort a/1@1.1 p-1'], outcome: 'Failed' },
    'agent crash: nothing': { task: aTask('a', {}, outcome('Succeeded')), claims: [], want: [], outcome: 'Succeeded' },
    'both: nothing': { task: aTask('a', {}, outcome('Succeeded')), mute: true, next: silence, want: [], outcome: 'Succeeded' },
    'partition: confirmed when it heals, however late': { task: aTask('a', {}, outcome('Succeeded', digestOf('d'))), mute: true, next: (term) => lateWord(term, done), want: ['confirm a/1@1.1 p-1'], outcome: 'Succeeded' },
    'delete: what is claimed is aborted': { task: aTask('other', {}, outcome('Succeeded')), claims: [done], want: ['abort a/1@1.1 p-1'] },
    'cancel: nothing, it was decided': { task: aTask('a', {}, outcome('Succeeded', digestOf('d'))), claims: [], next: (term) => term.attempts.decide(term.tasks.at('a'), 'Cancelled', 'MissionCancelled', ''), want: [], outcome: 'Succeeded' },
  },
};

describe.each(Object.entries(states))('%s', (_state, cells) => {
  test.each(Object.entries(cells))('%s', async (_, { task, claims = [], mute = false, options, next, want, outcome: result }) => {
    const term = new FakeTerm(new FakeTasks(task), { living: [one.uid], ...options });
    term.adoption.begin();
    if (!mute) term.connect(one, claims);
    await next?.(term);
    const lines = await term.heard();
    expect(lines.filter((line) => !line.startsWith('count'))).toEqual(want);
    expect(term.tasks.get({ namespace: 'team-a', name: 'a' })?.status?.outcome?.result).toBe(result);
  });
});

/** A term whose agent p-1 claims `a`, adopted as 2.1; what was heard of it forgotten. */
async function takenOver(claim = runs, task = aTask('a', {}, traced), options: TermOptions = {}): Promise<FakeTerm> {
  const term = new FakeTerm(new FakeTasks(task), { living: [one.uid], ...options });
  term.adoption.begin();
  term.connect(one, [claim]);
  await term.heard();
  return term;
}

describe('the wait', () => {
  test('ends at once when nobody could run anything', async () => {
    const term = new FakeTerm(new FakeTasks(aTask()), { living: [] });
    term.adoption.begin();
    expect(await term.heard()).toEqual(['recovering a', 'recovered a recordFirst']);
    expect(term.adoption.waiting).toBe(false);
  });

  test('ends with the last living agent, not with the first', async () => {
    const term = new FakeTerm(new FakeTasks(aTask()), { living: [one.uid, two.uid] });
    term.adoption.begin();
    term.connect(one);
    expect(term.adoption.waiting).toBe(true);
    term.connect(two, [runs]);
    expect(term.adoption.waiting).toBe(false);
    expect(await term.heard()).toContain('reissue a/1@1.1 p-2 as 2.1');
  });

  test('ends when a silent agent is no more', async () => {
    const term = new FakeTerm(new FakeTasks(aTask()), { living: [one.uid] });
    term.adoption.begin();
    term.living = [];
    term.adoption.tick();
    expect(term.adoption.waiting).toBe(false);
  });

  test('ends with the silence and not a moment before', async () => {
    const term = new FakeTerm(new FakeTasks(aTask()), { living: [one.uid] });
    term.adoption.begin();
    await term.clock.advance(silenceMs - 1);
    term.adoption.tick();
    expect(term.adoption.waiting).toBe(true);
    await term.clock.advance(1);
    term.adoption.tick();
    expect(term.adoption.waiting).toBe(false);
  });

  test('counts the slots of what is claimed and not yet weighed', () => {
    const term = new FakeTerm(new FakeTasks(aTask()), { living: [one.uid, two.uid] });
    term.adoption.begin();
    term.connect(one, [runs]);
    expect(term.book.usedSlots(one.uid)).toBe(1);
    term.connect(two);
    expect(term.book.usedSlots(one.uid)).toBe(1);
    expect(term.book.ofAgent(one.uid)).toHaveLength(1);
  });

  test('the last word of an agent counts, not the first', async () => {
    const term = new FakeTerm(new FakeTasks(aTask()), { living: [one.uid, two.uid] });
    term.adoption.begin();
    term.connect(one, [runs]);
    term.connect(one, []);
    term.connect(two);
    expect(await term.heard()).toContain('recovered a recordFirst');
  });

  test('the word of an agent that is forgotten since does not count', async () => {
    const term = new FakeTerm(new FakeTasks(aTask('a', {}, traced)), { living: [one.uid, two.uid] });
    term.adoption.begin();
    term.connect(one, [runs]);
    term.disconnect(one);
    term.connect(two);
    expect(await term.heard()).toContain('requeue a after 1000');
  });

  test('a task that was refused does not wait', async () => {
    const status: TaskStatus = { conditions: [{ type: 'Accepted', status: 'False', reason: 'NoMatchingPool', message: '', lastTransitionTime: time }] };
    const term = new FakeTerm(new FakeTasks(aLoneTask('a', status)), { living: [one.uid] });
    term.adoption.begin();
    expect(await term.heard()).toEqual([]);
  });

  test('a dependency that has succeeded makes its dependents suspects', async () => {
    const term = new FakeTerm(new FakeTasks(blocked, aTask('b', {}, outcome('Succeeded'))), { living: [one.uid] });
    term.adoption.begin();
    expect(await term.heard()).toEqual(['recovering a']);
  });
});

describe('two claimants', () => {
  test('the newer number wins, the other is aborted', async () => {
    const term = new FakeTerm(new FakeTasks(aTask()), { living: [one.uid, two.uid] });
    term.adoption.begin();
    term.connect(one, [runs]);
    term.connect(two, [aClaim('a', e(5, 1))]);
    const lines = await term.heard();
    expect(lines).toContain('abort a/1@1.1 p-1');
    expect(lines).toContain('reissue a/1@1.5 p-2 as 2.1');
  });

  test('the one who comes later loses', async () => {
    const term = await takenOver();
    term.connect(two, [aClaim('a', e(5, 1))]);
    expect(await term.heard()).toEqual(['abort a/1@1.5 p-2']);
  });
});

describe('claims that are not believed', () => {
  test('of an agent whose pool may not serve the namespace of the task', async () => {
    const term = await takenOver(runs, aTask('a', {}), { mayServe: () => false });
    expect(term.book.size).toBe(0);
    expect(term.lines).toEqual([]);
  });

  test('of an attempt that nobody can have made', async () => {
    const term = new FakeTerm(new FakeTasks(aTask('a', {}, traced)), { living: [one.uid] });
    term.adoption.begin();
    term.connect(one, [aClaim('a', old, { attempt: 900 })]);
    expect(await term.heard()).toContain('abort a/900@1.1 p-1');
  });

  test('of a number that this term has not given', async () => {
    const term = await takenOver();
    term.connect(one, [aClaim('a', e(99))], true);
    expect(await term.heard()).toContain('abort a/1@2.99 p-1');
  });

  test('a stale claim on a task that waits for its next attempt leaves the task where it is', async () => {
    const term = new FakeTerm(new FakeTasks(aTask('a', {}, { attempt: 1, attempts: [{ attempt: 1, epoch: old, reason: 'ActionFailed', message: '', endTime: time }] })));
    term.adoption.begin();
    await term.heard();
    term.connect(one, [runs]);
    expect(await term.heard()).toEqual(['abort a/1@1.1 p-1']);
  });
});

describe('after the reissue', () => {
  test('the attempt runs on and its result counts under the new number only', async () => {
    const term = await takenOver();
    term.attempts.started(one.uid, { taskUid: 'uid-a', attempt: 1, epoch: e(1) });
    term.attempts.finished(one.uid, aReport(old));
    expect(await term.heard()).toEqual(['said a Running p-1', 'abort a/1@1.1 p-1']);
    term.attempts.finished(one.uid, aReport(e(1)));
    expect(await term.heard()).toContain('confirm a/1@2.1 p-1');
    expect(term.tasks.at('a').status).toMatchObject({ outcome: { result: 'Succeeded', epoch: e(1) }, startTime: '2026-01-01T00:00:00.000Z' });
  });

  test('one without a trace is written as Running', async () => {
    const term = await takenOver(runs, aTask());
    term.attempts.started(one.uid, { taskUid: 'uid-a', attempt: 1, epoch: e(1) });
    await term.clock.advance(1000);
    expect(term.tasks.at('a').status?.assignment).toMatchObject({ agent: 'p-1', epoch: e(1) });
  });

  test('an agent that no longer has it says so: lost, and never begun anew when External', async () => {
    const term = await takenOver(runs, aTask('a', { sideEffects: 'External' }, traced));
    term.attempts.refused(one.uid, { taskUid: 'uid-a', attempt: 1, epoch: e(1), reason: 'NotHeld' });
    await term.heard();
    expect(term.tasks.at('a').status?.outcome?.reason).toBe('OutcomeUnknown');
  });

  test('a grant that cannot be made is asked for until it is: running work is not thrown away', async () => {
    let isUp = false;
    const term = await takenOver(runs, aTask('a', {}, traced), { sources: { namespaceUid: () => (isUp ? Promise.resolve('ns') : Promise.reject(new Error('down'))) } });
    await term.clock.advance(2500);
    expect(await term.heard()).toEqual([]);
    isUp = true;
    await term.clock.advance(1000);
    expect(await term.heard()).toEqual(['reissue a/1@1.1 p-1 as 2.1']);
  });

  test('its grants are for the new number: the old one is fenced everywhere', async () => {
    const { agents } = await takenOver(runs, aTask('a', { type: 'Coder', intent: { action: 'WriteCode', params: { instructions: 'x' } } }, traced), { sources: { hasGateway: true, grant: (grant) => JSON.stringify(grant) } });
    expect(agents.grants).toHaveLength(1);
    expect(JSON.parse(agents.grants[0]?.llmGrant ?? '')).toMatchObject({ agent: agentUri(one), attempt: 1, epoch: e(1) });
    expect(JSON.parse(agents.grants[0]?.blobGrant ?? '')).toMatchObject({ agent: agentUri(one), taskUid: 'uid-a' });
  });

  test('nothing is reissued by a leader that was deposed', async () => {
    const term = new FakeTerm(new FakeTasks(aTask()), { living: [one.uid] });
    term.adoption.begin();
    term.isLeading = false;
    term.connect(one, [runs]);
    expect((await term.heard()).filter((line) => line.startsWith('reissue'))).toEqual([]);
  });
});

describe('an agent that connects again in the same term', () => {
  const again: Record<string, { claims: readonly Claim[]; sameProcess?: boolean; want: readonly string[] }> = {
    'and has it: nothing is missing': { claims: [aClaim('a', e(1))], want: ['said a Running p-1'] },
    'and did not get the reissue: it gets it again': { claims: [runs], want: ['reissue a/1@1.1 p-1 as 2.1'] },
    'and has finished: its result is asked for under the same number': { claims: [aClaim('a', e(1), { finished: true, resultDigest: digestOf('d') })], want: ['reissue a/1@2.1 p-1 as 2.1'] },
    'and does not have it: lost': { claims: [], want: ['abort a/1@2.1 p-1', 'slot p-1', 'requeue a after 1000', 'said a AgentLost p-1'] },
    'as another process: lost, whatever it claims': { claims: [aClaim('a', e(1))], sameProcess: false, want: ['abort a/1@2.1 p-1', 'slot p-1', 'requeue a after 1000', 'said a AgentLost p-1'] },
  };
  test.each(Object.entries(again))('%s', async (_, { claims, sameProcess = true, want }) => {
    const term = await takenOver();
    term.connect(one, claims, sameProcess);
    expect(await term.heard()).toEqual(want);
  });

  test('while its result is being written: it is answered when it is', async () => {
    const term = await takenOver();
    const hanging = Promise.withResolvers<void>();
    term.tasks.beforeWrite = () => hanging.promise;
    term.attempts.finished(one.uid, aReport(e(1)));
    term.connect(one, [aClaim('a', e(1), { finished: true, resultDigest: digestOf('d') })], true);
    expect(await term.heard()).toEqual([]);
    hanging.resolve();
    expect(await term.heard()).toContain('confirm a/1@2.1 p-1');
  });

  test('after the confirmation was lost on the way: confirmed again', async () => {
    const term = await takenOver();
    term.disconnect(one);
    term.attempts.finished(one.uid, aReport(e(1)));
    await term.heard();
    term.connect(one, [aClaim('a', e(1), { finished: true, resultDigest: digestOf('d') })], true);
    expect(await term.heard()).toEqual(['confirm a/1@2.1 p-1']);
  });
});
