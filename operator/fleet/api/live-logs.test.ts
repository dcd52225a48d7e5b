import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { createLiveLogs, type LiveLogs, type LogLimits } from './live-logs.ts';
import type { LogPiece } from './log-buffer.ts';

const text = (value: string) => new TextEncoder().encode(value);
const never = new AbortController().signal;

/** What a reader has got so far, as `offset:text`; `ended` once its stream is over. */
function readerOf(logs: LiveLogs, from = 0, signal: AbortSignal = never) {
  const seen: string[] = [];
  void (async () => {
    for await (const { offset, data } of logs.read('t', from, signal)) seen.push(`${offset}:${new TextDecoder().decode(data)}`);
    seen.push('ended');
  })();
  return seen;
}

async function allOf(logs: LiveLogs): Promise<LogPiece[]> {
  const pieces: LogPiece[] = [];
  for await (const piece of logs.read('t', 0, never)) pieces.push(piece);
  return pieces;
}

function world(limits?: LogLimits) {
  const clock = new ManualClock();
  return { clock, logs: createLiveLogs(clock, limits) };
}

describe('reading', () => {
  test('a reader gets what was written and what follows, until the attempt ends', async () => {
    const { logs } = world();
    logs.append('t', 1, 0, text('ab'));
    const seen = readerOf(logs);
    await settle();
    logs.append('t', 1, 2, text('cd'));
    await settle();
    logs.end('t');
    await settle();
    expect(seen).toEqual(['0:ab', '2:cd', 'ended']);
  });

  test('a reader goes on from its offset', async () => {
    const { logs } = world();
    logs.append('t', 1, 0, text('abcd'));
    logs.end('t');
    const seen = readerOf(logs, 3);
    await settle();
    expect(seen).toEqual(['3:d', 'ended']);
  });

  test('a reader that comes before the first byte waits for it', async () => {
    const { logs } = world();
    const seen = readerOf(logs);
    await settle();
    logs.append('t', 2, 0, text('x'));
    await settle();
    expect(seen).toEqual(['0:x']);
  });

  test('a reader that goes away leaves nothing behind when there was no log', async () => {
    const { logs } = world();
    const abort = new AbortController();
    const seen = readerOf(logs, 0, abort.signal);
    await settle();
    abort.abort();
    await settle();
    expect([seen, logs.has('t')]).toEqual([['ended'], false]);
  });

  test('large pieces are handed out in messages of 64 KiB', async () => {
    const { logs } = world();
    logs.append('t', 1, 0, new Uint8Array(150_000));
    logs.end('t');
    const sizes = (await allOf(logs)).map(({ offset, data }) => `${offset}+${data.length}`);
    expect(sizes).toEqual(['0+65536', '65536+65536', '131072+18928']);
  });
});

describe('offsets', () => {
  const cases: Record<string, { pieces: readonly (readonly [number, string])[]; want: string[] }> = {
    'what was sent twice after a reconnect is kept once': { pieces: [[0, 'abc'], [0, 'abc'], [1, 'bcde']], want: ['0:abc', '3:de'] },
    'a gap stays a gap': { pieces: [[0, 'ab'], [10, 'cd']], want: ['0:ab', '10:cd'] },
    'a piece from the past is ignored': { pieces: [[5, 'ab'], [0, 'xx']], want: ['5:ab'] },
  };
  test.each(Object.entries(cases))('%s', async (_, { pieces, want }) => {
    const { logs } = world();
    for (const [offset, data] of pieces) logs.append('t', 1, offset, text(data));
    const seen = readerOf(logs);
    await settle();
    expect(seen).toEqual(want);
  });

  test('however a log is cut and repeated, a reader gets each byte once and in its place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ back: fc.nat({ max: 5 }), length: fc.nat({ max: 6 }) }), { maxLength: 30 }), async (cuts) => {
        const { logs } = world();
        let written = 0;
        for (const { back, length } of cuts) {
          const offset = Math.max(written - back, 0);
          logs.append('t', 1, offset, Uint8Array.from({ length }, (__, index) => (offset + index) % 251));
          written = Math.max(written, offset + length);
        }
        logs.end('t');
        const pieces = logs.has('t') ? await allOf(logs) : [];
        const got = pieces.flatMap(({ offset, data }) => [...data].map((byte, index) => [offset + index, byte]));
        expect(got).toEqual(Array.from({ length: written }, (__, at) => [at, at % 251]));
      }),
    );
  });
});

