import { describe, expect, test } from 'vitest';
import type { Task } from '#api/v1alpha1/task.ts';
import type { LogPiece } from '../access/operator.ts';
import { aMission, aTask, ended, FakeFeed, running } from './fixture.ts';
import { followLog, printLog, type LogSources } from './logs.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const mission = aMission({ a: [], b: ['a'] });
const never = new AbortController().signal;

function sinkOf() {
  const written: string[] = [];
  const notes: string[] = [];
  return { sink: { write: (data: Uint8Array) => void written.push(new TextDecoder().decode(data)), note: (text: string) => void notes.push(text) }, text: () => written.join(''), notes };
}

/** Sources whose live log is made by `live`, and whose artifact is `stored`. */
function sourcesOf(live: (from: number) => AsyncIterable<LogPiece>, stored?: string) {
  const asked: number[] = [];
  const sources: LogSources = {
    live: (_, from) => {
      asked.push(from);
      return live(from);
    },
    stored: () => Promise.resolve(stored === undefined ? undefined : bytes(stored)),
  };
  return { sources, asked };
}

async function* pieces(...all: readonly LogPiece[]): AsyncGenerator<LogPiece> {
  yield* all;
}

const outcome = (task: Task['status']) => ({ mission, tasks: [aTask('a', [], task)] });

describe('a log that is followed', () => {
  test('has the same text as the artifact, without a seam where the attempt ends', async () => {
    const feed = new FakeFeed(outcome(running('crew-1')));
    const out = sinkOf();
    const { sources } = sourcesOf(async function* () {
      yield { offset: 0, data: bytes('one\n') };
      feed.show(outcome(ended('Succeeded')));
    }, 'one\ntwo\n');
    await followLog(feed, { task: 'a', sources, sink: out.sink }, never);
    expect([out.text(), out.notes]).toEqual(['one\ntwo\n', []]);
  });

  test('goes on from the last byte after a stream broke off', async () => {
    const feed = new FakeFeed(outcome(running('crew-1')));
    const out = sinkOf();
    let streams = 0;
    const { sources, asked } = sourcesOf(async function* () {
      streams++;
      if (streams === 1) yield { offset: 0, data: bytes('abc') };
      else yield { offset: 1, data: bytes('bcde') };
      feed.show(outcome(streams === 1 ? running('crew-1') : ended('Succeeded')));
    }, 'abcde');
    await followLog(feed, { task: 'a', sources, sink: out.sink }, never);
    expect([out.text(), asked]).toEqual(['abcde', [0, 3]]);
  });

  test('starts anew with each attempt and says so', async () => {
    const feed = new FakeFeed(outcome(running('crew-1')));
    const out = sinkOf();
    const { sources } = sourcesOf(async function* () {
      yield { offset: 0, data: bytes('first') };
      feed.show(outcome({ ...ended('Succeeded'), attempt: 2 }));
    }, 'second');
    await followLog(feed, { task: 'a', sources, sink: out.sink }, never);
    expect(out.text()).toBe('firstsecond');
    expect(out.notes).toEqual(['attempt 1 has failed; attempt 2 follows']);
  });

  test('tells of bytes that are missing', async () => {
    const out = sinkOf();
    const { sources } = sourcesOf(() => pieces({ offset: 10, data: bytes('x') }));
    await printLog(outcome(running('crew-1')), { task: 'a', sources, sink: out.sink }, never);
    expect(out.notes).toEqual(['10 bytes are missing here']);
  });

  test('does not ask the operator for a task whose dependencies still run', async () => {
    const both = (status: Task['status']) => ({ mission, tasks: [aTask('a', [], running('crew-1')), aTask('b', ['a'], status)] });
    const feed = new FakeFeed(both(undefined));
    const out = sinkOf();
    const { sources, asked } = sourcesOf(() => pieces());
    const followed = followLog(feed, { task: 'b', sources, sink: out.sink }, never);
    feed.show(both(ended('Skipped', { reason: 'DependencyFailed' })));
    await followed;
    expect(asked).toEqual([]);
    expect(out.notes).toEqual(['task b has no log: Skipped DependencyFailed']);
  });
});

test('the log of a task that has ended is its artifact, whole', async () => {
  const out = sinkOf();
  const { sources, asked } = sourcesOf(() => pieces(), 'all of it');
  await printLog(outcome(ended('Failed')), { task: 'a', sources, sink: out.sink }, never);
  expect([out.text(), asked]).toEqual(['all of it', []]);
});
