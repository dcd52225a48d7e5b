import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { createTaskLog, logLimits } from './log.ts';

function recording() {
  const chunks: { offset: number; text: string }[] = [];
  return { chunks, reader: (offset: number, data: Uint8Array) => void chunks.push({ offset, text: Buffer.from(data).toString() }) };
}

test('small writes are sent together after 100 ms', async () => {
  const clock = new ManualClock();
  const { chunks, reader } = recording();
  const log = createTaskLog(clock);
  log.follow(reader);
  log.write('a');
  log.write('b');
  expect(chunks).toEqual([]);
  await clock.advance(logLimits.coalesceMs);
  log.write('c');
  await clock.advance(logLimits.coalesceMs);
  expect(chunks).toEqual([{ offset: 0, text: 'ab' }, { offset: 2, text: 'c' }]);
});

test('16 KiB are sent at once', () => {
  const { chunks, reader } = recording();
  const log = createTaskLog(new ManualClock());
  log.follow(reader);
  log.write('x'.repeat(logLimits.chunkBytes + 1));
  expect(chunks.map(({ offset, text }) => [offset, text.length])).toEqual([[0, logLimits.chunkBytes], [logLimits.chunkBytes, 1]]);
});

test('a new reader gets all of it from the first byte', () => {
  const log = createTaskLog(new ManualClock());
  log.write('before ');
  const { chunks, reader } = recording();
  log.follow(reader);
  log.write('after');
  log.flush();
  expect(chunks).toEqual([{ offset: 0, text: 'before ' }, { offset: 7, text: 'after' }]);
});

test('a log that nobody follows starts no timer', () => {
  const clock = new ManualClock();
  createTaskLog(clock).write('x');
  expect(clock.pending).toBe(0);
});

test('above 1 MiB the rest is cut, with a notice inside the limit', () => {
  const log = createTaskLog(new ManualClock());
  for (let part = 0; part < 40; part += 1) log.write('y'.repeat(30_000));
  const text = Buffer.from(log.bytes()).toString();
  expect(text.length).toBe(logLimits.maxBytes);
  expect(text).toMatch(/y\n\[log cut: more than 1048576 bytes\]\n$/);
});

test('live chunks put together are the stored bytes, however they were written', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.uint8Array({ maxLength: 40_000 }), fc.string()), { maxLength: 30 }), (writes) => {
      const log = createTaskLog(new ManualClock());
      const live: Uint8Array[] = [];
      let next = 0;
      log.follow((offset, data) => {
        expect(offset).toBe(next);
        next += data.length;
        live.push(data);
      });
      for (const write of writes) log.write(write);
      log.flush();
      expect(Buffer.concat(live).equals(Buffer.from(log.bytes()))).toBe(true);
    }),
    { numRuns: 50 },
  );
});
