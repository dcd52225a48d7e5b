// Checks of goals. The checked tasks may have changed everything; what they made of the check itself must not count.
import { createHash } from 'node:crypto';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';
import { resultFault } from '#domain/task/limits.ts';
import { RunnerUnderTest } from '#agent-runtime/execution/testing.ts';
import { action, succeeded } from '#agent-runtime/roles/action.ts';
import { contextOver, runIntent } from '#agent-runtime/roles/fixtures.ts';
import { printableTail } from './printable.ts';

describe('VerifyCommand', () => {
  let change: (folder: string) => Promise<unknown>;
  const t = RunnerUnderTest.inEachTest({ Odd: { Change: action(z.unknown(), async (_, { folder }) => (await change(folder), succeeded('done'))) } });
  const { after, commit, orderFor, perform, source } = t;

  /** Checks what a task that made `changes` left behind. */
  async function verify(changes: Readonly<Record<string, string>>, params: JsonObject, more: Parameters<typeof source>[0] = {}) {
    change = async (folder) => {
      for (const [name, text] of Object.entries(changes)) await writeFile(join(folder, name), text);
    };
    const from = source(more);
    const changed = await perform(orderFor('Odd', 'Change', {}, { source: from }));
    return perform(orderFor('Tester', 'VerifyCommand', params, after(changed, more)));
  }

  test('a test that the checked task forged is taken from the base revision', async () => {
    await commit({ 'check.sh': 'test "$(cat a.txt)" = good\n' });
    const result = await verify({ 'check.sh': 'exit 0\n' }, { command: ['sh', './check.sh'] });
    expect(result).toMatchObject({ result: 'Failed', reason: 'ActionFailed', observed: { exitCode: 1, protectedChanged: 1, restored: 'check.sh', tree: result.treeBefore } });
    expect(result.treeAfter).toBe(result.treeBefore);
    expect(result.live).toContain('restored from the base revision: check.sh\n');
  });

  test('honest work passes, on the files of the checked task', async () => {
    await commit({ 'check.sh': 'test "$(cat a.txt)" = good\n' });
    const result = await verify({ 'a.txt': 'good' }, { command: ['sh', 'check.sh'] });
    expect(result).toMatchObject({ result: 'Succeeded', observed: { exitCode: 0, protectedChanged: 0, restored: '' } });
    expect(result.violations).toBeUndefined();
  });

  test('nothing that the command changes is kept, and what was not protected stays', async () => {
    const result = await verify({ 'helper.sh': 'echo x > made.txt; echo seen\n' }, { command: ['sh', 'helper.sh'] });
    expect(result).toMatchObject({ result: 'Succeeded', observed: { outputTail: 'seen' }, boundary: 'none' });
    expect([result.treeAfter, result.outputCommit, result.artifacts.map(({ name }) => name)]).toEqual([result.treeBefore, undefined, ['log']]);
    expect(result.violations).toBeUndefined();
  });

  test('not even files that could not be taken out fail it', async () => {
    expect(await verify({ 'a.txt': 'x' }, { command: ['ln', '-s', '/etc/passwd', 'out'] })).toMatchObject({ result: 'Succeeded' });
  });

  test('folders can be protected by name: what was added there is gone', async () => {
    await commit({ 'test/one.sh': 'exit 1\n', 'run.sh': 'for f in test/*.sh; do sh $f || exit 1; done; ls test\n' });
    const result = await verify({ 'test/one.sh': 'exit 0', 'test/two.sh': 'exit 0' }, { command: ['sh', 'run.sh'], protect: ['test'], expectExitCode: 1 });
    expect(result).toMatchObject({ result: 'Succeeded', observed: { exitCode: 1, protectedChanged: 2, restored: 'test/one.sh,test/two.sh' } });
  });

  test('a named protection replaces that of the arguments', async () => {
    await commit({ 'check.sh': 'exit 1\n' });
    expect(await verify({ 'check.sh': 'exit 0\n' }, { command: ['sh', 'check.sh'], protect: [] })).toMatchObject({ result: 'Succeeded', observed: { protectedChanged: 0 } });
  });

  test('paths are meant below the working folder', async () => {
    await commit({ 'sub/check.sh': 'exit 1\n' });
    expect(await verify({ 'check.sh': 'exit 0\n' }, { command: ['sh', 'check.sh'] }, { subPath: 'sub' })).toMatchObject({ result: 'Failed', observed: { exitCode: 1, restored: 'check.sh' } });
  });

  test('a link in place of the check leads nowhere', async () => {
    await commit({ 'test/check.sh': 'exit 1\n' });
    change = async (folder) => {
      await rm(join(folder, 'test'), { recursive: true });
      await mkdir(join(folder, 'forged'));
      await writeFile(join(folder, 'forged', 'check.sh'), 'exit 0\n');
      await symlink('forged', join(folder, 'test'));
    };
    const changed = await perform(orderFor('Odd', 'Change', {}));
    expect(await perform(orderFor('Tester', 'VerifyCommand', { command: ['sh', 'test/check.sh'] }, after(changed)))).toMatchObject({ result: 'Failed', observed: { exitCode: 1 } });
  });

  test('without an earlier task the base is what it runs on', async () => {
    expect(await perform(orderFor('Tester', 'VerifyCommand', { command: ['cat', 'a.txt'] }))).toMatchObject({ result: 'Succeeded', observed: { protectedChanged: 0, outputTail: 'a' } });
  });

  test('counts of tests are told when they are unmistakable', async () => {
    const context = contextOver('/', { run: { stdout: '# tests 3\n# pass 2\n# fail 1\n# cancelled 0\n# skipped 0\n# todo 0\n', exitCode: 1, ending: 'failed' } });
    expect(await runIntent('Tester', 'VerifyCommand', { command: ['x'] }, context)).toMatchObject({ result: 'Failed', observed: { passed: 2, failed: 1 } });
  });

  test('whatever it printed and whatever was restored, a status can hold it', async () => {
    const wide = '"\\\n漢'.repeat(500);
    const files = { restore: async () => Array.from({ length: 9 }, (_, index) => `${index}${'漢'.repeat(250)}`) };
    const { observed } = await runIntent('Tester', 'VerifyCommand', { command: ['x'] }, contextOver('/', { run: { stdout: wide }, files }));
    expect([resultFault(observed, {}), observed['protectedChanged']]).toEqual([undefined, 9]);
  });
});

