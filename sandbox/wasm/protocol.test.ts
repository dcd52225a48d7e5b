import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Conversation } from './conversation.ts';
import { encodeFrame, FrameReader } from './frames.ts';
import { parseClaim } from './protocol.ts';
import { verdictOf } from './verdict.ts';

const done = encodeFrame('D', '{"ending":"completed"}');
const report = { why: 'exit', exitCode: 0, cpuMs: 1, peakMemoryBytes: 1, peakProcesses: 1, reaped: 0 } as const;
const exit = { kind: 'report', report } as const;

function heard(...chunks: readonly Uint8Array[]) {
  const printed: string[] = [];
  const conversation = new Conversation(() => printed.push('ready'));
  conversation.begin((stream, chunk) => printed.push(`${stream}:${Buffer.from(chunk).toString()}`));
  const isOver = chunks.map((chunk) => conversation.read(chunk)).at(-1);
  return { printed, isOver, ...conversation.answered };
}

describe('frames', () => {
  test('come out as they went in, however they are cut', () => {
    const frames = fc.array(fc.record({ kind: fc.constantFrom('A', 'B'), payload: fc.uint8Array({ maxLength: 300 }) }), { maxLength: 8 });
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sent, cuts) => {
        const bytes = Buffer.concat(sent.map(({ kind, payload }) => encodeFrame(kind, payload)));
        const reader = new FrameReader({ A: 300, B: 300 });
        const got: { kind: string; payload: Uint8Array }[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const next = at + (cuts[turn % cuts.length] ?? 1);
          got.push(...reader.read(bytes.subarray(at, next)).frames);
          at = next;
        }
        expect(got.map(({ kind, payload }) => [kind, [...payload]])).toEqual(sent.map(({ kind, payload }) => [kind, [...payload]]));
      }),
    );
  });

  test('a frame longer than its kind may be is refused by its header alone, and so is an unknown kind', () => {
    const header = encodeFrame('A', new Uint8Array(9)).subarray(0, 5);
    expect(new FrameReader({ A: 9 }).read(header)).toEqual({ frames: [] });
    expect(new FrameReader({ A: 8 }).read(header).fault).toBe('a frame A of 9 bytes, more than 8');
    expect(new FrameReader({ B: 9 }).read(header).fault).toMatch(/unknown kind "A"/);
    expect(new FrameReader({ A: 9 }).read(encodeFrame('constructor', '')).fault).toMatch(/unknown kind "c"/);
  });
});

describe('a conversation', () => {
  test('ends with its last frame, and nothing after it counts', () => {
    expect(heard(encodeFrame('O', 'a'), Buffer.concat([encodeFrame('V', '1'), done, encodeFrame('E', 'late'), encodeFrame('V', '2')]))).toEqual({ printed: ['stdout:a'], isOver: true, value: '1', done: { ending: 'completed' } });
  });

  test.each<[string, Uint8Array, string]>([
    ['an end that is no JSON', encodeFrame('D', '{'), 'an end that cannot be read'],
    ['an ending that is not known', encodeFrame('D', '{"ending":"aborted"}'), 'an end that cannot be read'],
    ['an inherited ending', encodeFrame('D', '{"__proto__":{"ending":"completed"}}'), 'an end that cannot be read'],
    ['a message that is no text', encodeFrame('D', '{"ending":"failed","message":{"toString":1}}'), 'an end that cannot be read'],
    ['a frame of two gigabytes', Buffer.from([86, 255, 255, 255, 127]), 'a frame V of 2147483647 bytes, more than 8388608'],
    ['text that is no frame', Buffer.from('Segmentation fault'), 'a frame of the unknown kind "S"'],
  ])('%s is a fault', (_, bytes, fault) => {
    expect(heard(bytes)).toEqual({ printed: [], isOver: true, fault });
  });

  test('an answer before the claim is a fault', () => {
    const conversation = new Conversation(() => {});
    expect(conversation.read(done)).toBe(true);
    expect(conversation.answered.fault).toBe('a frame D before the claim');
  });

  test('bytes of any kind never throw', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1 }), (chunks) => {
        expect(() => heard(...chunks)).not.toThrow();
      }),
    );
  });
});

test.each(['{}', 'null', '[]', '{"source":1,"input":"","folder":"","seed":0,"memoryBytes":1,"valueBytes":1}', '{"source":"","input":"","folder":"","seed":-1,"memoryBytes":1,"valueBytes":1}', '{"source":"","input":"","folder":"","seed":0.5,"memoryBytes":1,"valueBytes":1}'])('a claim %s is refused', (text) => {
  expect(() => parseClaim(Buffer.from(text))).toThrow(/^read a (claim|frame)/);
});

test.each<[string, Parameters<typeof verdictOf>, object]>([
  ['completed without a value is a failure', [{ done: { ending: 'completed' }, words: '', exit }, true], { ending: 'failed' }],
  ['a child that the jail killed for its memory is out of memory', [{ words: '', exit: { kind: 'report', report: { ...report, why: 'memory' } } }, true], { ending: 'outOfMemory' }],
  ['a heap of Node that was too small is out of memory', [{ words: 'FATAL ERROR: JavaScript heap out of memory', exit }, true], { ending: 'outOfMemory' }],
  ['a child that the jail killed for its time is a timeout', [{ words: '', exit: { kind: 'report', report: { ...report, why: 'wall' } } }, true], { ending: 'timeout' }],
  ['a child that never started is a denial', [{ words: 'no guest', exit }, false], { ending: 'denied', message: 'the sandbox child ended with 0 before it answered: no guest' }],
  ['a child that died under the code is a failure', [{ words: '', exit: { kind: 'report', report: { why: 'exit', signal: 'SIGSEGV', cpuMs: 1, peakMemoryBytes: 1, peakProcesses: 1, reaped: 0 } } }, true], { ending: 'failed', message: 'the sandbox child was ended by SIGSEGV before it answered' }],
  ['a jail that broke is told', [{ words: '', exit: { kind: 'broken', message: 'no Landlock' } }, false], { ending: 'denied', message: 'the jail of the sandbox child broke: no Landlock' }],
])('%s', (_, [end, wasReady], want) => {
  expect(verdictOf(end, wasReady)).toMatchObject(want);
});
