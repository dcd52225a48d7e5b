// Makes images without a container engine: an OCI layout in one archive, which containerd imports and `docker load` reads.
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { groupLayers, type Layer, layerBytes } from './layer.ts';
import { fullName } from './name.ts';
import { tarEnd, tarHeader, tarPadding } from './tar.ts';

/** What an image runs unless a container says otherwise. */
export interface ImageConfig {
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** `<uid>` or `<uid>:<gid>`; numbers, because `runAsNonRoot` believes nothing else. */
  readonly user?: string;
  readonly workingFolder?: string;
}

export interface ImageSource {
  /** As pods name it, for example `coditect/agent:e2e`. */
  readonly name: string;
  /** The lowest first. */
  readonly layers: readonly Layer[];
  readonly config: ImageConfig;
}

interface Blob {
  readonly digest: string;
  readonly size: number;
  readonly content: { readonly file: string } | { readonly text: string };
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Writes an image for this machine's architecture into `file`, which appears whole or not at all. */
export async function writeImage(file: string, { name, layers, config }: ImageSource): Promise<void> {
  const drafts: string[] = [];
  const draft = (): string => {
    const path = `${file}.${randomUUID()}.draft`;
    drafts.push(path);
    return path;
  };
  try {
    const blobs: Blob[] = [];
    for (const group of groupLayers(layers)) blobs.push(await saved(draft(), layerBytes(group)));
    const whole = draft();
    await pipeline(Readable.from(layoutBytes(fullName(name), blobs, config)), createWriteStream(whole, { mode: 0o600 }));
    renameSync(whole, file);
  } finally {
    for (const path of drafts) rmSync(path, { force: true });
  }
}

/** Bytes on disk with their digest, read once. */
async function saved(path: string, bytes: AsyncIterable<Uint8Array>): Promise<Blob> {
  const hash = createHash('sha256');
  let size = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  await pipeline(Readable.from(counted()), createWriteStream(path, { mode: 0o600 }));
  return { digest: hash.digest('hex'), size, content: { file: path } };
}

async function* layoutBytes(name: string, layers: readonly Blob[], config: ImageConfig): AsyncGenerator<Uint8Array> {
  const settings = json({ architecture: architectures[process.arch] ?? process.arch, os: 'linux', config: runtimeConfig(config), rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => `sha256:${digest}`) } });
  const media = 'application/vnd.oci.image';
  const manifest = json({ schemaVersion: 2, mediaType: `${media}.manifest.v1+json`, config: descriptor(settings, `${media}.config.v1+json`), layers: layers.map((layer) => descriptor(layer, `${media}.layer.v1.tar`)) });
  const index = json({ schemaVersion: 2, manifests: [{ ...descriptor(manifest, `${media}.manifest.v1+json`), annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1) } }] });
  yield* fileBytes('oci-layout', json({ imageLayoutVersion: '1.0.0' }));
  yield* fileBytes('index.json', index);
  for (const folder of ['blobs', 'blobs/sha256']) yield tarHeader({ path: folder, kind: 'folder', mode: 0o755 });
  // Equal layers are one blob.
  const blobs = new Map([settings, manifest, ...layers].map((blob) => [blob.digest, blob]));
  for (const [digest, blob] of blobs) yield* fileBytes(`blobs/sha256/${digest}`, blob);
  yield tarEnd;
}

/** The names that containers' runtimes know. */
function runtimeConfig({ entrypoint, command, env = {}, user, workingFolder }: ImageConfig): object {
  return {
    Env: Object.entries({ PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...env }).map(([name, value]) => `${name}=${value}`),
    ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint }),
    ...(command === undefined ? {} : { Cmd: command }),
    ...(user === undefined ? {} : { User: user }),
    ...(workingFolder === undefined ? {} : { WorkingDir: workingFolder }),
  };
}

function json(value: object): Blob {
  const text = JSON.stringify(value);
  return { digest: createHash('sha256').update(text).digest('hex'), size: Buffer.byteLength(text), content: { text } };
}

function descriptor({ digest, size }: Blob, mediaType: string): object {
  return { mediaType, digest: `sha256:${digest}`, size };
}

async function* fileBytes(path: string, { size, content }: Blob): AsyncGenerator<Uint8Array> {
  yield tarHeader({ path, kind: 'file', mode: 0o644, size });
  if ('text' in content) yield Buffer.from(content.text);
  else yield* createReadStream(content.file) as AsyncIterable<Uint8Array>;
  yield tarPadding(size);
}
