// Streams: nothing is missed between two messages, and who may not look any more is told nothing more.
import { describe, expect, test } from 'vitest';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { changes, createSeats, encode, type Message, whileAllowed } from './streams.ts';

function aSource() {
  const listeners = new Set<() => void>();
  const told = { count: 0 };
  const source = {
    onChange: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    next: (): Message => ({ event: 'changed', data: String((told.count += 1)) }),
  };
  return { source, listeners, change: () => listeners.forEach((listener) => listener()) };
}

async function collect(messages: AsyncIterable<Message>, into: string[]): Promise<void> {
  for await (const { event, data } of messages) into.push(`${event} ${data}`.trim());
}

describe('changes', () => {
  test('are gathered, and one that comes while others are gathered is told too', async () => {
    const [clock, { source, change, listeners }, over, seen] = [new ManualClock(0), aSource(), new AbortController(), [] as string[]];
    const ended = collect(changes(source, { clock, still: () => Promise.resolve(true), signal: over.signal }), seen);
    await settle();
    change();
    change();
    await clock.advance(300);
    await settle();
    expect(seen).toEqual(['changed 1', 'changed 2']);
    await clock.advance(300);
    change();
    await settle();
    expect(seen).toEqual(['changed 1', 'changed 2', 'changed 3']);
    over.abort();
    await ended;
    expect(listeners.size).toBe(0);
  });

  test('are followed by a beat where there are none, and end with the right to see them', async () => {
    const [clock, { source }, seen, rights] = [new ManualClock(0), aSource(), [] as string[], { left: 1 }];
    const ended = collect(changes(source, { clock, still: () => Promise.resolve(rights.left-- > 0), signal: new AbortController().signal }), seen);
    for (let turn = 0; turn < 4; turn++) {
      await clock.advance(15_300);
      await settle();
    }
    await ended;
    expect(seen).toEqual(['changed 1', 'beat']);
  });
});

test('messages of others end with the right to see them', async () => {
  const [clock, seen] = [new ManualClock(0), [] as string[]];
  const messages = async function* (): AsyncGenerator<Message> {
    yield { event: 'a', data: '' };
    await clock.advance(20_000);
    yield { event: 'b', data: '' };
  };
  await collect(whileAllowed(messages(), { clock, still: () => Promise.resolve(false), signal: new AbortController().signal }), seen);
  expect(seen).toEqual(['a']);
});

test('data with line ends is one message', () => expect(encode({ event: 'e', data: 'a\r\nb\nc\rd' })).toBe('event: e\ndata: a\ndata: b\ndata: c\ndata: d\n\n'));

test('seats: so many a user and so many in all, and none is given back twice', () => {
  const seats = createSeats(1, 2);
  const [first, second] = [seats.take('a'), seats.take('a')];
  expect([first === undefined, second === undefined, seats.take('b') === undefined, seats.take('c') === undefined]).toEqual([false, true, false, true]);
  first?.();
  first?.();
  expect(seats.open()).toBe(1);
  expect(seats.take('a')).toBeDefined();
});
