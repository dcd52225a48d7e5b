// Reads manifests of a workspace that may be hostile: plain files of the folder itself, of a bounded size, never through a link.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

const maxBytes = 1024 * 1024;

/** Text of a manifest by its name; empty when there is none that can be read. */
export type Manifests = (name: string) => string;

const manifestNames = ['package.json', 'pyproject.toml', 'pytest.ini', '.pytest.ini', 'tox.ini', 'setup.cfg', 'requirements.txt', 'requirements-dev.txt', 'dev-requirements.txt', 'Pipfile', 'GNUmakefile', 'makefile', 'Makefile'] as const;

/** Reads those manifests that lie in the folder itself. */
export async function readManifests(folder: string): Promise<Manifests> {
  const texts = new Map<string, string>();
  for (const name of manifestNames) texts.set(name, (await readPlain(join(folder, name)).catch(() => undefined)) ?? '');
  return (name) => texts.get(name) ?? '';
}

async function readPlain(path: string): Promise<string | undefined> {
  // O_NONBLOCK: a pipe in its place would be waited for otherwise.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > maxBytes) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(stat.size), 0, stat.size, 0);
    return buffer.toString('utf8', 0, bytesRead).replace(/^\uFEFF/, '');
  } finally {
    await file.close();
  }
}
