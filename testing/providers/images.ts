// Images of stores out of the programs of this machine: no registry is asked for anything.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { GenericContainer } from 'testcontainers';

const run = promisify(execFile);

/** A program of this machine, with what it needs to find its libraries. */
export interface Program {
  readonly name: string;
  readonly file: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Builds an image that holds the program and its libraries, and nothing else. */
export async function imageOf({ name, file, env = {} }: Program): Promise<GenericContainer> {
  const context = await mkdtemp(join(tmpdir(), 'coditect-image-'));
  try {
    const libraries = await librariesOf(file, env);
    for (const library of libraries) {
      await mkdir(join(context, 'root', dirname(library)), { recursive: true });
      await copyFile(library, join(context, 'root', library));
    }
    await mkdir(join(context, 'root'), { recursive: true });
    await copyFile(file, join(context, 'root', basename(file)));
    const variables = Object.entries(env).map(([key, value]) => `ENV ${key}=${value}`);
    await writeFile(join(context, 'Dockerfile'), ['FROM scratch', 'COPY root/ /', ...variables, `ENTRYPOINT ["/${basename(file)}"]`, ''].join('\n'));
    return await GenericContainer.fromDockerfile(context).build(`coditect-test/${name}:local`, { deleteOnExit: false });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

/** Files that the dynamic linker would load, itself included; none for a static program. */
async function librariesOf(file: string, env: NonNullable<Program['env']>): Promise<readonly string[]> {
  const { stdout } = await run('ldd', [file], { env: { PATH: process.env['PATH'], ...env } }).catch(() => ({ stdout: '' }));
  return [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, path = '']) => path).filter((path) => path !== '');
}
