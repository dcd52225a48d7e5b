// Manifests in the bucket: read all, remembered by the tags of their objects, and written so that two cannot both be the first.
import { Manifest } from '#api/archive.ts';
import { faultOf } from '#api/events/envelope.ts';
import { messageOf } from '#platform/errors.ts';
import { isS3Error } from '#platform/s3/error.ts';
import { inParallel } from './parallel.ts';
import { manifestFolder, manifestKey } from './decide/layout.ts';
import { ArchiveError, type Place } from './ports.ts';

const atOnce = 8;

/** Reads manifests. Those that have not changed are not read again. */
export interface Manifests {
  /** All of them, in the order of their names. Rejects with the name of the first one that cannot be read. */
  all(signal: AbortSignal): Promise<readonly Manifest[]>;
}

type Entry = readonly [version: string, manifest: Manifest];

/** A memory of manifests, or of those of one stream of one log: they are small, and the bucket tells which have changed. */
export function rememberManifests({ store, prefix }: Place, of?: Pick<Manifest, 'stream' | 'log'>): Manifests {
  let known = new Map<string, Manifest>();
  return {
    async all(signal) {
      const listed: { readonly key: string; readonly etag: string }[] = [];
      for await (const { key, etag } of store.list(manifestFolder(prefix, of), signal)) if (key.endsWith('.json')) listed.push({ key, etag });
      const before = known;
      const read = await inParallel(listed, atOnce, async ({ key, etag }): Promise<Entry | undefined> => {
        const version = `${key} ${etag}`;
        const manifest = before.get(version) ?? (await readManifest({ store, prefix }, key, signal));
        return manifest === undefined ? undefined : [version, manifest];
      });
      const found = read.filter((entry) => entry !== undefined);
      known = new Map(found);
      return found.map(([, manifest]) => manifest);
    },
  };
}

/** The manifest in an object; undefined when it is gone meanwhile. */
async function readManifest({ store, prefix }: Place, key: string, signal: AbortSignal): Promise<Manifest | undefined> {
  const body = await store.get(key, signal).catch((error: unknown) => {
    if (isS3Error(error, 'missing')) return undefined;
    throw isS3Error(error, 'spoilt') ? new ArchiveError(messageOf(error)) : error;
  });
  return body === undefined ? undefined : parsed(prefix, key, body);
}

function parsed(prefix: string, key: string, body: Uint8Array): Manifest {
  const read = Manifest.safeParse(jsonOf(body));
  if (!read.success) throw new ArchiveError(`read the manifest ${key}: ${faultOf(read.error)}; put it back from a backup, or remove it: the events that it names are then not in the archive`);
  if (manifestKey(prefix, read.data) !== key) throw new ArchiveError(`read the manifest ${key}: it says that it is ${manifestKey(prefix, read.data)}; put it back where it belongs`);
  return read.data;
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

/** Writes a manifest where there is none. Rejects when another run has written there. A lost reply is no failure: what lies there tells who wrote it. */
export async function writeManifest({ store, prefix }: Place, manifest: Manifest, signal: AbortSignal): Promise<void> {
  const key = manifestKey(prefix, manifest);
  await store.put(key, bytesOf(manifest), { isNew: true, contentType: 'application/json' }, signal).catch((error: unknown) => {
    if (!isS3Error(error, 'exists')) throw error;
  });
  // Also after a success: some stores know no conditions, and the later of two writers is the one that counts.
  const written = await readManifest({ store, prefix }, key, signal);
  if (written?.run !== manifest.run) throw new ArchiveError(`write the manifest ${key}: another run has archived from message ${manifest.first} on, so this one ends; let only one run at a time`);
}

/** Writes a manifest in the place of an older one. */
export function replaceManifest({ store, prefix }: Place, manifest: Manifest, signal: AbortSignal): Promise<void> {
  return store.put(manifestKey(prefix, manifest), bytesOf(manifest), { contentType: 'application/json' }, signal);
}

function bytesOf(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(Manifest.parse(manifest), null, 1));
}
