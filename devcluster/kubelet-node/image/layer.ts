// One layer of an image: a root file system that is an archive already, or files and folders of this machine put where the image wants them.
import { createReadStream, lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { type TarEntry, tarEnd, tarHeader, tarPadding } from './tar.ts';

/** Where a layer comes from. Files are owned by root in the image, whoever owns them here. */
export type Layer =
  /** An archive of a root file system, not compressed. */
  | { readonly kind: 'archive'; readonly file: string }
  /** A file or folder, at this absolute path of the image; `follow` puts files in the place of symbolic links. */
  | { readonly kind: 'copy'; readonly from: string; readonly to: string; readonly follow?: boolean }
  /** A text file. */
  | { readonly kind: 'text'; readonly to: string; readonly text: string; readonly mode?: number };

interface Piece extends TarEntry {
  readonly content?: { readonly file: string } | { readonly text: string };
}

/** Bytes of the archive of a layer. Neighbours that are not archives go into one. */
export async function* layerBytes(parts: readonly Layer[]): AsyncGenerator<Uint8Array> {
  const [first] = parts;
  if (first?.kind === 'archive') {
    yield* createReadStream(first.file);
    return;
  }
  for (const piece of withParents(parts.flatMap(piecesOf))) {
    yield tarHeader(piece);
    yield* contentOf(piece);
  }
  yield tarEnd;
}

/** Parts that become one layer each. */
export function groupLayers(layers: readonly Layer[]): readonly (readonly Layer[])[] {
  const groups: Layer[][] = [];
  for (const layer of layers) {
    const last = groups.at(-1);
    if (last === undefined || layer.kind === 'archive' || last[0]?.kind === 'archive') groups.push([layer]);
    else last.push(layer);
  }
  return groups;
}

async function* contentOf({ content, size = 0, path }: Piece): AsyncGenerator<Uint8Array> {
  if (content === undefined) return;
  let sent = 0;
  const chunks = 'text' in content ? [Buffer.from(content.text)] : (createReadStream(content.file) as AsyncIterable<Buffer>);
  for await (const chunk of chunks) {
    sent += chunk.length;
    yield chunk;
  }
  if (sent !== size) throw new Error(`put ${path} into an image: it changed from ${size} to ${sent} bytes while it was read, so the image would be damaged; try again`);
  yield tarPadding(size);
}

function piecesOf(layer: Layer): readonly Piece[] {
  if (layer.kind === 'archive') return [];
  const path = pathInImage(layer.to);
  if (layer.kind === 'text') return [{ path, kind: 'file', mode: layer.mode ?? 0o644, size: Buffer.byteLength(layer.text), content: { text: layer.text } }];
  return copied(layer.from, path, layer.follow === true);
}

function pathInImage(to: string): string {
  if (!to.startsWith('/') || posix.normalize(to) !== to) throw new Error(`put a file at ${to} of an image: that is no absolute, plain path, so no image was made`);
  return to.slice(1);
}

/** A file or a tree, in an order of its own; the umask of who wrote the files must not decide what the image can read. */
function copied(from: string, path: string, follow: boolean): readonly Piece[] {
  const found = follow ? statSync(from) : lstatSync(from);
  if (found.isSymbolicLink()) return [{ path, kind: 'link', mode: 0o777, target: readlinkSync(from) }];
  if (found.isFile()) return [{ path, kind: 'file', mode: (found.mode & 0o111) === 0 ? 0o644 : 0o755, size: found.size, content: { file: from } }];
  if (!found.isDirectory()) throw new Error(`put ${from} into an image: it is neither a file nor a folder, so no image was made; leave it out`);
  return [{ path, kind: 'folder', mode: 0o755 }, ...readdirSync(from).toSorted().flatMap((name) => copied(join(from, name), posix.join(path, name), follow))];
}

/** Adds the folders that nothing made, each once and before what lies in it. */
function withParents(pieces: readonly Piece[]): readonly Piece[] {
  const known = new Set<string>(['', '.']);
  return pieces.flatMap((piece) => {
    const missing: Piece[] = [];
    for (let folder = dirname(piece.path); !known.has(folder); folder = dirname(folder)) {
      known.add(folder);
      missing.unshift({ path: folder, kind: 'folder', mode: 0o755 });
    }
    if (piece.kind === 'folder' && known.has(piece.path)) return missing;
    if (piece.kind === 'folder') known.add(piece.path);
    return [...missing, piece];
  });
}
