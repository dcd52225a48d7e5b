import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

// A rule whose pattern matches nothing reports nothing, so the lint is shown lines that it must refuse.
const root = dirname(import.meta.dirname);
const fixtures = join(root, 'testing/fixtures/forbidden');

interface Finding {
  readonly code: string;
  readonly filename: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
}

let copy: string;
let found: ReadonlySet<string>;

/** `domain/impure.ts:2 no-restricted-imports` for each finding. */
async function lint(folder: string): Promise<ReadonlySet<string>> {
  const output = await new Promise<string>((resolve) => {
    execFile(join(root, 'node_modules/.bin/oxlint'), ['--format', 'json'], { cwd: folder }, (_, stdout) => resolve(stdout));
  });
  const { diagnostics } = JSON.parse(output) as { diagnostics: readonly Finding[] };
  return new Set(diagnostics.map(({ code, filename, labels }) => `${filename}:${labels[0]?.span.line ?? 0} ${code.replace(/^.*\((.*)\)$/, '$1')}`));
}

async function wanted(): Promise<string[]> {
  const names = (await readdir(fixtures, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const marks = await Promise.all(
    names.map(async (name) => {
      const lines = (await readFile(join(fixtures, name), 'utf8')).split('\n');
      return lines.flatMap((line, index) => {
        const rule = /\/\/ forbidden: (\S+)$/.exec(line)?.[1];
        return rule === undefined ? [] : [`${name}:${index + 1} ${rule}`];
      });
    }),
  );
  return marks.flat();
}

beforeAll(async () => {
  // Placed where the rules for pure files apply: the fixtures' own folder is left out of the lint.
  copy = await realpath(await mkdtemp(join(tmpdir(), 'coditect-forbidden-')));
  await cp(fixtures, copy, { recursive: true });
  await Promise.all([cp(join(root, '.oxlintrc.json'), join(copy, '.oxlintrc.json')), cp(join(root, 'tsconfig.json'), join(copy, 'tsconfig.json')), symlink(join(root, 'node_modules'), join(copy, 'node_modules'))]);
  found = await lint(copy);
});

afterAll(() => rm(copy, { recursive: true, force: true }));

test('the lint refuses every line that is marked as forbidden', async () => {
  const lines = await wanted();
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.filter((line) => !found.has(line))).toEqual([]);
});

test('the lint lets a package through where its folder may use it', () => {
  expect([...found].filter((line) => line.startsWith('domain/expression/impure.ts:2 '))).toEqual([]);
});
