import { Code, ConnectError } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import { settle } from '#testing/manual-clock.ts';
import { createMailbox } from './mailbox.ts';

const never = new AbortController().signal;

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const item of items) seen.push(item);
  return seen;
}

test('what was put in before and while it is read comes out in order, until the end', async () => {
  const mailbox = createMailbox<number>(10, never);
  mailbox.push(1);
  const read = collect(mailbox);
  await settle();
  mailbox.push(2);
  mailbox.push(3);
  mailbox.end();
  mailbox.push(4);
  expect(await read).toEqual([1, 2, 3]);
});

test('a reader who does not keep up is cut off and told why', async () => {
  const mailbox = createMailbox<number>(2, never);
  [1, 2, 3].forEach((item) => mailbox.push(item));
  const error = ConnectError.from(await collect(mailbox).catch((thrown: unknown) => thrown));
  expect(error.code).toBe(Code.ResourceExhausted);
});

test('a full box that is read in time is no reason to cut off', async () => {
  const mailbox = createMailbox<number>(2, never);
  [1, 2].forEach((item) => mailbox.push(item));
  const read = collect(mailbox);
  await settle();
  [3, 4].forEach((item) => mailbox.push(item));
  mailbox.end();
  expect(await read).toEqual([1, 2, 3, 4]);
});

test('an abort ends the reading of a waiting reader', async () => {
  const abort = new AbortController();
  const read = collect(createMailbox<number>(2, abort.signal));
  await settle();
  abort.abort();
  expect(await read).toEqual([]);
});
