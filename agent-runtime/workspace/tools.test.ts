// What git does with the files of a task besides measuring them.
import { execFileSync } from 'node:child_process';
import { cp, lstat, mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Source, Workspace } from './workspace.ts';
import { type Files, WorkspacesUnderTest, writeFiles } from './testing.ts';

const t = WorkspacesUnderTest.inEachTest({ 'a.txt': 'one\ntwo\nthree\n', 'test/a.test.js': 'check', 'test/deep/b.test.js': 'check', 'src/a.js': '1', 'sub/inner.txt': 'inner\n', 'sub/run.sh': 'run' });
const { ready, source, startedFrom } = t;

const textOf = ({ root }: Workspace, path: string) => readFile(join(root, path), 'utf8').catch(() => undefined);
const hunk = (name: string, more = '') => `--- a/${name}\n+++ b/${name}\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n${more}`;
const added = (name: string, mode = '100644', text = 'new') => `diff --git a/${name} b/${name}\nnew file mode ${mode}\n--- /dev/null\n+++ b/${name}\n@@ -0,0 +1 @@\n+${text}\n\\ No newline at end of file\n`;

describe('differences', () => {
  test('a workspace that starts from the base has none, one that starts from an output names them', async () => {
    expect(await (await ready({ source: source() })).tools.changedBefore()).toEqual([]);
    const workspace = await startedFrom({ 'a.txt': 'x', 'new.txt': 'n', 'src/a.js': undefined });
    expect(await workspace.tools.changedBefore()).toEqual(['a.txt', 'new.txt', 'src/a.js']);
  });

  test('a start is read as a diff from the base, without the bytes of binary files', async () => {
    expect(await (await ready({ source: source() })).tools.diffFromBase()).toBe('');
    const { tools } = await startedFrom({ 'a.txt': 'one\n2\nthree\n', 'new.bin': 'a\0b' });
    const diff = await tools.diffFromBase();
    expect(diff).toContain('-two\n+2\n');
    expect(diff).toContain('new.bin differ');
    expect(diff).not.toContain('GIT binary patch');
  });

  test('attributes that come with the files hide nothing from who reads the diff', async () => {
    const { tools } = await startedFrom({ '.gitattributes': '* -diff\n', 'a.txt': 'one\n2\nthree\n' });
    expect(await tools.diffFromBase()).toContain('-two\n+2\n');
  });

  test('a diff from the base ends at the working folder', async () => {
    const { tools } = await startedFrom({ 'a.txt': 'x', 'sub/inner.txt': 'other\n' }, source({ subPath: 'sub' }));
    const diff = await tools.diffFromBase();
    expect([diff.includes('b/inner.txt'), diff.includes('a.txt')]).toEqual([true, false]);
  });

  test('files without a history have a base too', async () => {
    const workspace = await startedFrom({ 'b.txt': 'b' }, { kind: 'files', files: { 'a.txt': Buffer.from('a') } });
    expect(await workspace.tools.changedBefore()).toEqual(['b.txt']);
    expect(await workspace.tools.filesInBase(['a.txt', 'b.txt'])).toEqual(['a.txt']);
  });

  test('an empty workspace has neither files nor differences', async () => {
    const { tools, root } = await ready({ source: { kind: 'empty' } });
    expect([await tools.changedBefore(), await tools.filesInBase(['a.txt']), await tools.diff(root), await tools.restored(['a.txt'])]).toMatchObject([[], [], '', { paths: [] }]);
    expect(await tools.push('main')).toMatchObject({ kind: 'refused', message: expect.stringContaining('not cloned from a repository') });
  });

  test('names are relative to the working folder, also those outside of it', async () => {
    const workspace = await startedFrom({ 'sub/inner.txt': 'x', 'a.txt': 'x' }, source({ subPath: 'sub' }));
    expect(await workspace.tools.changedBefore()).toEqual(['../a.txt', 'inner.txt']);
    expect(await workspace.tools.filesInBase(['inner.txt', './run.sh', 'a.txt'])).toEqual(['inner.txt', 'run.sh']);
  });

  test('a change of the same length in the second of the checkout is seen later', async () => {
    const workspace = await ready({ source: source() });
    const { root } = workspace;
    const git = (...args: string[]) => execFileSync('git', args, { cwd: root });
    const [file, index, second] = [join(root, 'a.txt'), join(root, '.git', 'index'), 1_700_000_000];
    const text = await readFile(file, 'utf8');
    // As if all had happened in one second: what a file system tells besides cannot be set.
    git('config', 'core.trustctime', 'false');
    await utimes(file, second, second);
    git('update-index', '--refresh');
    await writeFile(file, text.replace(/^./, '#'));
    await utimes(file, second, second);
    await utimes(index, second, second);
    expect(await workspace.treeOf(root)).not.toBe(workspace.treeBefore);
  });

  test('a diff holds what was changed below the working folder, and can be applied there', async () => {
    const [one, two] = [await ready({ source: source({ subPath: 'sub' }) }), await ready({ source: source({ subPath: 'sub' }) })];
    await writeFiles(one.root, { 'sub/inner.txt': 'outer\n', 'sub/odd.bin': '\0\u0001', 'a.txt': 'not here' });
    const diff = await one.tools.diff(one.root);
    expect(diff).toContain('+++ b/inner.txt');
    expect(diff).not.toContain('not here');
    expect(await two.tools.applyPatch(Buffer.from(diff))).toEqual({ kind: 'applied', paths: ['inner.txt', 'odd.bin'] });
    expect([await textOf(two, 'sub/inner.txt'), await textOf(two, 'sub/odd.bin')]).toEqual(['outer\n', '\0\u0001']);
  });
});

