// Commands and code of one attempt: what they see of each other, what is taken from them, what may be read.
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { blobUri } from '#api/blobs.ts';
import type { Json } from '#api/v1alpha1/json.ts';
import { gatherFacts } from '#agent-runtime/context/gather-facts.ts';
import { action, type ActionContext, type ActionResult, failed, succeeded } from '#agent-runtime/roles/action.ts';
import { owner, RunnerUnderTest } from './testing.ts';

/** An action whose course the test writes. */
let course: (context: ActionContext) => Promise<ActionResult | void>;
const t = RunnerUnderTest.inEachTest({ Odd: { Do: action(z.unknown(), async (_, context) => (await course(context)) ?? succeeded('done')) } });
const { after, commit, leftOver, orderFor, perform, shell, source } = t;

const code = { source: 'x', input: null, wallMs: 1000, memoryBytes: 1 };
const sh = (script: string) => ['sh', '-c', script];
const order = (more: Parameters<typeof orderFor>[3] = {}) => orderFor('Odd', 'Do', {}, more);

describe('one result folder', () => {
  test('commands see what code wrote, and code what commands wrote', async () => {
    t.code = async (folder) => (await writeFile(join(folder, 'b.txt'), `${await readFile(join(folder, 'a.txt'), 'utf8')}b`), { value: 'null' });
    course = async ({ run, runCode }) => {
      await run(sh('printf 1 > a.txt'));
      await runCode(code);
      await run(sh('printf c >> b.txt'));
    };
    const first = await perform(order());
    expect(first).toMatchObject({ result: 'Succeeded', outputCommit: expect.any(String) });
    expect(await perform(shell('test "$(cat a.txt) $(cat b.txt)" = "1 1bc"', after(first)))).toMatchObject({ result: 'Succeeded' });
    expect(await leftOver()).toEqual([[], [], []]);
  });

  test('what the agent writes where the files are now is seen by the next command, and in the diff', async () => {
    await commit({ 'sub/x': 'x\n' });
    const seen: unknown[] = [];
    course = async ({ run, currentFolder, folder, files }) => {
      seen.push(currentFolder() === folder);
      await writeFile(join(currentFolder(), 'x'), '1');
      await run(sh('test "$(cat x)" = 1 && printf 2 >> x'));
      await writeFile(join(currentFolder(), 'y'), '3');
      const { exitCode } = await run(sh('test "$(cat x y) $WORD" = "123 w"'), { env: { WORD: 'w' } });
      seen.push(currentFolder() === folder, exitCode, (await files.diff())?.match(/^[+][^+].*/gm));
    };
    await perform(order({ source: source({ subPath: 'sub' }) }));
    expect(seen).toEqual([true, false, 0, ['+12', '+3']]);
  });

  test('another intent is planned by what the files are now', async () => {
    t.gatherFacts = gatherFacts;
    const seen: unknown[] = [];
    const asked = { type: 'Tester', intent: { action: 'RunTests' } };
    course = async ({ plan, run }) => {
      seen.push((await plan(asked)).kind);
      await run(sh('echo "module x" > go.mod'));
      seen.push(await plan(asked));
    };
    await perform(order());
    expect(seen).toMatchObject(['fault', { kind: 'action', action: { framework: 'go' } }]);
  });

  test('the weakest boundary is reported, and none when nothing ran', async () => {
    course = async ({ runCode }) => void (await runCode(code));
    expect((await perform(order())).boundary).toBe('full');
    course = async ({ run, runCode }) => void [await run(['true']), await runCode(code)];
    expect((await perform(order())).boundary).toBe('none');
    course = async ({ run }) => void (await run(['coditect-no-such-tool']));
    expect((await perform(order())).boundary).toBeUndefined();
  });

  test('code gets its bounds and its folder, and not more time than the task', async () => {
    const seen: unknown[] = [];
    await commit({ 'sub/x': 'x' });
    t.code = async (_, { limits, workingFolder, input }) => (seen.push(limits.wallMs, limits.memoryBytes, workingFolder, input), { value: '1' });
    course = async ({ runCode }) => void (await runCode({ ...code, input: { n: 1 }, wallMs: 9_000_000 }));
    await perform(order({ source: source({ subPath: 'sub' }) }));
    expect(seen).toEqual([60_000, 1, 'sub', { n: 1 }]);
  });

  test('the network is open for commands of External tasks alone', async () => {
    const networks: unknown[] = [];
    const { process } = t.sandboxes;
    const prepare = process?.prepare.bind(process);
    if (process === undefined || prepare === undefined) return expect.fail('there is no sandbox');
    Object.assign(process, {
      prepare: async (copyIn: Parameters<typeof prepare>[0]) => {
        const prepared = await prepare(copyIn);
        return { ...prepared, run: (...args: Parameters<typeof prepared.run>) => (networks.push(args[0].kind === 'command' && args[0].network), prepared.run(...args)) };
      },
    });
    course = async ({ run }) => void (await run(['true']));
    for (const sideEffects of ['None', 'Idempotent', 'External'] as const) await perform(order({ sideEffects }));
    expect(networks).toEqual(['none', 'none', 'open']);
    course = async ({ run }) => void (await run(['true'], { offline: true }));
    await perform(order({ sideEffects: 'External' }));
    expect(networks.at(-1)).toBe('none');
  });
});

