// The Coder's actions over files: diffs, rewrites by syntax, formatters, pushes.
import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { codeLanguages } from '#api/intents.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { RunnerUnderTest } from '#agent-runtime/execution/testing.ts';
import { type Answers, artifactText, contextOver, folderWith, runIntent } from '#agent-runtime/roles/fixtures.ts';
import { rewriteText } from './rewrite.ts';

const act = (action: string, params: JsonObject, answers: Answers = {}, folder = '/nowhere') => runIntent('Coder', action, params, contextOver(folder, answers));

describe('ApplyPatch', () => {
  const t = RunnerUnderTest.inEachTest();
  const { after, commit, orderFor, perform, shell } = t;
  const patch = '--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-a\n+b';

  test('changes the files, as its expectation says', async () => {
    const result = await perform(orderFor('Coder', 'ApplyPatch', { patch }));
    expect(result).toMatchObject({ result: 'Succeeded', observed: { filesChanged: 1 }, action: { tool: 'patch', expected: ['a.txt changes, and no other file'] }, outputCommit: expect.any(String) });
    expect([result.violations, result.boundary]).toEqual([undefined, undefined]);
    expect(await perform(shell('test "$(cat a.txt)" = b', after(result)))).toMatchObject({ result: 'Succeeded' });
  });

  test('takes the diff from a file of the workspace', async () => {
    await commit({ 'fixes/one.diff': `${patch}\n` });
    expect(await perform(orderFor('Coder', 'ApplyPatch', { file: 'fixes/one.diff' }))).toMatchObject({ result: 'Succeeded', observed: { filesChanged: 1 } });
  });

  test('that does not fit changes nothing and says where', async () => {
    const result = await perform(orderFor('Coder', 'ApplyPatch', { patch: patch.replace('-a', '-z') }));
    expect(result).toMatchObject({ result: 'Failed', reason: 'ActionFailed', message: 'the diff was not applied: the hunk at line 1 of a.txt does not fit the file', observed: { filesChanged: 0 } });
    expect([result.treeAfter, result.violations?.map(({ kind }) => kind)]).toEqual([result.treeBefore, ['FileMismatch']]);
  });

  test('a file that is not there is refused', async () => {
    expect(await act('ApplyPatch', { file: 'none.diff' })).toMatchObject({ reason: 'ActionRefused', message: 'intent.params.file: none.diff is not a plain file of the workspace' });
  });
});

