import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseWords, readBounded } from './report.ts';

const figures = '"cpuMs":12,"peakMemoryBytes":4096,"peakProcesses":2,"reaped":1';
const fields = { cpuMs: 12, peakMemoryBytes: 4096, peakProcesses: 2, reaped: 1 };

const cases: Record<string, { text: string; want: object }> = {
  'an exit code': { text: `{"why":"exit","exitCode":3,${figures}}\n`, want: { kind: 'report', report: { why: 'exit', exitCode: 3, ...fields } } },
  'a signal by its name': { text: `{"why":"wall","signal":9,${figures}}\n`, want: { kind: 'report', report: { why: 'wall', signal: 'SIGKILL', ...fields } } },
  'a real-time signal by its number': { text: `{"why":"exit","signal":40,${figures}}\n`, want: { kind: 'report', report: { why: 'exit', signal: 'signal 40', ...fields } } },
  'an error, also when a report follows': { text: `{"error":"start /x: No such file"}\n{"why":"exit","exitCode":125,${figures}}\n`, want: { kind: 'error', message: 'start /x: No such file' } },
  'nothing at all': { text: '', want: { kind: 'nothing' } },
  'half a line': { text: `{"why":"exit","exitCode":0,"cpuMs"`, want: { kind: 'nothing' } },
  'a reason that is not known': { text: `{"why":"bored","exitCode":0,${figures}}\n`, want: { kind: 'nothing' } },
  'figures that are none': { text: `{"why":"exit","exitCode":0,"cpuMs":-1,"peakMemoryBytes":1,"peakProcesses":1,"reaped":0}\n`, want: { kind: 'nothing' } },
};

test.each(Object.entries(cases))('%s', (_, { text, want }) => expect(parseWords(text)).toEqual(want));

test('no text at all is an error of ours', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => ['report', 'error', 'nothing'].includes(parseWords(text).kind)));
});

test('a report without end is read no further than its bound', async () => {
  const stream = new PassThrough();
  const read = readBounded(stream);
  for (let part = 0; part < 10; part += 1) stream.write('x'.repeat(1000));
  stream.end();
  expect(await read).toHaveLength(4096);
});
