import { beforeEach, expect, test } from 'vitest';
import { type AgentLearn, thoughtVersion } from '#api/events/thought.ts';
import type { Told } from '#platform/rpc/events-client.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { createTelling, type Telling } from './telling.ts';

const learned = (taskUid: string, seq: number): AgentLearn => ({ version: thoughtVersion, type: 'agent.learn', taskUid, attempt: 1, epoch: { term: 1, counter: 1 }, seq, turn: 1, filesChanged: false, idleTurns: 0 });
const taken: Told = { kind: 'taken', dropped: 0 };

let clock: ManualClock;
let requests: string[];
let answers: Told[];
let dropped: number;
let telling: Telling;

beforeEach(() => {
  clock = new ManualClock();
  requests = [];
  answers = [];
  dropped = 0;
  const mirror = {
    tell: (grant: string, texts: readonly string[]) => {
      const seqs = texts.map((text) => (JSON.parse(text) as AgentLearn).seq);
      requests.push(`${grant} ${seqs[0]}-${seqs.at(-1)}`);
      return Promise.resolve(answers.shift() ?? taken);
    },
  };
  telling = createTelling({ mirror, onDropped: (events) => void (dropped += events), clock, random: { next: () => 0.5 }, log: silentLog });
});

/** Tells events of one attempt. */
const tell = (from: number, to: number, taskUid = 'a') => {
  for (let seq = from; seq <= to; seq += 1) telling.tell(learned(taskUid, seq), () => `grant-${taskUid}`);
};

test('events wait a moment for others, and go together', async () => {
  tell(1, 3);
  await clock.advance(199);
  expect(requests).toEqual([]);
  await clock.advance(1);
  expect([requests, dropped]).toEqual([['grant-a 1-3'], 0]);
});

test('a request takes 200 events of one attempt, under its own grant', async () => {
  tell(1, 201);
  tell(1, 1, 'b');
  await clock.advance(200);
  expect(requests).toEqual(['grant-a 1-200', 'grant-a 201-201', 'grant-b 1-1']);
});

test('while the mirror is away nothing is lost up to the limit, the newest beyond it; then all goes in order', async () => {
  answers = [taken, { kind: 'later', message: 'connection refused' }, { kind: 'none' }];
  tell(1, 1);
  await clock.advance(200);
  tell(2, 5003);
  await clock.advance(200);
  expect([requests.at(-1), dropped]).toEqual(['grant-a 2-201', 2]);
  await clock.advance(10_000);
  expect(requests.slice(2, 5)).toEqual(['grant-a 2-201', 'grant-a 2-201', 'grant-a 202-401']);
  expect([requests.at(-1), dropped]).toEqual(['grant-a 4802-5001', 2]);
});

test('where there is no mirror nothing is kept, and nothing counts as lost', async () => {
  answers = [{ kind: 'none' }];
  tell(1, 3);
  await clock.advance(60_000);
  expect([requests, dropped]).toEqual([['grant-a 1-3'], 0]);
});

test('what the mirror refuses or has no room for is counted, and not told again', async () => {
  answers = [{ kind: 'refused', message: 'the grant has expired' }, { kind: 'taken', dropped: 1 }];
  tell(1, 2);
  tell(1, 3, 'b');
  await clock.advance(60_000);
  expect([requests, dropped]).toEqual([['grant-a 1-2', 'grant-b 1-3'], 3]);
});

test('at the end what is left is told at once', async () => {
  tell(1, 3);
  await telling.close(2000);
  expect([requests, dropped]).toEqual([['grant-a 1-3'], 0]);
});

test('an end does not wait for a mirror that is away', async () => {
  answers = Array.from({ length: 20 }, () => ({ kind: 'later', message: 'away' }));
  tell(1, 3);
  const closed = telling.close(2000);
  await clock.advance(2000);
  await closed;
  expect([requests.length > 1, dropped]).toEqual([true, 3]);
  tell(4, 4);
  expect(dropped).toBe(4);
});
