import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { WorkspaceFacts } from '#domain/intent/action.ts';
import { parametrize } from '#domain/intent/parametrize.ts';
import { gatherFacts } from './gather-facts.ts';

type Files = Readonly<Record<string, string>>;

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function workspaceOf(files: Files): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'facts-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

const quiet = () => new AbortController().signal;
const factsOf = async (files: Files) => gatherFacts(await workspaceOf(files), quiet());
const manifest = (content: object) => JSON.stringify(content);

const workspaces = {
  vitestWithNpm: { 'package.json': manifest({ scripts: { test: 'vitest' }, devDependencies: { vitest: '3', prettier: '3' } }), 'package-lock.json': '{}', 'vitest.config.ts': '', 'src/a.ts': '', 'node_modules/.bin/vitest': '', 'node_modules/x/b.go': '' },
  jestWithYarn: { 'package.json': manifest({ scripts: { test: 'jest' }, devDependencies: { jest: '30', eslint: '9' } }), 'yarn.lock': '', 'a.js': '' },
  nodeTest: { 'package.json': manifest({ scripts: { test: 'node --test' } }), 'biome.json': '{}', 'a.mjs': '' },
  mochaWithPnpm: { 'package.json': manifest({ scripts: { test: "mocha 'spec/**/*.js'" }, packageManager: 'pnpm@10.1.0', devDependencies: { mocha: '11', prettier: '3' } }), 'a.js': '' },
  pytestSrc: { 'pyproject.toml': '[project]\nname = "calc"\n[project.optional-dependencies]\ntest = ["pytest>=8"]\n[tool.ruff.format]\n', 'src/calc/__init__.py': '', 'tests/test_calc.py': '' },
  goModule: { 'go.mod': 'module example.org/x\n', 'main.go': '', 'package.json': '{}' },
  cargoWorkspace: { 'Cargo.toml': '[workspace]\nmembers = ["a"]\n', 'a/Cargo.toml': '', 'a/src/lib.rs': '' },
  scriptWrapsMake: { 'package.json': manifest({ scripts: { test: 'make check' }, devDependencies: { vitest: '3' } }), Makefile: 'check: build\n\tgo test\n', 'a.js': '' },
} as const satisfies Record<string, Files>;

const pytest = 'python3 -B -m pytest -ra --tb=short --junitxml=$TMPDIR/coditect-report.xml';
const nodeReporters = '--test-reporter=spec --test-reporter-destination=stderr --test-reporter=tap --test-reporter-destination=stdout';

describe('the same intent on different workspaces', () => {
  const tests: Record<string, { workspace: keyof typeof workspaces; command: string }> = {
    'vitest with npm': { workspace: 'vitestWithNpm', command: 'npx --no-install vitest run --reporter=default --reporter=json --outputFile.json=node_modules/.coditect/report.json' },
    'jest with yarn': { workspace: 'jestWithYarn', command: 'yarn run jest --ci --json' },
    'node:test': { workspace: 'nodeTest', command: `node --test ${nodeReporters}` },
    'mocha with pnpm': { workspace: 'mochaWithPnpm', command: 'pnpm exec mocha spec/**/*.js --reporter json' },
    'pytest with the layout src': { workspace: 'pytestSrc', command: `${pytest} -o pythonpath=src` },
    'a module of Go': { workspace: 'goModule', command: 'go test -json ./...' },
    'a workspace of Cargo': { workspace: 'cargoWorkspace', command: 'cargo test --workspace --no-fail-fast' },
    'a script that wraps make': { workspace: 'scriptWrapsMake', command: 'npm test' },
  };
  const formats: Record<string, { workspace: keyof typeof workspaces; command: string }> = {
    'prettier with npm': { workspace: 'vitestWithNpm', command: 'npx --no-install prettier --write .' },
    'eslint with yarn, when nothing else formats': { workspace: 'jestWithYarn', command: 'yarn run eslint --fix .' },
    'biome': { workspace: 'nodeTest', command: 'npx --no-install biome format --write .' },
    'prettier with pnpm': { workspace: 'mochaWithPnpm', command: 'pnpm exec prettier --write .' },
    'ruff': { workspace: 'pytestSrc', command: 'ruff format .' },
    'gofmt': { workspace: 'goModule', command: 'gofmt -w .' },
    'rustfmt': { workspace: 'cargoWorkspace', command: 'cargo fmt --all' },
  };
  const commandFor = async (type: string, action: string, workspace: keyof typeof workspaces) => {
    const answer = parametrize({ type, intent: { action }, facts: await factsOf(workspaces[workspace]), inputs: {} });
    return answer.kind === 'action' && answer.action.call.tool === 'process' ? answer.action.call.command.join(' ') : answer;
  };
  test.each(Object.entries(tests))('RunTests: %s', async (_, { workspace, command }) => expect(await commandFor('Tester', 'RunTests', workspace)).toBe(command));
  test.each(Object.entries(formats))('FormatCode: %s', async (_, { workspace, command }) => expect(await commandFor('Coder', 'FormatCode', workspace)).toBe(command));
});