describe('rewrites of a text', () => {
  type Case = { language: (typeof codeLanguages)[number]; text: string; pattern: string; rewrite: string; want: string; replacements?: number };
  const cases: Record<string, Case> = {
    'one name': { language: 'typescript', text: 'var x = 1;\nvar y: number = f(2);\n', pattern: 'var $N = $V', rewrite: 'const $N = $V', want: 'const x = 1;\nvar y: number = f(2);\n' },
    'any number of names, with what lies between them': { language: 'typescript', text: 'log(a,  /* why */ b, c)', pattern: 'log($$$ARGS)', rewrite: 'logger.info({}, $$$ARGS)', want: 'logger.info({}, a,  /* why */ b, c)' },
    'no names where any number may be': { language: 'javascript', text: 'log()', pattern: 'log($$$ARGS)', rewrite: 'info($$$ARGS)', want: 'info()' },
    'of matches inside each other the outer one': { language: 'javascript', text: 'f(f(1)); f(2)', pattern: 'f($A)', rewrite: 'g($A)', want: 'g(f(1)); g(2)', replacements: 2 },
    'a name that is used twice': { language: 'javascript', text: 'x && x.y()', pattern: '$A && $A.y()', rewrite: '$A?.y()', want: 'x?.y()' },
    'texts outside of ASCII keep their places': { language: 'typescript', text: '// 漢字 𝒳 ü\nfoo("ä😀", 1) // ende\n', pattern: 'foo($A, $B)', rewrite: 'bar($B, $A)', want: '// 漢字 𝒳 ü\nbar(1, "ä😀") // ende\n' },
    'dollars that are code stay': { language: 'typescript', text: 'say(a)', pattern: 'say($A)', rewrite: 'say(`${$A} $1 $&`)', want: 'say(`${a} $1 $&`)' },
    'what was found is not taken for a pattern': { language: 'javascript', text: 'f("$A $$$B")', pattern: 'f($A)', rewrite: 'g($A)', want: 'g("$A $$$B")' },
    'nothing in comments and strings': { language: 'typescript', text: '// foo(1)\nconst s = "foo(1)";\n', pattern: 'foo($A)', rewrite: 'bar($A)', want: '// foo(1)\nconst s = "foo(1)";\n', replacements: 0 },
    'code that is broken elsewhere': { language: 'typescript', text: 'foo(1);\nclass {{{\n', pattern: 'foo($A)', rewrite: 'bar($A)', want: 'bar(1);\nclass {{{\n' },
    'an empty rewrite removes': { language: 'javascript', text: 'debug(1);\nkeep();', pattern: 'debug($A);', rewrite: '', want: '\nkeep();' },
    'a semicolon that the pattern does not have stays': { language: 'typescript', text: 'var x = 1;\nvar y = 2\n', pattern: 'var $N = $V', rewrite: 'let $N = $V', want: 'let x = 1;\nlet y = 2\n', replacements: 2 },
    'a semicolon that the pattern has goes with it': { language: 'typescript', text: 'foo(1);', pattern: 'foo($A);', rewrite: 'bar($A)', want: 'bar(1)' },
    'a semicolon inside of what a name stands for is there once': { language: 'typescript', text: 'if (a) { b(); c(); }', pattern: 'if (a) { $$$B }', rewrite: '{ $$$B }', want: '{ b(); c(); }' },
    'a semicolon at the end of what a name stands for is there once': { language: 'javascript', text: 'x: b();', pattern: 'x: $S', rewrite: '$S', want: 'b();' },
    tsx: { language: 'tsx', text: 'const a = <B c={d} />;', pattern: '<B c={$V} />', rewrite: '<E c={$V} />', want: 'const a = <E c={d} />;' },
    Python: { language: 'python', text: 'print(a, b)\n', pattern: 'print($$$A)', rewrite: 'log.info($$$A)', want: 'log.info(a, b)\n' },
    Go: { language: 'go', text: 'package p\nfunc f() { x := errors.New("a") }\n', pattern: 'errors.New($M)', rewrite: 'fmt.Errorf($M)', want: 'package p\nfunc f() { x := fmt.Errorf("a") }\n' },
    'a call with any receiver in Go': { language: 'go', text: 'package p\nfunc f() { x.Do(1, 2); return y.Do() }\n', pattern: '$A.Do($$$B)', rewrite: '$A.Run($$$B)', want: 'package p\nfunc f() { x.Run(1, 2); return y.Run() }\n', replacements: 2 },
    'a statement in Go': { language: 'go', text: 'package p\nfunc f() { if err != nil { return err } }\n', pattern: 'if err != nil { return err }', rewrite: 'check(err)', want: 'package p\nfunc f() { check(err) }\n' },
    Rust: { language: 'rust', text: 'fn f() { let a = b.unwrap(); }\n', pattern: '$A.unwrap()', rewrite: '$A?', want: 'fn f() { let a = b?; }\n' },
  };
  test.each(Object.entries(cases))('%s', async (_, { language, text, pattern, rewrite, want, replacements = 1 }) => {
    const done = await rewriteText(language, text, [{ pattern, rewrite }]);
    expect(done.text).toBe(want);
    expect(done.replacements).toBe(replacements);
  });

  test('follow each other', async () => {
    expect(await rewriteText('javascript', 'a(1)', [{ pattern: 'a($X)', rewrite: 'b($X)' }, { pattern: 'b($X)', rewrite: 'c($X)' }])).toEqual({ text: 'c(1)', replacements: 2 });
  });
});

