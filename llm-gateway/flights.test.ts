// Who flies, who comes along, and what it takes to call a flight off.
import { expect, test } from 'vitest';
import { createFlights } from './flights.ts';

function airport() {
  const flights = createFlights<string>();
  const begun: { readonly signal: AbortSignal; readonly land: (text: string) => void; readonly crash: (error: Error) => void }[] = [];
  const fly = (signal: AbortSignal): Promise<string> => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    begun.push({ signal, land: resolve, crash: reject });
    return promise;
  };
  return { begun, board: (key: string) => flights.board(key, fly) };
}
const never = () => new AbortController().signal;

test('sixty equal calls share one flight, which the first began', async () => {
  const { begun, board } = airport();
  const seats = Array.from({ length: 60 }, () => board('a'));
  const other = board('b');
  expect(begun).toHaveLength(2);
  expect(seats.map(({ isFirst }) => isFirst)).toEqual([true, ...Array.from({ length: 59 }, () => false)]);
  expect(other.isFirst).toBe(true);
  begun[0]?.land('x');
  expect(new Set(await Promise.all(seats.map((seat) => seat.outcome(never()))))).toEqual(new Set(['x']));
});

test('whoever comes after the landing begins anew', async () => {
  const { begun, board } = airport();
  const first = board('a');
  begun[0]?.land('x');
  await first.outcome(never());
  expect(board('a').isFirst).toBe(true);
});

test('one that leaves takes nobody along, be it the first; the last one calls it off', async () => {
  const { begun, board } = airport();
  const stops = [new AbortController(), new AbortController()];
  const outcomes = stops.map(({ signal }) => board('a').outcome(signal));
  stops[0]?.abort();
  expect(await outcomes[0]).toBeUndefined();
  expect(begun[0]?.signal.aborted).toBe(false);
  stops[1]?.abort();
  await expect.poll(() => begun[0]?.signal.aborted).toBe(true);
  begun[0]?.land('called off');
  expect(await outcomes[1]).toBe('called off');
});

test('nobody joins a flight that is called off', async () => {
  const { begun, board } = airport();
  const seat = board('a').outcome(AbortSignal.abort());
  await expect.poll(() => begun[0]?.signal.aborted).toBe(true);
  const next = board('a');
  expect(next.isFirst).toBe(true);
  begun[0]?.land('called off');
  expect(await seat).toBe('called off');
  // The end of the old flight does not close the new one.
  expect(board('a').isFirst).toBe(false);
  begun[1]?.land('x');
  expect(await next.outcome(never())).toBe('x');
});

test('a crash is told to all who wait, and the next call begins anew', async () => {
  const { begun, board } = airport();
  const seats = [board('a'), board('a')].map((seat) => seat.outcome(never()));
  begun[0]?.crash(new Error('no disk'));
  expect((await Promise.allSettled(seats)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(board('a').isFirst).toBe(true);
});