describe('a patch', () => {
  const applied: Record<string, { patch: string; want: Files }> = {
    'changes a file': { patch: hunk('a.txt'), want: { 'a.txt': 'one\n2\nthree\n' } },
    'makes a file in a new folder': { patch: added('x/y/z.txt'), want: { 'x/y/z.txt': 'new' } },
    'removes a file': { patch: 'diff --git a/src/a.js b/src/a.js\ndeleted file mode 100644\n--- a/src/a.js\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n\\ No newline at end of file\n', want: { 'src/a.js': undefined } },
    'makes a link that stays inside': { patch: added('link', '120000', 'src/a.js'), want: { link: '1' } },
  };
  test.each(Object.entries(applied))('%s', async (_, { patch, want }) => {
    const workspace = await ready({ source: source() });
    expect(await workspace.tools.applyPatch(Buffer.from(patch))).toMatchObject({ kind: 'applied', paths: Object.keys(want) });
    for (const [path, text] of Object.entries(want)) expect(await textOf(workspace, path)).toBe(text);
  });

  test('names what it changed', async () => {
    const workspace = await ready({ source: source() });
    expect(await workspace.tools.applyPatch(Buffer.from(hunk('a.txt', added('b.txt'))))).toEqual({ kind: 'applied', paths: ['a.txt', 'b.txt'] });
    expect(await workspace.tools.pathsBetween(workspace.treeBefore, await workspace.treeOf(workspace.root))).toEqual(['a.txt', 'b.txt']);
  });

  const refused: Record<string, { patch: string; want: RegExp }> = {
    'a hunk that does not fit, with its place': { patch: hunk('a.txt', hunk('sub/inner.txt')), want: /^the hunk at line 1 of sub\/inner\.txt does not fit the file$/ },
    'a text that is no diff': { patch: 'hello\n', want: /No valid patches in input/ },
    'a diff that was cut': { patch: hunk('a.txt').slice(0, -7), want: /corrupt patch/ },
    'a file outside of the folder': { patch: added('../outside.txt'), want: /invalid path '\.\.\/outside\.txt'/ },
    'an absolute path': { patch: added('/tmp/outside.txt'), want: /invalid path|tmp\/outside/ },
    'the repository itself': { patch: added('.git/hooks/post-checkout', '100755'), want: /invalid path '\.git\/hooks\/post-checkout'/ },
    'the repository of a case-blind system': { patch: added('.GIT/config'), want: /invalid path '\.GIT\/config'/ },
    'a link out': { patch: added('link', '120000', '/etc'), want: /^link would be a link out of the files$/ },
    'a link above': { patch: added('sub/link', '120000', '../../x'), want: /^sub\/link would be a link out of the files$/ },
    'a file below a link that it makes': { patch: `${added('link', '120000', 'src')}${added('link/x')}`, want: /beyond a symbolic link|link\/x/ },
    'a repository inside': { patch: `diff --git a/mod b/mod\nnew file mode 160000\n--- /dev/null\n+++ b/mod\n@@ -0,0 +1 @@\n+Subproject commit ${'1'.repeat(40)}\n`, want: /^mod would be a repository of its own$/ },
    'a file that is there already': { patch: added('a.txt'), want: /a\.txt: already exists/ },
    'more files than it may touch': { patch: Array.from({ length: 1001 }, (_, index) => added(`many/${index}`)).join(''), want: /^it touches 1001 files, the limit is 1000$/ },
  };
  test.each(Object.entries(refused))('%s is refused, and nothing is changed', async (_, { patch, want }) => {
    const workspace = await ready({ source: source() });
    const answer = await workspace.tools.applyPatch(Buffer.from(patch));
    expect(answer).toMatchObject({ kind: 'refused' });
    expect(answer.kind === 'refused' && answer.message).toMatch(want);
    expect(await workspace.treeOf(workspace.root)).toBe(workspace.treeBefore);
    expect((await readdir(workspace.root)).toSorted()).toEqual(['.git', 'a.txt', 'src', 'sub', 'test']);
  });

  test('through a link that lies in the files writes nothing where it leads', async () => {
    const outside = join(t.scratch, 'outside');
    await mkdir(outside);
    const workspace = await ready({ source: source() });
    await symlink(outside, join(workspace.root, 'way'));
    expect(await workspace.tools.applyPatch(Buffer.from(added('way/x.txt')))).toMatchObject({ kind: 'refused' });
    expect(await readdir(outside)).toEqual([]);
  });
});