describe('facts', () => {
  const cases: Record<string, { files: Files; want: Partial<WorkspaceFacts> }> = {
    'an empty folder says nothing': { files: {}, want: { languages: [], frameworks: [], scripts: {}, formatters: [], binaries: [], makeTargets: [] } },
    'languages by number of files, without what was installed or made': { files: { 'a.go': '', 'b.py': '', 'c.py': '', 'node_modules/a.js': '', 'vendor/x.go': '', 'vendor/y.go': '', 'x.bin': '' }, want: { languages: ['Python', 'Go'] } },
    'programs of node_modules': { files: { 'node_modules/.bin/jest': '', 'node_modules/.bin/eslint': '' }, want: { binaries: ['eslint', 'jest'] } },
    'a package.json behind a byte order mark': { files: { 'package.json': `\uFEFF${manifest({ scripts: { test: 'mocha' } })}` }, want: { scripts: { test: 'mocha' }, frameworks: ['mocha'] } },
    'the field packageManager goes before lock files': { files: { 'package.json': manifest({ packageManager: 'yarn@4.1.0' }), 'package-lock.json': '' }, want: { packageManager: 'yarn' } },
    'a lock file of Bun': { files: { 'package.json': '{}', 'bun.lock': '' }, want: { packageManager: 'bun' } },
    'configurations of test frameworks': { files: { 'package.json': manifest({ jest: {} }), '.mocharc.yml': '', 'vitest.workspace.ts': '' }, want: { frameworks: ['vitest', 'jest', 'mocha'] } },
    'the script goes before configurations, those before dependencies': { files: { 'package.json': manifest({ scripts: { test: 'tsc && mocha' }, devDependencies: { vitest: '1', jest: '1' } }), 'jest.config.js': '' }, want: { frameworks: ['mocha', 'jest', 'vitest'] } },
    'another script configures': { files: { 'package.json': manifest({ scripts: { test: 'npm run unit', unit: 'vitest run', native: 'cargo test' } }) }, want: { frameworks: ['vitest'] } },
    'among equals the main language decides': { files: { 'go.mod': '', 'Cargo.toml': '', 'a.rs': '', 'b.rs': '', 'c.go': '' }, want: { frameworks: ['cargo', 'go'], formatters: ['rustfmt', 'gofmt'] } },
    'pytest by its section in setup.cfg': { files: { 'setup.cfg': '[metadata]\n[tool:pytest]\n' }, want: { frameworks: ['pytest'] } },
    'pytest by its own file': { files: { 'pytest.ini': '' }, want: { frameworks: ['pytest'] } },
    'pytest by conftest.py': { files: { 'tests/conftest.py': '' }, want: { frameworks: ['pytest'] } },
    'pytest by a requirement': { files: { 'requirements-dev.txt': 'pytest==8.0\n' }, want: { frameworks: ['pytest'] } },
    'pytest by the names of tests': { files: { 'calc_test.py': '' }, want: { frameworks: ['pytest'] } },
    'a plug-in is not pytest itself': { files: { 'requirements.txt': 'pytest-cov\nmypytest\n' }, want: { frameworks: [] } },
    'a path for Python that is configured': { files: { 'pyproject.toml': '[tool.pytest.ini_options]\npythonpath = ["src"]\n', 'src/a.py': '' }, want: { frameworks: ['pytest'] } },
    'black by its section, ruff by its file': { files: { 'pyproject.toml': '[tool.black]\nline-length = 100\n', 'ruff.toml': '' }, want: { formatters: ['black', 'ruff'] } },
    'targets of a Makefile, without assignments and patterns': { files: { Makefile: 'CC := gcc\nall: test lint\n.PHONY: all\ntest lint:\n%.o: %.c\nfmt :\n\techo x: y\n' }, want: { makeTargets: ['all', 'fmt'] } },
  };
  test.each(Object.entries(cases))('%s', async (_, { files, want }) => {
    const facts = await factsOf(files);
    expect(facts).toMatchObject(want);
    if (!('pythonPath' in want)) expect(facts.pythonPath).toBe(undefined);
  });
});

