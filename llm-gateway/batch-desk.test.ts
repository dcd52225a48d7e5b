// What is collected, sent and followed, and who gets what, by a clock of our own.
import { describe, expect, test } from 'vitest';
import type { BatchAnswer, Batches, BatchQuestion } from '#platform/anthropic/batches.ts';
import type { Failure } from '#platform/anthropic/failure.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { createBatchDesk } from './batch-desk.ts';
import type { Landing, Parcel } from './batch-run.ts';

const hourMs = 3_600_000;
const overloaded: Failure = { kind: 'status', status: 529, type: 'overloaded_error', message: 'too much', retryAfterMs: 100, body: undefined };
const refused: Failure = { ...overloaded, status: 400, retryAfterMs: undefined };
const lost: Failure = { kind: 'lost', message: 'cut' };

function aDesk({ failures = [], endsAfterMs = 60_000, answer = (id: string): BatchAnswer | undefined => ({ id, kind: 'succeeded', text: id }) }: { failures?: Failure[]; endsAfterMs?: number; answer?: (id: string) => BatchAnswer | undefined } = {}) {
  const clock = new ManualClock();
  const sent: { questions: readonly BatchQuestion[]; headers: Readonly<Record<string, string>>; at: number }[] = [];
  const asked: number[] = [];
  const batches: Batches = {
    create: async (questions, headers) => {
      const failure = failures.shift();
      if (failure !== undefined) return failure;
      sent.push({ questions, headers, at: clock.monotonic() });
      return { kind: 'created', batchId: String(sent.length - 1) };
    },
    hasEnded: async (id) => {
      asked.push(clock.monotonic());
      const batch = sent[Number(id)];
      return batch === undefined ? { ...refused, status: 404 } : { kind: 'known', hasEnded: clock.monotonic() - batch.at >= endsAfterMs };
    },
    answers: async (id) => ({ kind: 'read', answers: (sent[Number(id)]?.questions ?? []).flatMap((question) => answer(question.id) ?? []) }),
  };
  let ids = 0;
  const desk = createBatchDesk({ batches, clock, log: silentLog, newId: () => `q${(ids += 1)}`, windowMs: 5000 });
  const money: string[] = [];
  const parcel = (name: string, change: Partial<Parcel> = {}): Parcel => ({
    fields: { name }, bytes: 100, headers: {}, mayGo: () => true,
    answered: (text) => (money.push(`${name} ${text === undefined ? 'at most' : 'billed'}`), { for: name }),
    unsent: () => void money.push(`${name} given back`),
    ...change,
  });
  return { desk, clock, sent, asked, money, parcel };
}

/** What a promise has come to. */
function look<T>(promise: Promise<T>): { readonly value: T | 'open' } {
  const seen: { value: T | 'open' } = { value: 'open' };
  void promise.then((value) => (seen.value = value));
  return seen;
}
const forever = () => new AbortController().signal;
const namesOf = (sent: readonly { questions: readonly BatchQuestion[] }[]) => sent.map(({ questions }) => questions.map(({ fields }) => fields['name']));

describe('questions', () => {
  test('are collected for a moment and go out as one batch', async () => {
    const { desk, clock, sent, parcel } = aDesk();
    desk.send('a', hourMs, parcel('a'));
    await clock.advance(4999);
    desk.send('b', hourMs, parcel('b'));
    expect(sent).toEqual([]);
    await clock.advance(1);
    expect(namesOf(sent)).toEqual([['a', 'b']]);
  });
  test('go out at once when there are a hundred, or many bytes', async () => {
    const { desk, sent, parcel } = aDesk();
    for (let number = 0; number < 101; number += 1) desk.send(`${number}`, hourMs, parcel(`${number}`));
    await settle();
    expect(sent.map(({ questions }) => questions.length)).toEqual([100]);
    for (const name of ['x', 'y']) desk.send(name, hourMs, parcel(name, { bytes: 20_000_000 }));
    await settle();
    expect(namesOf(sent)[1]).toEqual(['100', 'x']);
  });
  test('with other headers go in a batch of their own', async () => {
    const { desk, clock, sent, parcel } = aDesk();
    desk.send('a', hourMs, parcel('a'));
    desk.send('b', hourMs, parcel('b', { headers: { 'anthropic-beta': 'x' } }));
    await clock.advance(5000);
    expect(sent.map(({ headers }) => headers)).toEqual([{}, { 'anthropic-beta': 'x' }]);
  });
  test('that may not be sent any more are not, and keep their money', async () => {
    const { desk, clock, sent, money, parcel } = aDesk();
    const claim = desk.send('a', hourMs, parcel('a', { mayGo: () => false }));
    await clock.advance(5000);
    expect([sent, money, await claim.outcome(forever())]).toEqual([[], ['a given back'], { kind: 'missed' }]);
  });
});