describe('protected files', () => {
  /** A copy of a workspace with `paths` as the base has them. */
  async function restoredCopy(workspace: Workspace, paths: readonly string[]) {
    const { tree, paths: differing } = await workspace.tools.restored(paths);
    const copy = join(t.scratch, 'copy');
    await cp(workspace.root, copy, { recursive: true, verbatimSymlinks: true });
    await workspace.tools.checkOutInto(copy, tree);
    expect(await workspace.treeOf(copy)).toBe(tree);
    expect(await workspace.treeOf(workspace.root)).toBe(workspace.treeBefore);
    return { differing, copy: { ...workspace, root: copy } };
  }

  const forged = { 'test/a.test.js': 'forged', 'src/a.js': '2' };
  const cases: Record<string, { changes: Files; protect: string[]; differing: string[]; want: Files }> = {
    'a changed file is put back, others stay': { changes: forged, protect: ['test/a.test.js'], differing: ['test/a.test.js'], want: { 'test/a.test.js': 'check', 'src/a.js': '2' } },
    'a deleted file comes back': { changes: { 'test/a.test.js': undefined }, protect: ['test'], differing: ['test/a.test.js'], want: { 'test/a.test.js': 'check' } },
    'a file added to a protected folder goes': { changes: { 'test/deep/more.test.js': 'x', 'other.js': 'x' }, protect: ['test'], differing: ['test/deep/more.test.js'], want: { 'test/deep/more.test.js': undefined, 'other.js': 'x' } },
    'a protected file that the base does not have goes': { changes: { 'test/own.js': 'x' }, protect: ['test/own.js'], differing: ['test/own.js'], want: { 'test/own.js': undefined } },
    'a file in place of a folder makes way': { changes: { test: 'a file' }, protect: ['test'], differing: ['test', 'test/a.test.js', 'test/deep/b.test.js'], want: { 'test/deep/b.test.js': 'check' } },
    'what did not change is not counted': { changes: { 'src/a.js': '2' }, protect: ['test', 'a.txt'], differing: [], want: { 'src/a.js': '2' } },
    'a path that nobody has is passed over': { changes: forged, protect: ['nowhere', '-x', '../up', '/etc/passwd'], differing: [], want: forged },
    'pattern characters are only characters': { changes: forged, protect: ['test/*'], differing: [], want: forged },
    'a name with pattern characters stands for itself': { changes: { ...forged, 'src/*': 'x' }, protect: ['src/*'], differing: ['src/*'], want: { ...forged, 'src/*': undefined } },
    'everything can be protected': { changes: forged, protect: ['.'], differing: ['src/a.js', 'test/a.test.js'], want: { 'test/a.test.js': 'check', 'src/a.js': '1' } },
  };
  test.each(Object.entries(cases))('%s', async (_, { changes, protect, differing, want }) => {
    const done = await restoredCopy(await startedFrom(changes), protect);
    expect(done.differing).toEqual(differing);
    for (const [path, text] of Object.entries(want)) expect(await textOf(done.copy, path)).toBe(text);
  });

  test('a link in place of a protected folder is not followed', async () => {
    const outside = join(t.scratch, 'outside');
    await mkdir(join(outside, 'deep'), { recursive: true });
    const workspace = await startedFrom(async (folder) => {
      await writeFiles(folder, { test: undefined });
      await symlink(outside, join(folder, 'test'));
    });
    const { copy } = await restoredCopy(workspace, ['test/deep/b.test.js']);
    expect((await lstat(join(copy.root, 'test'))).isDirectory()).toBe(true);
    expect(await textOf(copy, 'test/deep/b.test.js')).toBe('check');
    expect(await readdir(join(outside, 'deep'))).toEqual([]);
  });

  test('protected paths are meant below the working folder', async () => {
    const workspace = await startedFrom({ 'sub/run.sh': 'forged', 'a.txt': 'x' }, source({ subPath: 'sub' }));
    expect((await restoredCopy(workspace, ['run.sh', 'a.txt'])).differing).toEqual(['run.sh']);
  });

  const files: Source = { kind: 'files', files: { 'check.sh': Buffer.from('check') } };
  test('files without a history can be protected', async () => {
    const { differing, copy } = await restoredCopy(await startedFrom({ 'check.sh': 'forged' }, files), ['check.sh']);
    expect([differing, await textOf(copy, 'check.sh')]).toEqual([['check.sh'], 'check']);
  });

  test('only arguments that name files of the base are taken for such', async () => {
    const { tools } = await startedFrom({ 'late.js': 'x' });
    expect(await tools.filesInBase(['node', './src/a.js', '--flag', '-C', 'test', 'sub', 'sub/run.sh', 'late.js', '/a.txt', '../a.txt', 'a.txt', '', '.', 'x\0y'])).toEqual(['a.txt', 'src/a.js', 'sub/run.sh']);
  });
});
