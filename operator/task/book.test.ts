import { expect, test } from 'vitest';
import { createBook, isCurrent, type LiveAttempt } from './book.ts';
import { aTask } from './testing.ts';

const live = (task: string, pod: string, counter = 1): LiveAttempt => ({
  task: aTask(task),
  attempt: 1,
  assignment: { pool: 'crew', poolNamespace: 'team-a', agent: pod, agentUid: pod, epoch: { term: 3, counter }, assignedTime: '', matchReason: '' },
  state: 'sent',
  sentAt: 0,
  startedAt: 0,
  traced: false,
});

test('numbers count up inside the term', () => {
  const book = createBook(3);
  expect([book.nextEpoch(), book.nextEpoch()]).toEqual([{ term: 3, counter: 1 }, { term: 3, counter: 2 }]);
});

test('slots are counted by agent', () => {
  const book = createBook(3);
  book.open(live('a', 'p'));
  book.open(live('b', 'p'));
  book.open(live('c', 'q'));
  book.setAside('q', 2);
  expect([book.usedSlots('p'), book.usedSlots('q'), book.usedSlots('r'), book.size]).toEqual([2, 3, 0, 3]);
  book.setAside('q', 0);
  expect(book.usedSlots('q')).toBe(1);
});

test('closing twice frees one slot, and never the slot of a successor', () => {
  const book = createBook(3);
  const first = live('a', 'p', 1);
  const second = live('a', 'p', 2);
  book.open(first);
  book.close(first);
  book.open(second);
  book.close(first);
  expect(book.get('uid-a')).toBe(second);
  expect(book.usedSlots('p')).toBe(1);
});

test('a task has one attempt: the next one takes the slot of the one before', () => {
  const book = createBook(3);
  book.open(live('a', 'p', 1));
  book.open(live('a', 'q', 2));
  expect([book.usedSlots('p'), book.usedSlots('q')]).toEqual([0, 1]);
  expect(book.ofAgent('p')).toEqual([]);
});

test('only the exact attempt and number are current', () => {
  const held = live('a', 'p');
  expect(isCurrent(held, 1, { term: 3, counter: 1 })).toBe(true);
  expect([isCurrent(held, 2, { term: 3, counter: 1 }), isCurrent(held, 1, { term: 3, counter: 2 }), isCurrent(held, 1, { term: 2, counter: 1 }), isCurrent(undefined, 1, { term: 3, counter: 1 })]).toEqual([false, false, false, false]);
});