describe('a batch', () => {
  test('is asked about more and more seldom, and its answers find their callers', async () => {
    const { desk, clock, asked, money, parcel } = aDesk({ endsAfterMs: 600_000 });
    const outcomes = ['a', 'b'].map((name) => look(desk.send(name, hourMs, parcel(name)).outcome(forever())));
    await clock.advance(5000);
    for (let second = 0; second < 700; second += 1) await clock.advance(1000);
    expect(outcomes.map(({ value }) => value)).toEqual([{ kind: 'answered', text: 'q1', headers: { for: 'a' } }, { kind: 'answered', text: 'q2', headers: { for: 'b' } }]);
    expect(money).toEqual(['a billed', 'b billed']);
    const pauses = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
    expect([asked[0], Math.max(...pauses), asked.length < 20]).toEqual([10_000, 60_000, true]);
  });

  const ends: Record<string, { world: Parameters<typeof aDesk>[0]; want: readonly [Landing['kind'], string] }> = {
    'whose answer is an error costs nothing': { world: { answer: (id) => ({ id, kind: 'failed', reason: 'expired' }) }, want: ['missed', 'a given back'] },
    'that forgets a question may have billed it': { world: { answer: () => undefined }, want: ['missed', 'a at most'] },
    'that is tried again while the provider is overloaded is made in the end': { world: { failures: [overloaded, { kind: 'unreachable', message: 'nobody' }] }, want: ['answered', 'a billed'] },
    'that the provider stays too busy for costs nothing': { world: { failures: [overloaded, overloaded, overloaded, overloaded] }, want: ['missed', 'a given back'] },
    'that is refused costs nothing': { world: { failures: [refused] }, want: ['missed', 'a given back'] },
    'whose creation was lost may be billed, and is not made again': { world: { failures: [lost] }, want: ['missed', 'a at most'] },
    'that never ends is given up after its day': { world: { endsAfterMs: Infinity }, want: ['missed', 'a at most'] },
  };
  test.each(Object.entries(ends))('%s', async (_, { world, want: [kind, bill] }) => {
    const { desk, clock, money, parcel } = aDesk(world);
    const outcome = look(desk.send('a', 200_000_000, parcel('a')).outcome(forever()));
    for (let turn = 0; turn < 1700 && outcome.value === 'open'; turn += 1) await clock.advance(turn < 100 ? 1000 : 60_000);
    expect([outcome.value, money]).toMatchObject([{ kind }, [bill]]);
  });
});

describe('a caller', () => {
  test('may leave, come again and get the answer, once', async () => {
    const { desk, clock, parcel } = aDesk();
    const leave = new AbortController();
    const first = look(desk.send('a', hourMs, parcel('a')).outcome(leave.signal));
    expect(desk.claim('a')).toBeUndefined();
    leave.abort();
    await settle();
    expect(first.value).toBeUndefined();
    for (let second = 0; second < 100; second += 1) await clock.advance(1000);
    expect(await desk.claim('a')?.outcome(forever())).toMatchObject({ kind: 'answered', text: 'q1' });
    expect([desk.claim('a'), desk.claim('b')]).toEqual([undefined, undefined]);
  });
  test('that does not come for an hour finds nothing more', async () => {
    const { desk, clock, parcel } = aDesk();
    const leave = new AbortController();
    leave.abort();
    void desk.send('a', 2 * hourMs, parcel('a')).outcome(leave.signal);
    for (let minute = 0; minute < 70; minute += 1) await clock.advance(60_000);
    expect(desk.claim('a')).toBeUndefined();
  });
  test('whose time is over goes on without, and the bill comes all the same', async () => {
    const { desk, clock, money, parcel } = aDesk({ endsAfterMs: 600_000 });
    const outcome = look(desk.send('a', 300_000, parcel('a')).outcome(forever()));
    for (let second = 0; second < 301; second += 1) await clock.advance(1000);
    expect([outcome.value, money, desk.claim('a')]).toEqual([{ kind: 'missed' }, [], undefined]);
    for (let second = 0; second < 400; second += 1) await clock.advance(1000);
    expect(money).toEqual(['a billed']);
  });
  test('with the same question as another one has an answer of its own', async () => {
    const { desk, clock, parcel } = aDesk();
    const outcomes = [1, 2].map((number) => look(desk.send('a', hourMs, parcel(`${number}`)).outcome(forever())));
    for (let second = 0; second < 100; second += 1) await clock.advance(1000);
    expect(outcomes.map(({ value }) => value)).toMatchObject([{ text: 'q1' }, { text: 'q2' }]);
  });
});

test('a desk that closes lets its callers go, and neither bills nor gives back what is under way', async () => {
  const { desk, clock, money, sent, parcel } = aDesk();
  const outcome = look(desk.send('a', hourMs, parcel('a')).outcome(forever()));
  await clock.advance(5000);
  const collected = look(desk.send('b', hourMs, parcel('b')).outcome(forever()));
  desk.close();
  for (let second = 0; second < 100; second += 1) await clock.advance(1000);
  expect([outcome.value, collected.value, money, sent.length]).toEqual([undefined, undefined, [], 1]);
});
