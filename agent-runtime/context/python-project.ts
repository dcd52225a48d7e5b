// What the manifests of a Python project say. They are searched for a few headings and names, not parsed: nothing more is asked of them.
import type { Framework } from '#domain/intent/action.ts';
import type { Sign } from './evidence.ts';
import type { Manifests } from './manifests.ts';

const withSections = ['pyproject.toml', 'tox.ini', 'setup.cfg'] as const;
const withDependencies = ['pyproject.toml', 'tox.ini', 'setup.cfg', 'requirements.txt', 'requirements-dev.txt', 'dev-requirements.txt', 'Pipfile'] as const;

const testFile = /(^|\/)(test_[^/]*|[^/]*_test)\.py$/;

/** Signs for pytest, by configuration, dependencies and the names of files. */
export function* pythonTestSigns(manifests: Manifests, files: readonly string[]): Generator<Sign<Framework>> {
  const isConfigured = files.some((path) => path === 'pytest.ini' || path === '.pytest.ini') || withSections.some((name) => /^\[(tool\.pytest\b|tool:pytest\]|pytest\])/m.test(manifests(name)));
  if (isConfigured) yield { tool: 'pytest', weight: 'says' };
  if (files.some((path) => /^(tests?\/)?conftest\.py$/.test(path))) yield { tool: 'pytest', weight: 'configures' };
  if (mentions(manifests, 'pytest') || files.some((path) => testFile.test(path))) yield { tool: 'pytest', weight: 'mentions' };
}

/** Signs for formatters of Python. */
export function* pythonFormatSigns(manifests: Manifests, rootFiles: ReadonlySet<string>): Generator<Sign<string>> {
  const project = manifests('pyproject.toml');
  if (/^\[tool\.ruff\.format/m.test(project)) yield { tool: 'ruff', weight: 'says' };
  if (/^\[tool\.black\b/m.test(project)) yield { tool: 'black', weight: 'says' };
  if (rootFiles.has('ruff.toml') || rootFiles.has('.ruff.toml') || /^\[tool\.ruff\b/m.test(project)) yield { tool: 'ruff', weight: 'configures' };
  for (const tool of ['ruff', 'black']) if (mentions(manifests, tool)) yield { tool, weight: 'mentions' };
}

/** `src` when packages lie there and no configuration makes pytest look there. */
export function pythonPathOf(manifests: Manifests, files: readonly string[]): string | undefined {
  const isConfigured = [...withSections, 'pytest.ini', '.pytest.ini'].some((name) => /\bpythonpath\b/.test(manifests(name)));
  return !isConfigured && files.some((path) => /^src\/([^/]+\/__init__|[^/]+)\.py$/.test(path)) ? 'src' : undefined;
}

function mentions(manifests: Manifests, name: string): boolean {
  return withDependencies.some((manifest) => new RegExp(String.raw`(^|["'\s,\[])${name}(?![\w.-])`, 'm').test(manifests(manifest)));
}