describe('files that are not taken', () => {
  const cases: Record<string, { script: string; reason: string; message: RegExp }> = {
    'a link out': { script: 'ln -s /etc/passwd out', reason: 'WorkspaceFailed', message: /^take the files out of the sandbox: "out" links out of the folder; nothing was taken$/ },
    'a set-id program': { script: 'chmod u+s a.txt', reason: 'WorkspaceFailed', message: /"a\.txt" is a set-id program/ },
    'a pipe': { script: 'mkfifo pipe', reason: 'WorkspaceFailed', message: /"pipe" is neither/ },
    'a file of three gibibytes': { script: 'truncate -s 3G sparse', reason: 'OutputTooLarge', message: /more than 2147483648 bytes/ },
    'many reasons, of which some are told': { script: 'for i in 1 2 3 4 5 6 7; do mkfifo p$i; done', reason: 'WorkspaceFailed', message: /; and 2 more; nothing was taken$/ },
  };
  test.each(Object.entries(cases))('%s', async (_, { script, reason, message }) => {
    const result = await perform(shell(script));
    expect(result).toMatchObject({ result: 'Failed', reason, message: expect.stringMatching(message), artifacts: [{ name: 'log' }] });
    expect([result.treeAfter, result.outputCommit]).toEqual([undefined, undefined]);
  });

  test('what a command planted is not carried into the code sandbox', async () => {
    course = async ({ run, runCode }) => {
      await run(sh('ln -s /etc/passwd out'));
      const { ending, message = '' } = await runCode(code);
      return failed('ActionFailed', `${ending}: ${message}`);
    };
    expect((await perform(order())).message).toMatch(/take the files out of the sandbox/);
  });
});

describe('a file that a command left', () => {
  test('is read below its working folder, or else below its temporary one', async () => {
    await commit({ 'sub/x': 'x' });
    const seen: unknown[] = [];
    course = async ({ run, readOutput }) => {
      seen.push(await readOutput('x'));
      await run(sh('echo r > report.xml; echo t > "$TMPDIR/report.xml"; mkdir "$TMPDIR/deep"; echo d > "$TMPDIR/deep/only"; ln -s report.xml link; ln -s /etc out; mkfifo pipe; truncate -s 17M large'));
      for (const path of ['report.xml', './report.xml', 'deep/only', 'none', 'link', 'out/passwd', 'pipe', 'large', '../a.txt', '/etc/passwd', '.', 'a\0b']) seen.push(await readOutput(path));
      await run(sh('rm link out pipe large'));
    };
    await perform(order({ source: source({ subPath: 'sub' }) }));
    expect(seen).toEqual([undefined, 'r\n', 'r\n', 'd\n', ...Array.from({ length: 9 }, () => undefined)]);
  });
});

describe('an artifact behind an input', () => {
  const bytes = Buffer.from('{"n": 1}');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const uri = blobUri({ ...owner, sha256 });
  const artifact = { name: 'x.json', uri, sha256, sizeBytes: bytes.length, mediaType: 'application/json' };
  const cases: Record<string, { input: Json; stored?: string; want: object }> = {
    'is fetched and checked': { input: artifact, stored: '{"n": 1}', want: { kind: 'artifact', artifact, bytes } },
    'that is none is said': { input: 5, want: { kind: 'failed', reason: 'InputMissing', message: 'inputs.doc: is not an artifact; its field must be artifacts.<name>' } },
    'whose address is another blob is none': { input: { ...artifact, uri: blobUri({ ...owner, sha256: '0'.repeat(64) }) }, want: { kind: 'failed', reason: 'InputMissing' } },
    'that is too large is not fetched': { input: { ...artifact, sizeBytes: 8 * 1024 ** 2 + 1 }, want: { kind: 'failed', reason: 'OutputTooLarge', message: 'inputs.doc: the artifact has 8388609 bytes, the limit is 8388608' } },
    'that is gone is lost': { input: artifact, want: { kind: 'failed', reason: 'ArtifactLost' } },
    'that has other bytes is lost': { input: artifact, stored: '{"n": 2}', want: { kind: 'failed', reason: 'ArtifactLost', message: expect.stringContaining('other bytes') } },
  };
  test.each(Object.entries(cases))('%s', async (_, { input, stored, want }) => {
    if (stored !== undefined) t.blobs.blobs.set(uri, Buffer.from(stored));
    let [seen, files]: [unknown, string[]] = [undefined, []];
    course = async ({ artifact: fetchArtifact, folder }) => {
      seen = await fetchArtifact('doc');
      files = await readdir(join(folder, '..'));
    };
    await perform(order({ inputs: { doc: input } }));
    expect(seen).toMatchObject(want);
    expect(files.filter((name) => /^[0-9a-f-]{36}$/.test(name))).toEqual([]);
  });

  test('of an input that the task does not have is missing', async () => {
    let seen: unknown;
    course = async ({ artifact: fetchArtifact }) => void (seen = await fetchArtifact('toString'));
    await perform(order());
    expect(seen).toMatchObject({ kind: 'failed', reason: 'InputMissing' });
  });
});

describe('what earlier tasks changed', () => {
  test('is told to the next, and nothing to the first', async () => {
    let seen: readonly string[] = [];
    course = async ({ changedPaths, run }) => {
      seen = changedPaths;
      await run(sh('echo b > b.txt; rm -f a.txt'));
    };
    const first = await perform(order());
    expect(seen).toEqual([]);
    await perform(order(after(first)));
    expect(seen).toEqual(['a.txt', 'b.txt']);
  });
});

test('only an External task can push', async () => {
  const seen: unknown[] = [];
  course = async ({ files }) => void seen.push(typeof files.push);
  for (const sideEffects of ['None', 'External'] as const) await perform(order({ sideEffects }));
  expect(seen).toEqual(['undefined', 'function']);
});
