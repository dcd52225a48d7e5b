// What images stand on, for an engine that pulls nothing: Debian by mmdebstrap, Node by the one that runs this, git by the Dockerfile itself. Named as the Dockerfile wants them.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { tryLock } from '#devcluster/build.ts';
import type { DockerClient } from '#devcluster/services/docker/index.ts';
import { programOn } from '#devcluster/services/docker/find.ts';
import { defaultOf, stageText } from './dockerfile.ts';

const run = promisify(execFile);

export interface BaseOptions {
  readonly client: DockerClient;
  /** The checkout. */
  readonly root: string;
  readonly cacheFolder: string;
  /** PATH with mmdebstrap and npm. */
  readonly path: string;
  /** For files that are gone at the end. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

const documents = ['doc', 'man', 'info', 'locale', 'lintian'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
/** As small as those that Debian publishes, and without the name and the resolver of the machine that makes it. */
const rootfsArgs = ['--variant=minbase', '--format=tar', ...documents, '--dpkgopt=path-include=/usr/share/doc/*/copyright', '--customize-hook=rm -f "$1/etc/hostname" "$1/etc/resolv.conf"'];

/** Puts the base images into an engine that has none; gives the name of the one that agents stand on. The first time takes two minutes and needs Debian's archive. */
export async function loadBases(options: BaseOptions): Promise<{ readonly agentImage: string }> {
  const dockerfile = readFileSync(join(options.root, 'Dockerfile'), 'utf8');
  const [base, node] = [defaultOf(dockerfile, 'BASE_IMAGE'), defaultOf(dockerfile, 'NODE_IMAGE')];
  const suite = suiteOf(base);
  const key = keyOf(suite, process.arch, ...rootfsArgs);
  const rootfs = await cached(join(options.cacheFolder, 'images', `${suite}-${key}.tar`), (file) => makeRootfs(file, suite, options));
  await options.client.run('import', '--change', 'CMD ["bash"]', rootfs, base);
  await buildNode({ ...options, base, node });
  const agentImage = `coditect/with-git:${keyOf(key, stageText(dockerfile, 'base'), stageText(dockerfile, 'with-git'))}`;
  const archive = await cached(join(options.cacheFolder, 'images', `${agentImage.replace(/^.*:/, 'with-git-')}.tar`), (file) => makeWithGit(file, agentImage, options));
  await options.client.run('load', '--input', archive);
  return { agentImage };
}

/** Why base images cannot be had here, in a sentence; undefined when they can. */
export function whyNoBases({ path }: Pick<BaseOptions, 'path'>): string | undefined {
  if (programOn(path.split(delimiter), 'mmdebstrap') !== undefined) return undefined;
  return 'no base images: there is no mmdebstrap on this machine; install it (on Debian as root: node devcluster/services/docker/main.ts install)';
}

/** `debian:bookworm-slim` is made of bookworm. */
function suiteOf(image: string): string {
  const [, suite] = /^debian:([a-z]+)-slim$/.exec(image) ?? [];
  if (suite === undefined) throw new Error(`make ${image}: only debian:<suite>-slim can be made here, so no image was built; correct BASE_IMAGE in the Dockerfile`);
  return suite;
}

const keyOf = (...parts: readonly string[]) => createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12);

/** A file of the cache, whole or not at all; of two that want it at once only one makes it. */
async function cached(file: string, make: (draft: string) => Promise<void>): Promise<string> {
  if (existsSync(file)) return file;
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  while (!tryLock(`${file}.lock`)) await sleep(200);
  try {
    if (!existsSync(file)) {
      await make(`${file}.draft`);
      renameSync(`${file}.draft`, file);
    }
    return file;
  } finally {
    rmSync(`${file}.draft`, { force: true });
    rmSync(`${file}.lock`, { force: true });
  }
}

async function makeRootfs(file: string, suite: string, { path, say }: BaseOptions): Promise<void> {
  say(`making a root file system of Debian ${suite}, once, about a minute`);
  await run('mmdebstrap', ['--quiet', ...rootfsArgs, suite, file], { env: { PATH: path }, maxBuffer: 64 * 1024 * 1024 }).catch((cause: unknown) => {
    throw new Error(`make a root file system of Debian ${suite}: mmdebstrap failed, so no image can be built; can this machine reach Debian's archive?`, { cause });
  });
}

/** Node as its own image has it: the program and npm, both of this machine. */
async function buildNode({ client, folder, path, base, node }: BaseOptions & { readonly base: string; readonly node: string }): Promise<void> {
  const context = mkdtempSync(join(folder, 'node-'));
  cpSync(realpathSync(process.execPath), join(context, 'bin', 'node'));
  const npm = npmFolder(path);
  const lines = [`FROM ${base}`, 'COPY bin/node /usr/local/bin/'];
  if (npm !== undefined) {
    cpSync(npm, join(context, 'npm'), { recursive: true, dereference: true });
    lines.push('COPY npm /usr/local/lib/node_modules/npm', 'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm');
  }
  writeFileSync(join(context, 'Dockerfile'), [...lines, 'CMD ["node"]', ''].join('\n'));
  await client.run('build', '--quiet', '--tag', node, context);
  rmSync(context, { recursive: true });
}

/** Folder of the npm that is found on PATH: its command is a link into it. */
function npmFolder(path: string): string | undefined {
  const command = programOn(path.split(delimiter), 'npm');
  if (command === undefined) return undefined;
  const folder = dirname(dirname(realpathSync(command)));
  return existsSync(join(folder, 'bin', 'npm-cli.js')) ? folder : undefined;
}

async function makeWithGit(file: string, tag: string, { client, root, say }: BaseOptions): Promise<void> {
  say('installing what agents work with into their base image, once, about half a minute');
  await client.run('build', '--target', 'with-git', '--network', 'host', '--tag', tag, root);
  await client.run('save', '--output', file, tag);
}