describe('printableTail', () => {
  const cases: Record<string, { text: string; want: string }> = {
    'keeps lines and letters of all scripts': { text: 'eins\nzwei ü漢', want: 'eins\nzwei ü漢' },
    'takes colours out': { text: '\u001B[31mred\u001B[0m', want: 'red' },
    'makes control characters blanks': { text: 'a\rb\0c\u202Ed', want: 'a b c d' },
    'keeps the end': { text: `${'x'.repeat(50)}end`, want: `${'x'.repeat(17)}end` },
  };
  test.each(Object.entries(cases))('%s', (_, { text, want }) => expect(printableTail(text, 20, 200)).toBe(want));

  test('is bounded in characters and bytes, and never half a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), fc.integer({ min: 2, max: 300 }), (text, maxBytes) => {
        const tail = printableTail(text, 40, maxBytes);
        expect(Array.from(tail).length).toBeLessThanOrEqual(40);
        expect(Buffer.byteLength(JSON.stringify(tail))).toBeLessThanOrEqual(maxBytes);
        expect(tail.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('VerifyArtifact', () => {
  const schema = { type: 'object', required: ['total'], properties: { total: { type: 'integer', minimum: 80 } }, additionalProperties: false };

  function verify(content: Json | Uint8Array, params: JsonObject) {
    const bytes = content instanceof Uint8Array ? content : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const artifact = { name: 'x.json', uri: 'blob:n/o/x', sha256, sizeBytes: bytes.length, mediaType: 'application/json' };
    return runIntent('Tester', 'VerifyArtifact', { input: 'doc', ...params }, contextOver('/', { artifact: async () => ({ kind: 'artifact', artifact, bytes }) }));
  }

  const cases: Record<string, { content: Json | Uint8Array; params: JsonObject; want: { valid: boolean; faults: number; firstFault?: string | RegExp } }> = {
    'a document that satisfies both': { content: { total: 81 }, params: { schema, expression: 'json.total > 80' }, want: { valid: true, faults: 0 } },
    'a document without demands': { content: [1], params: {}, want: { valid: true, faults: 0 } },
    'each fault counts, the first is told with its place': { content: { total: 3, more: 1 }, params: { schema }, want: { valid: false, faults: 2, firstFault: 'the document must NOT have additional properties (more)' } },
    'a place inside': { content: { total: 3 }, params: { schema }, want: { valid: false, faults: 1, firstFault: '/total must be >= 80' } },
    'an expression that is false': { content: { total: 3 }, params: { expression: 'json.total > 80' }, want: { valid: false, faults: 1, firstFault: 'the expression is false: json.total > 80' } },
    'an expression about what is not there': { content: {}, params: { expression: 'json.total > 80' }, want: { valid: false, faults: 1, firstFault: 'the expression reads json.total, which is not there' } },
    'an expression without an answer': { content: { total: 'x' }, params: { expression: 'json.total > 80' }, want: { valid: false, faults: 1, firstFault: /^the expression has no answer: / } },
    'a text that is no JSON': { content: '{', params: { schema }, want: { valid: false, faults: 1, firstFault: /^is not JSON: / } },
    'bytes that are no text': { content: Uint8Array.of(0x22, 0xff, 0x22), params: {}, want: { valid: false, faults: 1, firstFault: /^is not JSON: / } },
    'a draft of today: prefixItems': { content: ['x'], params: { schema: { prefixItems: [{ type: 'integer' }] } }, want: { valid: false, faults: 1, firstFault: '/0 must be integer' } },
    'formats are only words': { content: '"no date"', params: { schema: { type: 'string', format: 'date' } }, want: { valid: true, faults: 0 } },
    'a pattern that backtracks for hours is stopped': { content: JSON.stringify(`${'a'.repeat(40)}!`), params: { schema: { type: 'string', pattern: '^(a+)+$' } }, want: { valid: false, faults: 1, firstFault: /could not be checked: .*timed out/ } },
    'a document nested deeper than the stack': { content: `${'['.repeat(200_000)}${']'.repeat(200_000)}`, params: { schema: { $defs: { t: { items: { $ref: '#/$defs/t' } } }, $ref: '#/$defs/t' } }, want: { valid: false, faults: 1, firstFault: /could not be checked/ } },
    'of a large document the first fault is enough': { content: Array.from({ length: 60_000 }, () => 'xxxx'), params: { schema: { items: { type: 'integer' } } }, want: { valid: false, faults: 1, firstFault: '/0 must be integer' } },
  };
  test.each(Object.entries(cases))('%s', async (_, { content, params, want: { firstFault, ...want } }) => {
    const { result, reason, observed } = await verify(content, params);
    expect([result, reason]).toEqual(want.valid ? ['Succeeded', 'Completed'] : ['Failed', 'ActionFailed']);
    expect(observed).toMatchObject({ ...want, sha256: expect.stringMatching(/^[0-9a-f]{64}$/), sizeBytes: expect.any(Number) });
    if (firstFault === undefined) expect(observed).not.toHaveProperty('firstFault');
    else expect(observed['firstFault']).toMatch(firstFault);
    expect(resultFault(observed, {})).toBeUndefined();
  });

  const refused: Record<string, { params: JsonObject; want: RegExp }> = {
    'a schema that is none': { params: { schema: { type: 'thing' } }, want: /^intent\.params\.schema: schema is invalid/ },
    'a reference elsewhere': { params: { schema: { $ref: 'https://example.org/schema.json' } }, want: /^intent\.params\.schema: can't resolve reference https:\/\/example\.org/ },
    'a schema of another draft': { params: { schema: { $schema: 'http://json-schema.org/draft-07/schema#' } }, want: /^intent\.params\.schema: no schema with key or ref/ },
    'a schema that wants to wait': { params: { schema: { $async: true, type: 'string' } }, want: /^intent\.params\.schema: \$async/ },
    'an expression that may not be used': { params: { expression: 'tasks.a.outcome == "x"' }, want: /^intent\.params\.expression: at 1: unknown name tasks/ },
  };
  test.each(Object.entries(refused))('%s is refused', async (_, { params, want }) => {
    const done = await verify(5, params);
    expect(done).toMatchObject({ result: 'Failed', reason: 'ActionRefused', observed: {}, message: expect.stringMatching(want) });
  });

  test('an artifact that cannot be had fails with its reason', async () => {
    expect(await runIntent('Tester', 'VerifyArtifact', { input: 'doc' }, contextOver('/'))).toMatchObject({ result: 'Failed', reason: 'InputMissing', message: 'inputs.doc: there is none', observed: {} });
  });
});