describe('hostile workspaces are harmless', () => {
  const strange: Record<string, string> = {
    'no JSON': '{"scripts": ',
    'not an object': '["scripts"]',
    'null': 'null',
    'parts of other types': '{"scripts":["a"],"dependencies":7,"packageManager":{},"jest":null}',
    'names of the language\'s own objects': '{"scripts":{"__proto__":"jest","constructor":"x"},"devDependencies":{"__proto__":"1"}}',
    'nested very deeply': `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    'larger than a manifest is': `{"scripts":{"test":"jest"},"x":"${'x'.repeat(1024 * 1024)}"}`,
  };
  test.each(Object.entries(strange))('package.json: %s', async (_, text) => {
    const { scripts, packageManager } = await factsOf({ 'package.json': text });
    expect(Object.hasOwn(scripts, 'test')).toBe(false);
    expect(packageManager).toBe(undefined);
  });

  test('scripts are few and short', async () => {
    const { scripts } = await factsOf({ 'package.json': manifest({ scripts: { ...Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`s${index}`, 'x'])), long: 'x'.repeat(3000) } }) });
    expect(Object.keys(scripts)).toHaveLength(64);
  });

  test('links lead nowhere', async () => {
    const outside = await workspaceOf({ 'package.json': manifest({ scripts: { test: 'jest' } }), 'bin/secret': '', 'a.go': '' });
    const folder = await workspaceOf({ 'node_modules/x': '' });
    await symlink(join(outside, 'package.json'), join(folder, 'package.json'));
    await symlink(join(outside, 'bin'), join(folder, 'node_modules', '.bin'));
    await symlink(outside, join(folder, 'linked'));
    await symlink(folder, join(folder, 'loop'));
    expect(await gatherFacts(folder, quiet())).toMatchObject({ scripts: {}, binaries: [], languages: [] });
  });

  test('a pipe in place of a manifest is not waited for, nor a folder read', async () => {
    const folder = await workspaceOf({ 'pyproject.toml/x': '' });
    execFileSync('mkfifo', [join(folder, 'package.json')]);
    expect(await gatherFacts(folder, quiet())).toMatchObject({ scripts: {}, frameworks: [] });
  });

  test('a folder that is not there says nothing', async () => {
    expect(await gatherFacts('/nowhere/at/all', quiet())).toMatchObject({ languages: [], frameworks: [], binaries: [] });
  });

  test('an aborted look ends early', async () => {
    const folder = await workspaceOf(Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`${index}/a.go`, ''])));
    expect((await gatherFacts(folder, AbortSignal.abort())).languages).toEqual([]);
  });

  test('any package.json gives facts that RunTests can work with', async () => {
    const folder = await workspaceOf({});
    const anyPackage = fc.dictionary(fc.constantFrom('scripts', 'jest', 'dependencies', 'packageManager'), fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom('test', 'format', 'jest'), fc.constantFrom('vitest', 'node --test', 'mocha "a'))));
    await fc.assert(
      fc.asyncProperty(anyPackage, async (content) => {
        await writeFile(join(folder, 'package.json'), JSON.stringify(content));
        const facts = await gatherFacts(folder, quiet());
        expect(parametrize({ type: 'Tester', intent: { action: 'RunTests' }, facts, inputs: {} }).kind).toMatch(/^(action|fault)$/);
      }),
    );
  });
});
