import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffPaths } from './diff-paths.ts';

const change = (path: string) => `diff --git a/${path} b/${path}\nindex 1..2 100644\n--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n-old\n+new\n`;

describe('diffPaths', () => {
  const cases: Record<string, { diff: string; want: readonly string[] }> = {
    'a changed file': { diff: change('src/add.ts'), want: ['src/add.ts'] },
    'several files, sorted': { diff: change('b') + change('a/c'), want: ['a/c', 'b'] },
    'a new file': { diff: 'diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1,2 @@\n+a\n+b\n', want: ['n'] },
    'a deleted file': { diff: 'diff --git a/d b/d\ndeleted file mode 100644\n--- a/d\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n', want: ['d'] },
    'a renamed file is two paths': { diff: 'diff --git a/old b/new\nsimilarity index 100%\nrename from old\nrename to new\n', want: ['new', 'old'] },
    'a copied file leaves its source alone': { diff: 'diff --git a/old b/new\nsimilarity index 100%\ncopy from old\ncopy to new\n', want: ['new'] },
    'a change of mode has only the first header': { diff: 'diff --git a/my run.sh b/my run.sh\nold mode 100644\nnew mode 100755\n', want: ['my run.sh'] },
    'a binary file': { diff: 'diff --git a/x.png b/x.png\nindex 1..2 100644\nGIT binary patch\nliteral 1\nIcmZPo\n', want: ['x.png'] },
    'a diff without the header of git': { diff: '--- a/x.c\t2026-01-01\n+++ b/x.c\t2026-01-02\n@@ -1 +1 @@\n-a\n+b\n', want: ['x.c'] },
    'removed and added lines that look like headers': { diff: '--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n--- a/not-this\n+++ b/nor-this\n context\n\\ No newline at end of file\n' + change('y'), want: ['x', 'y'] },
    'a quoted path is UTF-8': { diff: 'diff --git "a/\\303\\244 \\"b\\".txt" "b/\\303\\244 \\"b\\".txt"\n--- "a/\\303\\244 \\"b\\".txt"\n+++ "b/\\303\\244 \\"b\\".txt"\n@@ -1 +1 @@\n-a\n+b\n', want: ['ä "b".txt'] },
    'a path with a tab': { diff: '--- "a/x\\ty"\n+++ "b/x\\ty"\n@@ -1 +1 @@\n-a\n+b\n', want: ['x\ty'] },
    'lines with the ends of Windows': { diff: '--- a/x\r\n+++ b/x\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n', want: ['x'] },
  };
  test.each(Object.entries(cases))('%s', (_, { diff, want }) => expect(diffPaths(diff)).toEqual({ kind: 'paths', paths: want }));

  const unreadable: Record<string, { diff: string; reason: RegExp }> = {
    'words are no diff': { diff: 'please change a.ts\n', reason: /names no file/ },
    'a hunk alone is no diff': { diff: '@@ -1 +1 @@\n-a\n+b\n', reason: /names no file/ },
    'a path must not lead out': { diff: change('../x'), reason: /it changes \.\.\/x/ },
    'a path must not be absolute': { diff: '--- a//etc/x\n+++ b//etc/x\n', reason: /it changes \/etc\/x/ },
    'a path must not lead into .git': { diff: change('.git/hooks/pre-commit'), reason: /\.git\/hooks/ },
    'also when it is only renamed': { diff: 'rename from x\nrename to a/../../y\n', reason: /\.\./ },
  };
  test.each(Object.entries(unreadable))('%s', (_, { diff, reason }) => {
    const answer = diffPaths(diff);
    expect(answer.kind === 'unreadable' && answer.reason).toMatch(reason);
  });

  test('is total: any text has an answer', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('@@ -1 +1 @@', '\n', '-', '+', '--- a/', '+++ "b/', '\\3', '"', 'x', 'rename to ', 'diff --git a/x b/x') }), (text) => {
        expect(diffPaths(text).kind).toMatch(/^(paths|unreadable)$/);
      }),
    );
  });
});
