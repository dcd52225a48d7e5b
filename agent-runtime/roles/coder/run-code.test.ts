import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { RunResult } from '#sandbox/port.ts';
import type { ActionResult } from '#agent-runtime/roles/action.ts';
import { artifactText, contextOver, folderWith } from '#agent-runtime/roles/fixtures.ts';
import { runCode } from './run-code.ts';

interface Told {
  readonly params?: JsonObject;
  readonly inputs?: JsonObject;
  readonly run?: Partial<RunResult>;
}

async function ended({ params = { source: 'return 1' }, inputs = {}, run = { value: '1' } }: Told) {
  const folder = await folderWith({ 'tools/count.js': 'return 2' });
  await symlink('/etc/hostname', join(folder, 'outside.js'));
  const context = contextOver(folder, { run, inputs });
  const bound = runCode(params);
  if (bound.kind === 'refused') throw new Error(bound.message);
  return { result: await bound.run(context), codes: context.codes };
}

describe('what the code is run with', () => {
  test('the source, half a minute and 64 MiB, and the input with the inputs of the task', async () => {
    const { codes } = await ended({ params: { source: 'return input', input: { depth: 2 } }, inputs: { survey: { files: 3 } } });
    expect(codes).toEqual([{ source: 'return input', input: { depth: 2, survey: { files: 3 } }, wallMs: 30_000, memoryBytes: 64 * 1024 ** 2 }]);
  });

  test('a file of the workspace, and the bounds that the intent names', async () => {
    const { codes } = await ended({ params: { file: 'tools/count.js', timeoutSeconds: 5, memoryMiB: 8 } });
    expect(codes).toEqual([{ source: 'return 2', input: {}, wallMs: 5000, memoryBytes: 8 * 1024 ** 2 }]);
  });

  test.each<[string, Told, RegExp]>([
    ['neither source nor file', { params: {} }, /exactly one/],
    ['both source and file', { params: { source: 'return 1', file: 'tools/count.js' } }, /exactly one/],
    ['a file that is not there', { params: { file: 'nowhere.js' } }, /nowhere\.js is not a plain file/],
    ['a link out of the workspace', { params: { file: 'outside.js' } }, /outside\.js is not a plain file/],
    ['an input of a name that the task has too', { params: { source: 'return 1', input: { a: 1 } }, inputs: { a: 2 } }, /input\.a: the task has an input of this name/],
  ])('%s is refused and nothing is run', async (_, told, says) => {
    const { result, codes } = await ended(told);
    expect(result).toMatchObject({ result: 'Failed', reason: 'ActionRefused', message: expect.stringMatching(says) as string });
    expect(codes).toEqual([]);
  });
});

describe('what becomes of the answer', () => {
  const cases: Record<string, Told & { readonly want: Partial<ActionResult> }> = {
    'an object is claimed as it is': { run: { value: '{"found":3}' }, want: { result: 'Succeeded', claimed: { found: 3 }, observed: { durationMs: 7, ending: 'completed', valueBytes: 11 } } },
    'a list is claimed as value': { run: { value: '[1]' }, want: { result: 'Succeeded', claimed: { value: [1] } } },
    'nothing is claimed as the value null': { run: { value: 'null' }, want: { result: 'Succeeded', claimed: { value: null } } },
    'an answer that is no JSON is a failure': { run: { value: 'forged' }, want: { result: 'Failed', reason: 'ActionFailed', claimed: {} } },
    'an error is told with what was printed last': { run: { ending: 'failed', message: 'TypeError: no', stderr: 'at code:1:1\n' }, want: { result: 'Failed', reason: 'ActionFailed', message: 'the code failed: TypeError: no; it last said: at code:1:1', observed: { durationMs: 7, ending: 'failed', valueBytes: 0 } } },
    'a timeout says what to do': { run: { ending: 'timeout', durationMs: 30_010 }, want: { message: 'the code was killed: it still ran after 30 s; give it more timeoutSeconds' } },
    'too little memory says what to do': { run: { ending: 'outOfMemory' }, want: { message: 'the code was killed: it needed more memory than its limit; give it more memoryMiB' } },
    'too much output has its own reason': { run: { ending: 'outputCap' }, want: { result: 'Failed', reason: 'OutputTooLarge' } },
    'a denial says why': { run: { ending: 'denied', message: 'no guest' }, want: { result: 'Failed', message: 'the code was not run: no guest' } },
    'a stop is told': { run: { ending: 'aborted' }, want: { result: 'Failed', message: 'the code was stopped' } },
  };
  test.each(Object.entries(cases))('%s', async (_, { want, ...told }) => expect((await ended(told)).result).toMatchObject(want));

  test.each<[string, string]>([
    ['larger than a status may be', JSON.stringify({ text: 'x'.repeat(4000) })],
    ['with a fraction', '0.5'],
    ['nested 10,000 deep', '['.repeat(10_000) + ']'.repeat(10_000)],
  ])('a value %s is kept as an artifact', async (_, value) => {
    const { result } = await ended({ run: { value } });
    expect(result).toMatchObject({ result: 'Succeeded', claimed: {}, message: expect.stringContaining('kept as value.json') as string });
    expect(artifactText(result, 'value.json')).toBe(value);
  });
});
