// The images of the chart without a container engine: bundles, this very Node, and for agents a Debian with git. The Dockerfile makes the same; this needs no engine.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { tryLock } from '#devcluster/build.ts';
import { type Cluster, importImages, type Layer, programWithLibraries, writeImage } from '#devcluster/index.ts';
import { images, root } from '#testing/world.ts';

const run = promisify(execFile);
const node = '/usr/local/bin/node';
const system = { operator: images.operator, blobs: images.blobs, 'llm-gateway': images.llmGateway, mirror: images.mirror, console: images.console } as const;
/** What lies beside the bundle of the agent, as in the Dockerfile. */
const agentFiles = ['package.json', 'jail', 'node_modules', 'wasm', 'agent.js', 'agent.js.map', 'analyzer-reader.js', 'wasm-runner.js'];

export interface ImageOptions {
  readonly cacheFolder: string;
  /** PATH with mmdebstrap. */
  readonly path: string;
  readonly say: (line: string) => void;
}

/** Bundles everything, writes an image for each process and brings them to the node, under the names that the values of the chart give them. */
export async function provideImages(cluster: Cluster, { cacheFolder, path, say }: ImageOptions): Promise<void> {
  say('bundling');
  await run(process.execPath, [join(root, 'scripts', 'bundle.ts'), ...Object.keys(system), 'agent', 'kubectl-mission'], { cwd: root });
  const debian = await debianWithGit({ cacheFolder, path, say });
  say('making images');
  const ours = await programWithLibraries(process.execPath, node);
  // One layer for all of them: the node keeps it once.
  const layers = [...ours, ...['package.json', 'console-page', ...Object.keys(system).map((name) => `${name}.js`)].map(copied)];
  for (const [name, image] of Object.entries(system)) await provide(cluster, image, layers, name);
  await provide(cluster, images.agent, [{ kind: 'archive', file: debian }, { kind: 'copy', from: process.execPath, to: node, follow: true }, ...agentFiles.map(copied)], 'agent');
}

const copied = (name: string): Layer => ({ kind: 'copy', from: join(root, 'dist', name), to: `/app/${name}` });

async function provide(cluster: Cluster, name: string, layers: readonly Layer[], bundle: string): Promise<void> {
  const file = join(cluster.folder, `${bundle}.image.tar`);
  await writeImage(file, { name, layers, config: { entrypoint: [node, '--enable-source-maps', `/app/${bundle}.js`], env: { NODE_ENV: 'production' }, user: '65532:65532', workingFolder: '/app' } });
  await importImages(cluster, file);
  rmSync(file);
}

const suite = 'bookworm';
const documents = ['doc', 'man', 'info', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
const rootArguments = ['--variant=minbase', '--format=tar', '--include=git,ca-certificates', ...documents, '--customize-hook=rm -f "$1/etc/hostname" "$1/etc/resolv.conf"'];

/** Why a root file system for agents cannot be had here, or undefined. */
export function whyNoDebian({ cacheFolder, path }: Pick<ImageOptions, 'cacheFolder' | 'path'>): string | undefined {
  if (existsSync(archiveIn(cacheFolder)) || path.split(':').some((folder) => existsSync(join(folder, 'mmdebstrap')))) return undefined;
  return 'there is no mmdebstrap to make a root file system for agents; on Debian as root: apt-get install mmdebstrap';
}

function archiveIn(cacheFolder: string): string {
  const key = createHash('sha256').update([suite, process.arch, ...rootArguments].join('\n')).digest('hex').slice(0, 12);
  return join(cacheFolder, 'images', `agent-root-${key}.tar`);
}

/** File of a Debian with git and a shell, made once; of two that want it one makes it. */
async function debianWithGit({ cacheFolder, path, say }: ImageOptions): Promise<string> {
  const file = archiveIn(cacheFolder);
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  while (!existsSync(file)) {
    if (!tryLock(`${file}.lock`)) {
      await sleep(500);
      continue;
    }
    try {
      say(`making a root file system of Debian ${suite} with git, once, two minutes`);
      await run('mmdebstrap', ['--quiet', ...rootArguments, suite, `${file}.draft`], { env: { PATH: path }, maxBuffer: 64 << 20 });
      renameSync(`${file}.draft`, file);
    } finally {
      rmSync(`${file}.draft`, { force: true });
      rmSync(`${file}.lock`, { force: true });
    }
  }
  return file;
}