describe('RewriteCode', () => {
  const rewrites = [{ pattern: 'foo($A)', rewrite: 'bar($A)' }];
  const sources = { 'a.ts': 'foo(1); foo(2)\n', 'sub/b.ts': 'foo(3)\n', 'c.py': 'foo(4)\n', 'd.ts': 'other()\n', 'latin.ts': Uint8Array.from(Buffer.from('foo("\xe4")', 'latin1')) };
  const textAt = (folder: string, path: string) => readFile(join(folder, path), 'utf8');

  test('rewrites the files of one language, counts, and tells the difference', async () => {
    const folder = await folderWith(sources);
    await chmod(join(folder, 'a.ts'), 0o755);
    const result = await act('RewriteCode', { language: 'typescript', rewrites }, { files: { diff: async () => 'the diff' } }, folder);
    expect(result).toMatchObject({ result: 'Succeeded', observed: { filesChanged: 2, replacements: 3, filesLooked: 3 } });
    expect([await textAt(folder, 'a.ts'), await textAt(folder, 'sub/b.ts'), await textAt(folder, 'c.py')]).toEqual(['bar(1); bar(2)\n', 'bar(3)\n', 'foo(4)\n']);
    expect([artifactText(result, 'rewrite.diff'), (await stat(join(folder, 'a.ts'))).mode & 0o777]).toEqual(['the diff', 0o755]);
    expect(await readFile(join(folder, 'latin.ts'))).toEqual(Buffer.from(sources['latin.ts']));
  });

  test('stays in its area', async () => {
    const folder = await folderWith(sources);
    expect(await act('RewriteCode', { language: 'typescript', rewrites, area: 'sub' }, {}, folder)).toMatchObject({ observed: { filesChanged: 1 } });
    expect(await textAt(folder, 'a.ts')).toBe(sources['a.ts']);
  });

  test('too few places are a failure that changes nothing', async () => {
    const folder = await folderWith(sources);
    const result = await act('RewriteCode', { language: 'typescript', rewrites, atLeast: 4 }, {}, folder);
    expect(result).toMatchObject({ result: 'Failed', reason: 'ActionFailed', message: 'found 3 places to rewrite in 3 files, fewer than 4', observed: { filesChanged: 0, replacements: 3 } });
    expect(await textAt(folder, 'a.ts')).toBe(sources['a.ts']);
  });

  test('none are enough when none are asked for', async () => {
    expect(await act('RewriteCode', { language: 'rust', rewrites, atLeast: 0 }, {}, await folderWith(sources))).toMatchObject({ result: 'Succeeded', observed: { filesChanged: 0, filesLooked: 0 } });
  });

  test('a link out of the files is not written through', async () => {
    const [outside, folder] = [await folderWith({ 'x.ts': 'foo(1)' }), await folderWith({ 'a.ts': 'foo(1)' })];
    await symlink(join(outside, 'x.ts'), join(folder, 'x.ts'));
    await symlink(outside, join(folder, 'way'));
    expect(await act('RewriteCode', { language: 'typescript', rewrites }, {}, folder)).toMatchObject({ observed: { filesChanged: 1, filesLooked: 1 } });
    expect(await textAt(outside, 'x.ts')).toBe('foo(1)');
  });

  const refused: Record<string, { params: JsonObject; want: RegExp }> = {
    'a pattern that is more than one piece of code': { params: { language: 'typescript', rewrites: [...rewrites, { pattern: 'a(); b()', rewrite: '' }] }, want: /^intent\.params\.rewrites\[1\]\.pattern: / },
    'a name that the pattern does not have': { params: { language: 'typescript', rewrites: [{ pattern: 'foo($A)', rewrite: 'bar($$$A)' }] }, want: /^intent\.params\.rewrites\[0\]\.rewrite: \$\$\$A is not in the pattern$/ },
    'an area that is not there': { params: { language: 'typescript', rewrites, area: 'nowhere' }, want: /^intent\.params\.area: the workspace has no folder nowhere$/ },
  };
  test.each(Object.entries(refused))('%s is refused', async (_, { params, want }) => {
    const result = await act('RewriteCode', params, {}, await folderWith(sources));
    expect(result).toMatchObject({ result: 'Failed', reason: 'ActionRefused', message: expect.stringMatching(want) });
  });
});

