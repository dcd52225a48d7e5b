// The tools over a folder: what they tell, what they refuse, and that nothing leads out.
import { chmod, link, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { contextOver, folderWith } from '#agent-runtime/roles/fixtures.ts';
import { type Surroundings, Workbench } from '#agent-runtime/thinking/workbench.ts';
import { coderTools } from './all.ts';

let folder: string;
let outside: string;
let bench: Workbench;

beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), 'outside-'));
  await writeFile(join(outside, 'secret'), 'secret');
  folder = await folderWith({ 'src/a.ts': 'one\ntwo\nthree\ntwo\n', 'src/deep/b.py': 'Two = 2\n', 'node_modules/x.js': 'two', 'bin.dat': new Uint8Array([0, 1, 2]), 'latin.txt': new Uint8Array([0xe9]), 'run.sh': 'echo\n', 'empty.txt': '' });
  await symlink(outside, join(folder, 'way'));
  await symlink(join(outside, 'secret'), join(folder, 'src', 'link.ts'));
  await link(join(outside, 'secret'), join(folder, 'hard.txt'));
  bench = new Workbench(contextOver(folder));
});
afterEach(async () => {
  for (const each of [folder, outside]) await rm(each, { recursive: true, force: true });
});

async function use(name: string, input: object, more: Partial<Surroundings> = {}) {
  const used = Object.keys(more).length === 0 ? bench : new Workbench({ ...contextOver(folder), ...more });
  const tool = coderTools(used, true).find(({ definition }) => definition.name === name);
  return tool?.call(input) ?? expect.fail(`there is no tool ${name}`);
}
const edit = (path: string, old_text: string, new_text: string) => use('edit_file', { path, old_text, new_text });

describe('looking', () => {
  const cases: Record<string, { tool: string; input: object; want: object }> = {
    'files are listed nearest first, without dependencies and links': { tool: 'list_files', input: {}, want: { note: '7 files', data: 'bin.dat\nempty.txt\nhard.txt\nlatin.txt\nrun.sh\nsrc/a.ts\nsrc/deep/b.py' } },
    'files of a folder have whole paths': { tool: 'list_files', input: { folder: 'src/deep/' }, want: { data: 'src/deep/b.py' } },
    'a folder behind a link is none': { tool: 'list_files', input: { folder: 'way' }, want: { isError: true, note: 'folder: there is no such folder' } },
    'a file is read as it is': { tool: 'read_file', input: { path: './src/a.ts' }, want: { note: 'lines 1 to 5 of 5', data: 'one\ntwo\nthree\ntwo\n' } },
    'a file is read by lines': { tool: 'read_file', input: { path: 'src/a.ts', from_line: 2, to_line: 3 }, want: { note: 'lines 2 to 3 of 5', data: 'two\nthree' } },
    'lines behind the end are told': { tool: 'read_file', input: { path: 'src/a.ts', from_line: 9 }, want: { isError: true, note: 'from_line: there are 5 lines' } },
    'a link is no file': { tool: 'read_file', input: { path: 'src/link.ts' }, want: { isError: true, note: 'path: is no plain file' } },
    'a way through a linked folder is none': { tool: 'read_file', input: { path: 'way/secret' }, want: { isError: true } },
    'bytes are no text': { tool: 'read_file', input: { path: 'bin.dat' }, want: { isError: true, note: 'path: is not a text in UTF-8' } },
    'nor is another encoding': { tool: 'read_file', input: { path: 'latin.txt' }, want: { isError: true } },
    'a missing file is told': { tool: 'read_file', input: { path: 'none' }, want: { isError: true, note: 'path: there is no such file' } },
    'a search is literal and names places': { tool: 'search', input: { query: 'two' }, want: { note: '2 lines', data: 'src/a.ts:2: two\nsrc/a.ts:4: two' } },
    'a search may pass over case': { tool: 'search', input: { query: 'TWO', ignore_case: true, folder: 'src/deep' }, want: { data: 'src/deep/b.py:1: Two = 2' } },
    'a pattern is a text that nobody wrote': { tool: 'search', input: { query: '(t+)+$' }, want: { note: '0 lines' } },
    'a field that is not known is told': { tool: 'search', input: { query: 'x', regex: true }, want: { isError: true, isWrongInput: true, note: expect.stringContaining('regex') } },
  };
  test.each(Object.entries(cases))('%s', async (_, { tool, input, want }) => expect(await use(tool, input)).toMatchObject(want));

  test('a long file is cut in the middle, and no character is torn', async () => {
    await writeFile(join(folder, 'long.txt'), 'é'.repeat(40_000));
    const { data = '' } = await use('read_file', { path: 'long.txt' });
    expect(Buffer.byteLength(data)).toBeLessThan(33_000);
    expect([data.includes('\uFFFD'), data]).toEqual([false, expect.stringContaining('bytes are left out here')]);
  });
});

