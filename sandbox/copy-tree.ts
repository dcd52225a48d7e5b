// Copies a folder so that nothing in the copy leads out of it. The source is not trusted: every entry is judged by what was opened, not by its name.
import { constants, createWriteStream } from 'node:fs';
import { lstat, mkdir, open, opendir, readlink, symlink, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { CopyIn } from './port.ts';
import { refusal } from './refusal.ts';

const atOnce = 16;
const setIdBits = 0o6000;

interface Copy extends CopyIn {
  readonly to: string;
  files: number;
  bytes: number;
}

/** Copies the content of `from` into the existing folder `to`. Rejects with a refusal for links out, hard links, devices, set-id files and more than the caps. */
export async function copyTree(copyIn: CopyIn, to: string): Promise<void> {
  const copy: Copy = { ...copyIn, to, files: 0, bytes: 0 };
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries: string[] = [];
    for await (const entry of await opendir(join(copy.from, folder))) {
      const path = join(folder, entry.name);
      count(copy, path);
      entries.push(path);
    }
    for (let next = 0; next < entries.length; next += atOnce) {
      const found = await Promise.all(entries.slice(next, next + atOnce).map((path) => copyEntry(copy, path)));
      folders.push(...found.filter((path) => path !== undefined));
    }
  }
}

/** Copies one entry; the path of a folder, whose content is still to be copied. */
async function copyEntry(copy: Copy, path: string): Promise<string | undefined> {
  const stat = await lstat(join(copy.from, path));
  if (stat.isDirectory()) {
    await mkdir(join(copy.to, path), { mode: 0o700 });
    return path;
  }
  if (stat.isSymbolicLink()) await copyLink(copy, path);
  else if (stat.isFile()) await copyFile(copy, path);
  else throw refusal(path, 'is neither a file nor a folder nor a link');
  return undefined;
}

async function copyLink(copy: Copy, path: string): Promise<void> {
  const target = await readlink(join(copy.from, path));
  if (!staysInside(path, target)) throw refusal(path, 'links out of the folder');
  await symlink(target, join(copy.to, path));
}

/** True for a link at `path` whose `target` cannot lead out of the tree. Only `../` steps first, then names: when all links of a tree have this form, following any chain of them never leaves it. */
export function staysInside(path: string, target: string): boolean {
  if (target.startsWith('/') || /(^|\/)(?!\.\.\/)[^/]+\/(.*\/)?\.\.(\/|$)/.test(target)) return false;
  const resolved = normalize(join(dirname(path), target));
  return resolved !== '..' && !resolved.startsWith('../');
}

async function copyFile(copy: Copy, path: string): Promise<void> {
  const source = await open(join(copy.from, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await source.stat();
    if (!stat.isFile()) throw refusal(path, 'changed while it was copied');
    if (stat.nlink > 1) throw refusal(path, 'has a second name: hard links are not copied');
    if ((stat.mode & setIdBits) !== 0) throw refusal(path, 'is a set-id program');
    copy.bytes += stat.size;
    if (copy.bytes > copy.maxBytes) throw refusal('', `holds more than ${copy.maxBytes} bytes`);
    await copyBytes(source, stat.size, join(copy.to, path), stat.mode & 0o700);
  } finally {
    await source.close();
  }
}

async function copyBytes(source: FileHandle, size: number, to: string, mode: number): Promise<void> {
  if (size === 0) return writeFile(to, '', { flag: 'wx', mode });
  // `end` holds a file that grows meanwhile to the size that was counted.
  await pipeline(source.createReadStream({ end: size - 1, autoClose: false }), createWriteStream(to, { flags: 'wx', mode }));
}

function count(copy: Copy, path: string): void {
  copy.files += 1;
  if (copy.files > copy.maxFiles) throw refusal('', `holds more than ${copy.maxFiles} entries (at ${path})`);
}