describe('RewriteCode in a workspace', () => {
  const t = RunnerUnderTest.inEachTest();

  test('leaves a diff that ApplyPatch can take', async () => {
    await t.commit({ 'x.js': 'foo(1)\n', 'odd name ü.js': 'foo(2)\n' });
    const first = await t.perform(t.orderFor('Coder', 'RewriteCode', { language: 'javascript', rewrites: [{ pattern: 'foo($A)', rewrite: 'bar($A)' }] }));
    expect(first).toMatchObject({ result: 'Succeeded', action: { tool: 'rewriter', expected: ['at least one file changes'] } });
    const patch = first.textOf('rewrite.diff') ?? '';
    const second = await t.perform(t.orderFor('Coder', 'ApplyPatch', { patch }));
    expect([second.result, second.treeAfter]).toEqual(['Succeeded', first.treeAfter]);
  });
});

describe('FormatCode', () => {
  const call = { tool: 'process', command: ['gofmt', '-w', '.'], program: 'gofmt' } as const;

  test('runs what was planned', async () => {
    const context = contextOver('/', { planned: { call } });
    expect(await runIntent('Coder', 'FormatCode', {}, context)).toMatchObject({ result: 'Succeeded', observed: { exitCode: 0 } });
    expect(context.commands).toEqual([call.command]);
  });

  test('fails with the formatter', async () => {
    expect(await act('FormatCode', {}, { planned: { call }, run: { exitCode: 2, ending: 'failed', stderr: 'a.go:1: expected package' } })).toMatchObject({ result: 'Failed', reason: 'ActionFailed', message: expect.stringContaining('expected package') });
  });

  test('without a program there is nothing to run', async () => {
    expect(await act('FormatCode', {})).toMatchObject({ reason: 'ActionRefused' });
  });
});

describe('PushCommit', () => {
  const commit = 'c'.repeat(40);
  const cases: Record<string, { answers: Answers; want: object }> = {
    'a task that is not External may not push': { answers: {}, want: { result: 'Failed', reason: 'ActionRefused', message: expect.stringContaining('sideEffects: External') } },
    'a push is told with its commit': { answers: { files: { push: async () => ({ kind: 'pushed', commit }) } }, want: { result: 'Succeeded', message: `pushed ${commit} to fix`, observed: { branch: 'fix', commit, pushed: true } } },
    'a commit that is there already is a success': { answers: { files: { push: async () => ({ kind: 'present', commit }) } }, want: { result: 'Succeeded', observed: { pushed: false } } },
    'a workspace without a remote is refused': { answers: { files: { push: async () => ({ kind: 'refused', message: 'nowhere' }) } }, want: { reason: 'ActionRefused', message: 'nowhere' } },
    'a push that failed is a failure': { answers: { files: { push: async () => ({ kind: 'failed', message: 'push x: no' }) } }, want: { result: 'Failed', reason: 'ActionFailed', message: 'push x: no' } },
  };
  test.each(Object.entries(cases))('%s', async (_, { answers, want }) => expect(await act('PushCommit', { branch: 'fix' }, answers)).toMatchObject(want));

  const t = RunnerUnderTest.inEachTest();
  test('the commit on the branch is the output commit of the task before', async () => {
    const first = await t.perform(t.shell('echo b > b.txt'));
    const result = await t.perform(t.orderFor('Coder', 'PushCommit', { branch: 'fix/it' }, { ...t.after(first), sideEffects: 'External' }));
    expect(result).toMatchObject({ result: 'Succeeded', observed: { commit: first.outputCommit, pushed: true }, action: { tool: 'git' } });
    expect([t.git('rev-parse', 'fix/it'), result.treeAfter]).toEqual([first.outputCommit, result.treeBefore]);
  });
});