describe('looking around', () => {
  const outlook = {
    goals: [{ name: 'works', state: 'Unknown' }],
    tasks: [{ task: 'mend', type: 'Coder', action: 'WriteCode', state: 'Running', isOwn: true, doing: 'act' as const }, { task: 'ask', type: 'Tester', action: '', state: '', isOwn: false }],
    tasksLeftOut: 3,
    files: [{ path: 'src/a.ts', task: 'ask', isDeleted: false }, { path: 'b.ts', task: 'ask', isDeleted: true }],
    filesLeftOut: 0,
  };
  const asked: string[] = [];
  const lookAround: NonNullable<Surroundings['lookAround']> = async (folder) => (asked.push(folder), { kind: 'seen', outlook, stalenessMs: 1200 });

  test('tells goals, tasks and files of the others as data, and how late it is as a word of the runtime', async () => {
    expect(await use('look_around', { folder: 'src' }, { lookAround })).toEqual({
      note: '4 other tasks, 2 files changed by them (not all are listed), as of 2 s ago',
      data: 'goal works: Unknown\ntask mend (Coder.WriteCode): Running, act (this one)\ntask ask (Tester): Waiting\nfile src/a.ts: changed by ask\nfile b.ts: deleted by ask',
    });
    expect(asked).toEqual(['src']);
  });

  test('that fails is no end', async () => {
    expect(await use('look_around', {}, { lookAround: async () => ({ kind: 'lost', message: 'it is away' }) })).toEqual({ note: 'nothing can be seen of the mission now: it is away; go on without', isError: true });
  });

  test('is not offered where nobody can be seen, and is the last of the tools where somebody can', () => {
    const names = (more: Partial<Surroundings>) => coderTools(new Workbench({ ...contextOver(folder), ...more }), false).map(({ definition }) => definition.name);
    expect([names({}).includes('look_around'), names({ lookAround }).at(-1)]).toEqual([false, 'look_around']);
  });
});

describe('reading results of other tasks', () => {
  const artifact = { name: 'report.md', uri: 'blob://x', sha256: 'a'.repeat(64), sizeBytes: 3, mediaType: 'text/markdown' };
  const inputs = { survey: { files: 3 }, report: artifact, picture: artifact, gone: artifact };
  const answers: Surroundings['artifact'] = async (name) => {
    if (name === 'gone') return { kind: 'failed', reason: 'ArtifactLost', message: 'inputs.gone: is lost' };
    return { kind: 'artifact', artifact: { ...artifact, mediaType: name }, bytes: name === 'report' ? Buffer.from('one\ntwo\nthree') : new Uint8Array([0, 255]) };
  };
  const cases: Record<string, { input: object; want: object }> = {
    'a value is shown as JSON': { input: { name: 'survey' }, want: { note: 'lines 1 to 3 of 3', data: '{\n "files": 3\n}' } },
    'an artifact is shown as its text, by lines': { input: { name: 'report', from_line: 2, to_line: 2 }, want: { note: 'lines 2 to 2 of 3', data: 'two' } },
    'bytes are no text': { input: { name: 'picture' }, want: { isError: true, note: 'name: picture, 3 bytes, is not a text in UTF-8' } },
    'a lost artifact is told': { input: { name: 'gone' }, want: { isError: true, note: 'inputs.gone: is lost' } },
    'another name is told those that there are': { input: { name: 'toString' }, want: { isError: true, note: 'name: there is no such result; there are survey, report, picture, gone' } },
  };
  test.each(Object.entries(cases))('%s', async (_, { input, want }) => expect(await use('read_result', input, { inputs, artifact: answers })).toMatchObject(want));

  test('a task that was given none says so', async () => expect(await use('read_result', { name: 'x' })).toMatchObject({ isError: true, note: 'name: there is no such result; the task was given none' }));
});

