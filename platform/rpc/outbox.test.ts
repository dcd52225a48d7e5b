import { expect, test } from 'vitest';
import { createOutbox } from './outbox.ts';

const collect = async <T>(source: AsyncIterable<T>) => {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
};

test('messages come out in order, those that were queued before the end included', async () => {
  const outbox = createOutbox<{ n: number }>(10);
  outbox.push({ n: 1 });
  const all = collect(outbox.messages);
  await new Promise(setImmediate);
  outbox.push({ n: 2 });
  outbox.push({ n: 3 });
  outbox.end();
  expect(outbox.push({ n: 4 })).toBe('ended');
  expect(await all).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
});

test('more than the limit is refused until something was taken', async () => {
  const outbox = createOutbox<{ n: number }>(2);
  expect([outbox.push({ n: 1 }), outbox.push({ n: 2 }), outbox.push({ n: 3 })]).toEqual(['queued', 'queued', 'full']);
  const reader = outbox.messages[Symbol.asyncIterator]();
  expect(await reader.next()).toMatchObject({ value: { n: 1 } });
  expect(outbox.push({ n: 4 })).toBe('queued');
});
