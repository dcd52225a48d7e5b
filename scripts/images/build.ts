// Builds the images of the processes with one engine, out of bundles that were made by the same step as everywhere.
import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { DockerClient } from '#devcluster/services/docker/index.ts';

const run = promisify(execFile);

/** Targets of the Dockerfile, which are names of bundles too. */
export const imageNames = ['operator', 'blobs', 'llm-gateway', 'mirror', 'console', 'agent'] as const;
export type ImageName = (typeof imageNames)[number];

/** What labels say. */
export interface Provenance {
  readonly version: string;
  readonly revision?: string;
  /** Time of the commit, RFC 3339. */
  readonly created?: string;
  /** URL of the repository. */
  readonly source?: string;
}

export interface ImageBuild {
  readonly client: DockerClient;
  /** The checkout. */
  readonly root: string;
  /** Folder with the bundles. */
  readonly bundles: string;
  /** For files that are gone at the end. */
  readonly folder: string;
  readonly provenance: Provenance;
  /** What agents stand on; default: what the Dockerfile makes. */
  readonly agentImage?: string;
  readonly say: (line: string) => void;
}

/** An image that the engine has. */
export interface BuiltImage {
  readonly name: ImageName;
  /** `coditect/operator:0.1.0`. */
  readonly tag: string;
  readonly bytes: number;
  readonly layers: number;
  readonly user: string;
}

/** Makes the bundles of all images, with their bills of materials. */
export async function bundleForImages(root: string, out: string): Promise<void> {
  await run(process.execPath, [join(root, 'scripts', 'bundle.ts'), '--out', out, ...imageNames], { cwd: root });
}

/** Builds all images; rejects with what the engine says when one cannot be built. */
export async function buildImages(build: ImageBuild): Promise<readonly BuiltImage[]> {
  const bundles = await importBundles(build);
  const built: BuiltImage[] = [];
  try {
    for (const name of imageNames) {
      const began = performance.now();
      built.push(await buildOne(build, bundles, name));
      build.say(`built    ${name}  ${Math.round(performance.now() - began)} ms`);
    }
  } finally {
    await build.client.ask('image', 'rm', '--force', bundles);
  }
  return built;
}

/** The commit of a checkout, with its time: what labels tell of where an image came from. */
export function commitOf(root: string): { readonly revision: string; readonly created: string } | undefined {
  const { status, stdout } = spawnSync('git', ['show', '--no-patch', '--format=%H %cI', 'HEAD'], { cwd: root, encoding: 'utf8' });
  const [revision = '', created = ''] = stdout.trim().split(' ');
  return status === 0 ? { revision, created } : undefined;
}

/** An image that holds the bundles and nothing else: any builder can copy out of one. */
async function importBundles({ client, bundles, folder }: ImageBuild): Promise<string> {
  const tag = `coditect/bundles:${randomBytes(6).toString('hex')}`;
  const archive = join(folder, 'bundles.tar');
  // As root's and readable, whoever made them with whatever mask.
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=a+rX,go-w'];
  await run('tar', ['--create', '--file', archive, ...owner, '--transform', `s,^${basename(bundles)},dist,`, '--directory', dirname(bundles), basename(bundles)]);
  await client.run('import', archive, tag);
  rmSync(archive);
  return tag;
}

async function buildOne({ client, root, provenance, agentImage }: ImageBuild, bundles: string, name: ImageName): Promise<BuiltImage> {
  const tag = `coditect/${name}:${provenance.version}`;
  const labels = Object.entries(provenance).flatMap(([key, value]) => ['--build-arg', `${key.toUpperCase()}=${value as string}`]);
  const agent = agentImage === undefined ? [] : ['--build-arg', `AGENT_IMAGE=${agentImage}`];
  await client.run('build', '--target', name, '--tag', tag, '--build-arg', `BUNDLES=${bundles}`, ...agent, ...labels, root);
  const [image] = JSON.parse(await client.run('image', 'inspect', tag)) as readonly { Size: number; RootFS: { Layers: readonly string[] }; Config: { User: string } }[];
  if (image === undefined) throw new Error(`build ${tag}: the engine says that it is built and does not show it`);
  return { name, tag, bytes: image.Size, layers: image.RootFS.Layers.length, user: image.Config.User };
}

/** One archive of all images, as `ctr images import` and `docker load` take it. */
export async function saveImages(client: DockerClient, images: readonly BuiltImage[], file: string): Promise<void> {
  await client.run('save', '--output', file, ...images.map(({ tag }) => tag));
}

/** Images as a table for people. */
export function tableOf(images: readonly BuiltImage[]): readonly string[] {
  const rows = [['image', 'size', 'layers', 'user'], ...images.map(({ tag, bytes, layers, user }) => [tag, `${Math.round(bytes / 1_000_000)} MB`, String(layers), user])];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '));
}