describe('changing', () => {
  test('one place is changed, and the mode stays', async () => {
    await chmod(join(folder, 'run.sh'), 0o755);
    expect(await edit('run.sh', 'echo', 'echo $& $1')).toEqual({ note: 'the file was changed' });
    expect([await readFile(join(folder, 'run.sh'), 'utf8'), (await stat(join(folder, 'run.sh'))).mode & 0o777]).toEqual(['echo $& $1\n', 0o755]);
  });

  test('a file is made with its folders, and an empty one is filled', async () => {
    await edit('new/deep/c.ts', '', 'made');
    await edit('empty.txt', '', 'full');
    expect([await readFile(join(folder, 'new/deep/c.ts'), 'utf8'), await readFile(join(folder, 'empty.txt'), 'utf8')]).toEqual(['made', 'full']);
  });

  const refusals: Record<string, { input: [string, string, string]; note: RegExp }> = {
    'a text that stands twice': { input: ['src/a.ts', 'two', 'x'], note: /found 2 times, must be found once; add lines/ },
    'a text that is not there': { input: ['src/a.ts', 'four', 'x'], note: /found 0 times, must be found once; read the file/ },
    'a new file in the place of one': { input: ['src/a.ts', '', 'x'], note: /but the file is there/ },
    'a file that is not there': { input: ['src/none.ts', 'a', 'x'], note: /there is no such file/ },
    'a link': { input: ['src/link.ts', 'secret', 'x'], note: /no plain file/ },
    'a file that has a second name': { input: ['hard.txt', 'secret', 'x'], note: /no plain file of its own/ },
    'a file behind a linked folder': { input: ['way/new.txt', '', 'x'], note: /is no folder/ },
    'a file below a file': { input: ['run.sh/x', '', 'x'], note: /is no folder/ },
    'the workspace itself': { input: ['./', '', 'x'], note: /names no file/ },
    'a path out': { input: ['../x', '', 'x'], note: /leads out/ },
    'an absolute path': { input: ['/etc/x', '', 'x'], note: /relative/ },
    'git\'s own folder': { input: ['sub/.Git/config', '', 'x'], note: /cannot be touched/ },
  };
  test.each(Object.entries(refusals))('%s is refused', async (_, { input, note }) => {
    expect(await edit(...input)).toMatchObject({ isError: true, note: expect.stringMatching(note) });
    expect([await readFile(join(outside, 'secret'), 'utf8'), bench.state()]).toEqual(['secret', '[]']);
  });

  test('no path leads out, whatever it is made of', async () => {
    await mkdir(join(outside, 'empty'));
    const parts = fc.array(fc.constantFrom('..', '.', '', 'way', 'src', 'x', '.git', 'link.ts', '\u0000'), { minLength: 1, maxLength: 6 });
    await fc.assert(fc.asyncProperty(parts, async (path) => {
      await edit(path.join('/'), '', 'x');
      expect(await stat(join(outside, 'x')).catch(() => 'none')).toBe('none');
      expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
    }), { numRuns: 60 });
  });
});

describe('code', () => {
  const ended = { ending: 'completed', stdout: '', stderr: '', durationMs: 1, boundary: 'full' } as const;
  const source = 'return 1';
  const trees = (...now: (string | undefined)[]) => ({ ...contextOver(folder).files, treeNow: async () => now.shift() });

  test('has half a minute, 64 MiB and the results of other tasks, and is told by what it returns and prints', async () => {
    const asked: unknown[] = [];
    const answer = await use('run_code', { source }, { inputs: { survey: 3 }, runCode: async (request) => (asked.push(request), { ...ended, value: '[1]', stdout: 'loud\n' }) });
    expect(answer).toEqual({ note: 'completed', data: 'value:\n[1]\nprinted:\nloud\n' });
    expect(asked).toEqual([{ source, input: { survey: 3 }, wallMs: 30_000, memoryBytes: 64 * 1024 ** 2 }]);
  });

  test('that only looked leaves the tests as they were; that changed files does not', async () => {
    const runCode = async () => ({ ...ended, value: '1' });
    const looks = new Workbench({ ...contextOver(folder), runCode, files: trees('a', 'a') });
    const writes = new Workbench({ ...contextOver(folder), runCode, files: trees('a', 'b') });
    const notes = [];
    for (const each of [looks, writes]) {
      each.ranTests('passed', 0);
      const call = coderTools(each, false).find(({ definition }) => definition.name === 'run_code')?.call;
      notes.push((await call?.({ source }))?.note);
    }
    expect([notes, looks.state(), looks.objection()]).toEqual([['completed', 'completed; files were changed'], '[]', undefined]);
    expect([writes.state(), writes.objection()]).toEqual(['["b"]', expect.stringMatching(/changed after the tests ran/)]);
  });

  test('that was ended, or left files that may not be taken out, says so', async () => {
    expect(await use('run_code', { source }, { runCode: async () => ({ ...ended, ending: 'failed', message: 'TypeError: no' }), files: trees('a', undefined) })).toEqual({ note: 'failed; files were changed', data: 'sandbox:\nTypeError: no', isError: true });
  });

  test('that returns a lot is cut', async () => {
    const { data = '' } = await use('run_code', { source }, { runCode: async () => ({ ...ended, value: 'x'.repeat(100_000) }) });
    expect([data.length < 26_000, data]).toEqual([true, expect.stringContaining('bytes are left out here')]);
  });
});

