import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DependencyFacts, isManifest, readManifests } from './manifests.ts';

const facts = (files: Record<string, string>): readonly DependencyFacts[] => readManifests(Object.entries(files).map(([path, text]) => ({ path, text }))).facts;
const findings = (files: Record<string, string>): readonly string[] =>
  readManifests(Object.entries(files).map(([path, text]) => ({ path, text }))).findings.map(({ rule, level, place }) => `${rule} ${level} ${place.path}:${place.line}`);

const commit = 'a'.repeat(40);
const json = (value: unknown) => JSON.stringify(value, null, 2);

describe('what manifests say', () => {
  const cases: Record<string, { files: Record<string, string>; want: Partial<DependencyFacts>[] }> = {
    'package.json: direct, development, engine, lock, packages in several versions': {
      files: {
        'package.json': json({ engines: { node: '>=20' }, dependencies: { a: '^1.0.0', b: '*' }, optionalDependencies: { c: '1.0.0' }, devDependencies: { d: '~2.0.0' }, peerDependencies: { e: '*' } }),
        'package-lock.json': json({ packages: { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b/node_modules/a': { version: '2.0.0' }, 'node_modules/b': { version: '1.0.0' } } }),
      },
      want: [{ path: 'package.json', ecosystem: 'npm', direct: 3, dev: 1, unpinned: 1, repeated: 1, lock: 'package-lock.json', runtime: '>=20' }],
    },
    'a workspace is held by the lock file at its root': { files: { 'packages/a/package.json': json({ dependencies: { b: 'workspace:*', c: '1' } }), 'pnpm-lock.yaml': '' }, want: [{ lock: 'pnpm-lock.yaml', direct: 2, unpinned: 0 }] },
    'pyproject.toml by PEP 621': {
      files: { 'pyproject.toml': '[project]\nname = "x" # a = ["b"]\nrequires-python = ">=3.11"\ndependencies = [\n  "httpx[http2]>=0.27,<1",  # not "requests"\n  "rich",\n  \'attrs==23.1; python_version < "3.12"\',\n]\n\n[project.optional-dependencies]\ntest = ["pytest>=8"]\n\n[tool.x]\ndependencies = ["no"]\n' },
      want: [{ ecosystem: 'PyPI', direct: 3, dev: 1, unpinned: 2, runtime: '>=3.11' }],
    },
    'pyproject.toml by Poetry': {
      files: { 'pyproject.toml': '[tool.poetry.dependencies]\npython = "^3.12"\nrequests = "^2.31"\nrich = { version = "*", optional = true }\n\n[tool.poetry.group.dev.dependencies]\npytest = "^8"\n', 'poetry.lock': '' },
      want: [{ direct: 2, dev: 1, unpinned: 1, runtime: '^3.12', lock: 'poetry.lock' }],
    },
    'requirements files': { files: { 'requirements-dev.txt': '# tools\n-r requirements.txt\n--index-url https://a.org\npytest==8.0 --hash=sha256:ab\nruff\n', 'requirements.txt': 'flask>=3,<4\nuvicorn[standard] ~= 0.30 # web\n\n' }, want: [{ path: 'requirements-dev.txt', direct: 0, dev: 2, unpinned: 1 }, { path: 'requirements.txt', direct: 2, dev: 0, unpinned: 0 }] },
    'setup.cfg': { files: { 'setup.cfg': '[metadata]\nname = x\n\n[options]\npython_requires = >=3.9\ninstall_requires =\n    requests>=2\n    attrs==23.1\n\n[options.extras_require]\ntest =\n    pytest\n' }, want: [{ direct: 2, dev: 1, unpinned: 2, runtime: '>=3.9' }] },
    'a setup.cfg that only configures tools is no manifest': { files: { 'setup.cfg': '[flake8]\nmax-line-length = 100\n' }, want: [] },
    'go.mod': { files: { 'go.mod': 'module a.org/b\n\ngo 1.23\n\nrequire c.org/d v1.2.3\n\nrequire (\n\te.org/f v0.1.0\n\tg.org/h v1.0.0 // indirect\n)\n\nreplace e.org/f => ../f\n', 'go.sum': '' }, want: [{ ecosystem: 'Go', direct: 2, unpinned: 0, runtime: '1.23', lock: 'go.sum' }] },
    'Cargo.toml': {
      files: {
        'Cargo.toml': '[package]\nname = "x"\nedition = "2021"\n\n[dependencies]\nserde = { version = "1", features = ["derive"] }\nlog = "*"\nanyhow.workspace = true\nlocal = { path = "../local" }\n\n[dependencies.tokio]\nversion = "1"\nfeatures = ["full"]\n\n[dev-dependencies]\ninsta = "1"\n\n[target.\'cfg(unix)\'.dependencies]\nlibc = "0.2"\n',
        'Cargo.lock': '[[package]]\nname = "a"\nversion = "1.0.0"\n\n[[package]]\nname = "a"\nversion = "2.0.0"\n',
      },
      want: [{ ecosystem: 'crates.io', direct: 6, dev: 1, unpinned: 1, repeated: 1, runtime: '2021' }],
    },
    'pom.xml': { files: { 'pom.xml': '<project><properties><java.version>21</java.version></properties>\n<dependencies>\n<dependency><groupId>a</groupId><artifactId>b</artifactId><version>[1.0,)</version></dependency>\n<dependency><groupId>c</groupId><artifactId>d</artifactId><scope>test</scope></dependency></dependencies></project>' }, want: [{ ecosystem: 'Maven', direct: 1, dev: 1, unpinned: 1, runtime: '21' }] },
    'build.gradle.kts': { files: { 'build.gradle.kts': 'dependencies {\n  implementation("a.b:c:1.+")\n  testImplementation("d:e:5.0")\n  api(project(":x"))\n}\njava { toolchain { languageVersion.set(JavaLanguageVersion.of(21)) } }' }, want: [{ ecosystem: 'Maven', direct: 1, dev: 1, unpinned: 1, runtime: '21' }] },
    Gemfile: { files: { Gemfile: "ruby '3.3.0'\ngem 'rails', '~> 7.1'\ngem 'puma'\ngroup :development, :test do\n  gem 'rspec', '3.1'\nend\ngem 'pg', '1.5', group: :test\n", 'Gemfile.lock': '' }, want: [{ ecosystem: 'RubyGems', direct: 2, dev: 2, unpinned: 1, runtime: '3.3.0' }] },
    'composer.json': { files: { 'composer.json': json({ require: { php: '^8.2', 'ext-json': '*', 'a/b': '^1.0' }, 'require-dev': { 'c/d': '*' } }) }, want: [{ ecosystem: 'Packagist', direct: 1, dev: 1, unpinned: 1, runtime: '^8.2' }] },
    'what cannot be read says nothing': { files: { 'package.json': '{"dependencies": ', 'a/package.json': 'null', 'b/package.json': '{"dependencies": [1], "engines": 3}' }, want: [{ path: 'b/package.json', direct: 0 }] },
  };
  test.each(Object.entries(cases))('%s', (_, { files, want }) => {
    const read = facts(files);
    expect(read).toHaveLength(want.length);
    expect(read).toMatchObject(want);
  });
});

describe('what manifests leave to chance', () => {
  const cases: Record<string, { files: Record<string, string>; want: string[] }> = {
    'a manifest with dependencies wants a lock file': { files: { 'a/package.json': json({ dependencies: { b: '^1.0.0' } }), 'b/package-lock.json': '{}' }, want: ['dependency-no-lock warning a/package.json:1'] },
    'without dependencies there is nothing to hold': { files: { 'package.json': json({ name: 'a' }), 'go.mod': 'module a\n', 'Cargo.toml': '[package]\n' }, want: [] },
    'open ranges are named where no lock file holds them, at the first of them': { files: { 'requirements.txt': 'a==1\nb>=2\nc\n' }, want: ['dependency-unpinned note requirements.txt:2'] },
    'a lock file holds open ranges': { files: { 'package.json': json({ dependencies: { a: 'latest' } }), 'yarn.lock': '' }, want: [] },
    'a library of Python leaves its lock to its users': { files: { 'pyproject.toml': '[project]\ndependencies = ["a>=1,<2"]\n' }, want: [] },
    'branches and addresses': {
      files: {
        'package.json': json({ dependencies: { a: 'github:b/c', d: `git+https://e.org/f.git#${commit}`, g: 'h/i#main', j: 'https://k.org/l.tgz' } }),
        'package-lock.json': '{}',
        'Cargo.toml': `[dependencies]\na = { git = "https://b.org/c" }\nd = { git = "https://e.org/f", rev = "${commit}" }\n`,
        'Cargo.lock': '',
        'requirements.txt': `git+https://a.org/b.git@main#egg=b\nc @ git+https://d.org/c@${commit}\n-e git+https://e.org/f\n`,
        Gemfile: "gem 'a', git: 'https://b.org/a', branch: 'main'\n",
        'Gemfile.lock': '',
      },
      want: ['dependency-git-url warning Cargo.toml:2', 'dependency-git-url warning Gemfile:1', 'dependency-git-url warning package.json:3', 'dependency-git-url warning package.json:5', 'dependency-git-url warning package.json:6', 'dependency-git-url warning requirements.txt:1', 'dependency-git-url warning requirements.txt:3'],
    },
  };
  test.each(Object.entries(cases))('%s', (_, { files, want }) => expect(findings(files)).toEqual(want));

  test('a lock file that was too large to read is there all the same', () => {
    expect(readManifests([{ path: 'package.json', text: json({ dependencies: { a: '1' } }) }, { path: 'package-lock.json', text: undefined }]).findings).toEqual([]);
  });
});

test('manifests and lock files are asked for, other files are not', () => {
  expect(['package.json', 'a/go.sum', 'x/requirements-dev.txt', 'build.gradle.kts'].every(isManifest)).toBe(true);
  expect(['package.json5', 'Cargo.rs', 'myrequirements.txt', 'go.module'].some(isManifest)).toBe(false);
});

test('any text is read', () => {
  const names = ['package.json', 'composer.json', 'Cargo.toml', 'pyproject.toml', 'requirements.txt', 'setup.cfg', 'go.mod', 'Gemfile', 'pom.xml', 'build.gradle', 'Cargo.lock', 'package-lock.json'];
  const pieces = ['[dependencies]\n', '[project]\n', 'dependencies = [', '"', "'", '{', '}', 'a = ', '\n', '<dependency>', '</dependency>', 'gem "', '__proto__', 'require (\n', '\tb v1\n', '#', '\\', '😀'];
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (path, parts) => {
      for (const { direct, dev } of readManifests([{ path, text: parts.join('') }]).facts) expect(direct + dev).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('half a megabyte of anything is read at once', () => {
  const lines = ['[dependencies.a]\n', 'a = [\n', '<dependency><groupId>a</groupId><artifactId>b</artifactId></dependency>', "gem 'a'\n", 'a>=1 \n', '"'.repeat(9), `${' '.repeat(999)}=`, '\trequire a v1\n'];
  for (const path of ['Cargo.toml', 'pyproject.toml', 'requirements.txt', 'setup.cfg', 'go.mod', 'Gemfile', 'pom.xml', 'build.gradle']) {
    for (const line of lines) expect(readManifests([{ path, text: line.repeat(Math.floor(500_000 / line.length)) }]).findings.length).toBeLessThanOrEqual(30);
  }
}, 60_000);
