// Reads manifests of a workspace that may be hostile: plain files of the folder itself, of a bounded size, never through a link.
import { readPlainText } from './plain-file.ts';

const maxBytes = 1024 * 1024;

/** Text of a manifest by its name; empty when there is none that can be read. */
export type Manifests = (name: string) => string;

const manifestNames = ['package.json', 'pyproject.toml', 'pytest.ini', '.pytest.ini', 'tox.ini', 'setup.cfg', 'requirements.txt', 'requirements-dev.txt', 'dev-requirements.txt', 'Pipfile', 'GNUmakefile', 'makefile', 'Makefile'] as const;

/** Reads those manifests that lie in the folder itself. */
export async function readManifests(folder: string): Promise<Manifests> {
  const texts = new Map<string, string>();
  for (const name of manifestNames) texts.set(name, ((await readPlainText(folder, name, maxBytes)) ?? '').replace(/^\uFEFF/, ''));
  return (name) => texts.get(name) ?? '';
}