describe('running', () => {
  const planned: Surroundings['plan'] = async () => ({ kind: 'action', action: { call: { tool: 'process', command: ['node', '--test'], program: 'node' }, params: {}, framework: 'node', expected: {} } });
  const tap = 'TAP version 13\nnot ok 1 - adds\n  ---\n  error: "3 == 4"\n  ...\n1..1\n# pass 0\n# fail 1\n';

  test('tests have no network, compile no Python, and are told with counts and places', async () => {
    const options: unknown[] = [];
    const answer = await use('run_tests', {}, { plan: planned, run: async (_, asked) => (options.push(asked), { ending: 'failed', exitCode: 1, stdout: tap, stderr: 'loud', durationMs: 1, boundary: 'none' }) });
    expect(answer).toMatchObject({ note: 'exit code: 1\n0 passed, 1 failed, 0 skipped\nkind of failure: assertion', data: expect.stringMatching(/^- adds: 3 == 4\nstdout:\nTAP[^]*stderr:\nloud$/) });
    expect(options).toMatchObject([{ offline: true, env: { PYTHONDONTWRITEBYTECODE: '1' } }]);
  });

  test('equal runs of tests are told in equal words, whatever the clock and the folder were', async () => {
    const printed = (ms: string, seconds: string) => `${tap}  duration_ms: ${ms}\n# duration_ms ${ms}\n✖ adds (${ms}ms)\n--- FAIL: TestAdd (${seconds}s)\nFAIL\texample.org/a\t${seconds}s\n== 1 failed in ${seconds}s ==\nat file://${folder}/src/a.ts:1\nin ${folder}/src/a.ts after (2s) of 5s\n`;
    const tell = async (ms: string, seconds: string) => (await use('run_tests', {}, { plan: planned, run: async () => ({ ending: 'failed', exitCode: 1, stdout: printed(ms, seconds), stderr: '', durationMs: 1, boundary: 'none' }) })).data ?? '';
    const told = await tell('1.25', '0.01');
    expect(await tell('371', '12')).toBe(told);
    for (const left of ['✖ adds\n', '--- FAIL: TestAdd\n', 'FAIL\texample.org/a\n', '== 1 failed ==', 'at src/a.ts:1', 'after (2s) of 5s']) expect(told).toContain(left);
  });

  test('a workspace without tests may be finished', async () => {
    expect(await use('run_tests', {})).toMatchObject({ note: expect.stringContaining('there are no tests') });
    expect(await use('finish', { summary: 'x' })).toMatchObject({ verdict: { kind: 'finished', summary: 'x' } });
    expect(bench.tested).toEqual({ testsRun: 0 });
  });

  test('where the tests are not offered, nobody is asked to run them', async () => {
    const untested = new Workbench(contextOver(folder), false);
    untested.wrote('a', 'x');
    expect(untested.objection()).toBeUndefined();
  });

  test('a program has no network, and what it may have changed must be tested', async () => {
    const options: unknown[] = [];
    expect(await use('run_command', { command: ['x'] }, { run: async (command, asked) => (options.push(command, asked), { ending: 'completed', exitCode: 0, stdout: 'out', stderr: '', durationMs: 1, boundary: 'none' }) })).toEqual({ note: 'completed, exit code: 0', data: 'stdout:\nout' });
    expect(options).toMatchObject([['x'], { offline: true }]);
    await use('run_tests', {});
    await use('run_command', { command: ['x'] });
    expect(bench.objection()).toMatch(/changed after the tests ran/);
  });
});
