// Finds a Redis server for tests: on PATH, else out of Debian's packages, unpacked into the cache. Nothing is installed and no service starts.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A program with the environment that it needs. */
export interface RedisProgram {
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  /** `7.0.15`. */
  readonly version: string;
}

export type FoundRedis = { readonly kind: 'found'; readonly program: RedisProgram } | { readonly kind: 'absent'; readonly reason: string };

export interface FindOptions {
  readonly cacheFolder: string;
  readonly path: string;
  /** False: what is not on this machine is not fetched. */
  readonly mayFetch?: boolean;
  /** Gets one line for people when packages are fetched. */
  readonly progress?: (line: string) => void;
}

/** The server, and the libraries that a bare Debian lacks. */
const packages = ['redis-tools', 'redis-server', 'libjemalloc2', 'liblzf1', 'libatomic1'] as const;

/** The server of this machine, or why there is none. */
export async function findRedis({ cacheFolder, path, progress, mayFetch = true }: FindOptions): Promise<FoundRedis> {
  for (const folder of path.split(delimiter)) {
    const program = await programAt(join(folder, 'redis-server'), {});
    if (program !== undefined) return { kind: 'found', program };
  }
  const folder = join(cacheFolder, 'redis-debian');
  const unpacked = (await programIn(folder)) ?? (mayFetch ? await unpack(folder, progress) : 'Debian\'s was not fetched before');
  return typeof unpacked === 'string' ? { kind: 'absent', reason: `no redis-server on PATH, and ${unpacked}` } : { kind: 'found', program: unpacked };
}

/** Fetches and unpacks the packages; gives the program, or why it cannot. */
async function unpack(folder: string, progress: FindOptions['progress']): Promise<RedisProgram | string> {
  const draft = `${folder}.${process.pid}.draft`;
  try {
    mkdirSync(draft, { recursive: true, mode: 0o755 });
    progress?.(`fetching Debian's redis-server into ${folder}`);
    await run('apt-get', ['download', ...packages], { cwd: draft, timeout: 120_000 });
    for (const file of readdirSync(draft).filter((name) => name.endsWith('.deb'))) await run('dpkg-deb', ['-x', file, '.'], { cwd: draft });
    const program = await programIn(draft);
    if (program === undefined) return 'the one of Debian does not run here: install redis-server 7 or newer';
    if (!existsSync(folder)) renameSync(draft, folder);
    return (await programIn(folder)) ?? 'the unpacked one vanished: try again';
  } catch (error) {
    return `Debian's packages cannot be had: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

async function programIn(folder: string): Promise<RedisProgram | undefined> {
  const roots = [join(folder, 'usr', 'lib'), join(folder, 'lib')].filter((path) => existsSync(path));
  const libraries = roots.flatMap((root) => [root, ...readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => join(root, name))]);
  return programAt(join(folder, 'usr', 'bin', 'redis-server'), { LD_LIBRARY_PATH: libraries.join(delimiter) });
}

/** The program when it starts here; key patterns that may only be read came with Redis 7. */
async function programAt(file: string, env: Readonly<Record<string, string>>): Promise<RedisProgram | undefined> {
  if (!existsSync(file)) return undefined;
  const answer = await run(file, ['--version'], { env: { ...env }, timeout: 5000 }).catch(() => undefined);
  const [, version] = / v=(\d+\.\d+\.\d+)/.exec(answer?.stdout ?? '') ?? [];
  return version === undefined || Number.parseInt(version, 10) < 7 ? undefined : { file, env, version };
}