describe('attempts', () => {
  test('the next attempt starts a new log and ends the reading of the old one', async () => {
    const { logs } = world();
    logs.append('t', 1, 0, text('old'));
    const seen = readerOf(logs);
    await settle();
    logs.append('t', 2, 0, text('new'));
    const next = readerOf(logs);
    await settle();
    expect([seen, next]).toEqual([['0:old', 'ended'], ['0:new']]);
  });

  test('a late piece of an earlier attempt is ignored', async () => {
    const { logs } = world();
    logs.append('t', 2, 0, text('new'));
    logs.append('t', 1, 3, text('old'));
    const seen = readerOf(logs);
    await settle();
    expect(seen).toEqual(['0:new']);
  });

  test('a retry after an attempt that wrote nothing is heard', async () => {
    const { logs } = world();
    readerOf(logs);
    await settle();
    logs.end('t');
    logs.append('t', 2, 0, text('x'));
    const seen = readerOf(logs);
    await settle();
    expect(seen).toEqual(['0:x']);
  });
});

describe('memory', () => {
  test('an ended log can be read for 60 s', async () => {
    const { logs, clock } = world();
    logs.append('t', 1, 0, text('abc'));
    logs.end('t');
    await clock.advance(59_999);
    expect(logs.has('t')).toBe(true);
    await clock.advance(1);
    expect([logs.has('t'), logs.bytes]).toEqual([false, 0]);
  });

  test('of one attempt the newest bytes are kept, with their offset', async () => {
    const { logs } = world({ totalBytes: 100, attemptBytes: 4 });
    logs.append('t', 1, 0, text('abc'));
    logs.append('t', 1, 3, text('def'));
    logs.append('t', 1, 6, text('0123456789'));
    logs.end('t');
    const seen = readerOf(logs);
    await settle();
    expect([seen, logs.bytes]).toEqual([['12:6789', 'ended'], 4]);
  });

  test('the log that ended first goes first; one that is written loses bytes, but not its readers', async () => {
    const { logs } = world({ totalBytes: 6, attemptBytes: 6 });
    logs.append('t', 1, 0, text('abc'));
    const seen = readerOf(logs);
    await settle();
    logs.append('ended', 1, 0, text('xyz'));
    logs.end('ended');
    logs.append('other', 1, 0, text('123'));
    expect([logs.has('ended'), logs.has('t'), logs.bytes]).toEqual([false, true, 6]);
    logs.append('another', 1, 0, text('456'));
    expect([logs.has('t'), logs.bytes]).toEqual([true, 6]);
    logs.append('t', 1, 3, text('d'));
    await settle();
    expect(seen).toEqual(['0:abc', '3:d']);
  });

  test('whatever is written, the limits hold', () => {
    const piece = fc.record({ task: fc.constantFrom('a', 'b', 'c'), attempt: fc.integer({ min: 1, max: 3 }), offset: fc.nat({ max: 40 }), length: fc.nat({ max: 20 }), end: fc.boolean() });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const { logs } = world({ totalBytes: 25, attemptBytes: 10 });
        for (const { task, attempt, offset, length, end } of pieces) {
          logs.append(task, attempt, offset, new Uint8Array(length));
          if (end) logs.end(task);
          expect(logs.bytes).toBeLessThanOrEqual(25);
          expect(logs.bytes).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});
